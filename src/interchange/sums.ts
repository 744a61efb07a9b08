// Lists that `sha256sum --check` and `md5sum --check` read. spec/13-interchange.md#sums
import type { ListedEntry } from "../archive/results.js";
import { concatBytes, equalBytes } from "../bytes/compare.js";
import { toUtf8 } from "../bytes/utf8.js";
import { PtarError } from "../errors/ptar-error.js";
import { isWholeFile, type Row, rowOf, sourceLoss, type WholeFile } from "./row.js";

/** Digests that a list of sums can hold. */
export type SumDigest = "sha256" | "md5";

const escapes: ReadonlyMap<number, Uint8Array> = new Map([
  [0x5c, toUtf8("\\\\")],
  [0x0a, toUtf8("\\n")],
  [0x0d, toUtf8("\\r")],
]);
const backslash = Uint8Array.of(0x5c);
const lineFeed = Uint8Array.of(0x0a);
const dash = Uint8Array.of(0x2d);
const here = toUtf8("./");

/**
 * One line for each file, with the exact bytes of its path.
 * @throws PTAR_USAGE when the first file has no such digest
 */
export async function* sumRows(entries: AsyncIterable<ListedEntry>, digest: SumDigest): AsyncGenerator<Row> {
  let listed = 0;
  for await (const entry of entries) {
    const { item, path } = entry;
    const sum = isWholeFile(item) ? sumOf(item, digest) : undefined;
    if (sum !== undefined) listed++;
    else if (isWholeFile(item) && listed === 0) throw without(digest);
    const missing = isWholeFile(item) && sum === undefined ? `has no ${digest}` : undefined;
    yield rowOf(entry, sum === undefined ? undefined : sumLine(sum, path), sourceLoss(item) ?? missing);
  }
}

/** `hex␠␠path` and a line feed; a backslash before it says that the path is escaped. */
export function sumLine(sum: string, path: Uint8Array): Uint8Array {
  // `-` alone would be standard input
  const name = equalBytes(path, dash) ? concatBytes(here, path) : path;
  const text = toUtf8(`${sum}  `);
  if (!name.some((byte) => escapes.has(byte))) return concatBytes(text, name, lineFeed);
  return concatBytes(backslash, text, ...Array.from(name, (byte) => escapes.get(byte) ?? Uint8Array.of(byte)), lineFeed);
}

function sumOf(item: WholeFile, digest: SumDigest): string | undefined {
  return digest === "sha256" ? item.sha256 : item.digests?.[digest];
}

function without(digest: SumDigest): PtarError {
  return new PtarError("PTAR_USAGE", `archive: it has no ${digest} of its files, only what its maker asked for`, {
    hint: `\`ptar create --also-hash ${digest}\` records it when an archive is made; --format sha256sums works with every archive`,
  });
}
