// Lists of source paths, --files-from. spec/06-snapshot.md#names
import { fromUtf8 } from "../bytes/utf8.js";
import { readLines } from "../connectors/node/lines.js";
import { PtarError } from "../errors/ptar-error.js";

/** The paths of one list. */
export interface SourceList {
  /** The list as it was given; `-` is standard input. */
  readonly label: string;
  readonly paths: readonly string[];
  /** Line of each path. */
  readonly lines: readonly number[];
}

/** How a list is read. */
export interface ListOptions {
  readonly end: "line feed" | "nul";
  readonly signal: AbortSignal;
}

/**
 * Reads the list in the file `label`, `-` for standard input; empty lines are passed over.
 * @throws PTAR_SOURCE_NOT_FOUND, PTAR_USAGE, PTAR_IO_FAILED, PTAR_LIMIT_EXCEEDED
 */
export async function readSourceList(label: string, options: ListOptions): Promise<SourceList> {
  const subject = `--files-from ${label}`;
  const paths: string[] = [];
  const lines: number[] = [];
  for await (const { bytes, number } of readLines(label, { ...options, subject })) {
    if (bytes.length === 0) continue;
    paths.push(pathOf(bytes, `${subject} line ${number}`));
    lines.push(number);
  }
  return { label, paths, lines };
}

/** `error` of joining sources, with list and line where the path that it names stands in one of `lists`. */
export function placedError(error: unknown, lists: readonly SourceList[]): unknown {
  if (!(error instanceof PtarError) || typeof error.details.source !== "string") return error;
  for (const { label, paths, lines } of lists) {
    const line = lines[paths.indexOf(error.details.source)];
    if (line === undefined) continue;
    const { code, message, hint, details, cause } = error;
    return new PtarError(code, `--files-from ${label} line ${line}: ${message}`, { ...(hint && { hint }), details: { ...details, line }, cause });
  }
  return error;
}

function pathOf(bytes: Uint8Array, place: string): string {
  if (bytes.includes(0)) {
    throw new PtarError("PTAR_USAGE", `${place}: holds a NUL byte`, {
      hint: "add --null for a list whose paths end in NUL, as find -print0 writes it",
    });
  }
  const text = fromUtf8(bytes);
  if (text !== undefined) return text;
  throw new PtarError("PTAR_USAGE", `${place}: is not UTF-8`, { hint: "name the directory that holds the file instead" });
}
