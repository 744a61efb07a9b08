// A list that `hashdeep` audits a folder with. spec/13-interchange.md#hashdeep
import type { ListedEntry } from "../archive/results.js";
import { concatBytes } from "../bytes/compare.js";
import { toHex } from "../bytes/hex.js";
import { toUtf8 } from "../bytes/utf8.js";
import { formatFingerprint } from "../keys/archive-fingerprint.js";
import { isWholeFile, type Row, rowOf, sourceLoss, type WholeFile } from "./row.js";

/** What the comments of a list name. */
export interface HashdeepAbout {
  /** Archive fingerprint, 32 bytes. */
  readonly fingerprint: Uint8Array;
  /** Id of the snapshot, 32 bytes. */
  readonly snapshot: Uint8Array;
}

type Column = "md5" | "sha1" | "sha256";

const columnNames: readonly Column[] = ["md5", "sha1", "sha256"];
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** The head with the digests that the first file has, then one line for each file. */
export async function* hashdeepRows(entries: AsyncIterable<ListedEntry>, about: HashdeepAbout): AsyncGenerator<Row> {
  let columns: readonly Column[] | undefined;
  for await (const entry of entries) {
    const { item } = entry;
    if (!isWholeFile(item)) {
      yield rowOf(entry, undefined, sourceLoss(item));
      continue;
    }
    if (columns === undefined) {
      columns = columnsOf(item);
      yield { line: headOf(columns, about) };
    }
    yield fileRow(entry, item, columns);
  }
  if (columns === undefined) yield { line: headOf(["sha256"], about) };
}

function fileRow(entry: ListedEntry, item: WholeFile, columns: readonly Column[]): Row {
  const { path } = entry;
  const missing = columns.find((column) => digestOf(item, column) === undefined);
  if (missing !== undefined) return rowOf(entry, undefined, `has no ${missing}`);
  // hashdeep has no escapes: it would take the rest of such a name for a line of its own, or drop its end
  if (path.includes(lineFeed)) return rowOf(entry, undefined, "a list of hashdeep cannot hold a line feed in a name");
  if (path.at(-1) === carriageReturn) return rowOf(entry, undefined, "a list of hashdeep cannot hold a carriage return at the end of a name");
  const facts = [item.size, ...columns.map((column) => digestOf(item, column))].join(",");
  return rowOf(entry, concatBytes(toUtf8(`${facts},./`), path, Uint8Array.of(lineFeed)), undefined);
}

function columnsOf(item: WholeFile): readonly Column[] {
  return columnNames.filter((column) => digestOf(item, column) !== undefined);
}

function digestOf(item: WholeFile, column: Column): string | undefined {
  return column === "sha256" ? item.sha256 : item.digests?.[column];
}

function headOf(columns: readonly Column[], { fingerprint, snapshot }: HashdeepAbout): Uint8Array {
  const lines = [
    "%%%% HASHDEEP-1.0",
    `%%%% size,${columns.join(",")},filename`,
    `## archive ${formatFingerprint(fingerprint)}`,
    `## snapshot ${toHex(snapshot)}`,
    ...(columns.length === 1 ? [] : ["## MD5 and SHA-1 are here to find files in other lists; they prove nothing"]),
    "## in a folder with the extracted archive and nothing else:",
    "## $ hashdeep -a -k LIST -o f -r -l .",
    "##",
  ];
  return toUtf8(`${lines.join("\n")}\n`);
}
