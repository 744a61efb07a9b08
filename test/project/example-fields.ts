// What the decoders say of the fields of the example, in the words of its chapter. spec/17-example.md
import { toHex } from "../../src/bytes/hex.js";
import { fromUtf8 } from "../../src/bytes/utf8.js";
import { codecs } from "../../src/compression/codecs.js";
import type { Block } from "../../src/format/block.js";
import { kinds } from "../../src/format/object.js";
import { data, frames, header, indexPages, indexRows, meta, objects, session, table, trailer } from "./example-archive.js";

type Meanings = Readonly<Record<string, string | number>>;

/** Of each unit the fields that mean a number or a name, and their meaning. */
export const fieldMeanings: readonly Meanings[] = [
  headerMeanings(),
  ...frames.map(({ number }) => ({ ...frameMeaning(number), ...payloadMeanings(number) })),
];

function headerMeanings(): Meanings {
  const features = `${header.sealed ? "sealed" : "plain"}, ${header.thin ? "thin" : "not thin"}`;
  return { major: "1", minor: header.minor, "header length": 64, features };
}

/** The first frame is written out. */
function frameMeaning(unit: number): Meanings {
  const { type, payloadLength, number } = frames[unit - 1] as (typeof frames)[number];
  const code = `0x${toHex(Uint8Array.of(type))}`;
  if (unit === 1) return { type: code, "payload length": payloadLength, "frame number": number };
  return { "frame header": `${code}, payload of ${payloadLength}, number ${number}` };
}

function payloadMeanings(unit: number): Meanings {
  switch (unit) {
    case 2:
      return { "key source": session.keySource };
    case 3:
      return { ...blockMeanings(data), ...chunkMeanings(["docs/note.txt", "hello.txt"]) };
    case 4:
      return { ...blockMeanings(meta), "object 0": "page of docs", "object 1": "page of the root", "object 2": "content", "object 3": "snapshot" };
    case 5: {
      const meaningOf = ({ frame, ordinal, kind }: (typeof indexRows)[number]) => `frame ${frame}, ordinal ${ordinal}, kind ${kinds[kind]}`;
      return { "row count": indexRows.length, ...numbered("row", indexRows.map(meaningOf)) };
    }
    case 6: {
      const meaningOf = ({ frame, rowCount, firstKind }: (typeof indexPages)[number]) => `frame ${frame}, rows ${rowCount}, kind ${kinds[firstKind]}`;
      return { "page count": indexPages.length, "row count": indexRows.length, ...numbered("page row", indexPages.map(meaningOf)) };
    }
    case 7:
      return {
        ...{ "first unit": table.firstUnit, "unit count": table.unitCount, "page count": table.pages.length, "node count": table.nodes.length },
        ...numbered(
          "row",
          table.rows.map(({ end }) => `ends at ${end}`),
        ),
      };
    case 10:
      return {
        ...{ "manifest offset": trailer.manifestOffset, "frame table offset": trailer.frameTableOffset, "total length": trailer.totalLength },
        ...{ "previous trailer offset": trailer.previousTrailerOffset, generation: trailer.generation, sequence: trailer.sequence },
      };
    default:
      return {};
  }
}

function blockMeanings({ codec, items, rawLength, stored }: Block): Meanings {
  const name = Object.entries(codecs).find(([, number]) => number === codec)?.[0] as string;
  const directory = items.map(({ kind, length }) => `kind ${kinds[kind]}, length ${length}`);
  return { codec: name, "object count": items.length, "raw length": rawLength, "stored length": stored.length, ...numbered("directory", directory) };
}

function chunkMeanings(paths: readonly string[]): Meanings {
  const chunks = objects.filter(({ kind }) => kind === "chunk");
  return numbered(
    "object",
    chunks.map(({ bytes }, i) => `chunk of ${paths[i]}: ${fromUtf8(bytes)?.replace(/\n$/, " LF")}`),
  );
}

function numbered(name: string, meanings: readonly string[]): Meanings {
  return Object.fromEntries(meanings.map((meaning, i) => [`${name} ${i}`, meaning]));
}
