// Lists of source paths, --files-from. spec/06-snapshot.md#names
import { lstatSync } from "node:fs";
import { readLines } from "../connectors/node/lines.js";
import { pathBytes, pathText } from "../connectors/node/path-text.js";
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

interface ListedPath {
  readonly path: string;
  readonly line: number;
}

const returnHint = "the line ends in CR and others do not, so CR belongs to the name: end all lines of the list alike";
const byteOrderMark = "\ufeff";

/**
 * Reads the list in the file `label`, `-` for standard input; empty lines are passed over. A text from Windows may have a byte order
 * mark and CR before each line feed; where only some lines have CR, or a file of that very name is there, it belongs to the name.
 * @throws PTAR_SOURCE_NOT_FOUND, PTAR_USAGE, PTAR_IO_FAILED, PTAR_LIMIT_EXCEEDED
 */
export async function readSourceList(label: string, options: ListOptions): Promise<SourceList> {
  const subject = `--files-from ${label}`;
  const found: ListedPath[] = [];
  let allReturn = true;
  for await (const { bytes, number, hasEnd } of readLines(label, { ...options, subject })) {
    const path = pathOf(bytes, `${subject} line ${number}`);
    allReturn &&= path.endsWith("\r") || !hasEnd;
    if (path !== "") found.push({ path, line: number });
  }
  const listed = options.end === "nul" ? found : withoutReturns(withoutMark(found), allReturn ? "each line" : "some lines");
  return { label, paths: listed.map(({ path }) => path), lines: listed.map(({ line }) => line) };
}

function withoutMark(found: readonly ListedPath[]): readonly ListedPath[] {
  const [first, ...others] = found;
  if (first === undefined || first.line !== 1 || !first.path.startsWith(byteOrderMark) || isThere(first.path)) return found;
  const path = first.path.slice(byteOrderMark.length);
  return path === "" ? others : [{ ...first, path }, ...others];
}

function withoutReturns(found: readonly ListedPath[], having: "each line" | "some lines"): readonly ListedPath[] {
  if (having === "some lines" || found.some(({ path }) => path.endsWith("\r") && isThere(path))) return found;
  return found.flatMap(({ path, line }) => (path === "\r" ? [] : [{ path: path.replace(/\r$/, ""), line }]));
}

/** Whether the very name that stands in a list is on disk: to take a mark from it would pack another file, or none. */
function isThere(path: string): boolean {
  try {
    return lstatSync(pathBytes(path), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** `error` of joining sources, with list and line where the path that it names stands in one of `lists`. */
export function placedError(error: unknown, lists: readonly SourceList[]): unknown {
  if (!(error instanceof PtarError) || typeof error.details.source !== "string") return error;
  for (const { label, paths, lines } of lists) {
    const line = lines[paths.indexOf(error.details.source)];
    if (line === undefined) continue;
    const { code, message, details, cause } = error;
    const hint = error.details.source.endsWith("\r") ? returnHint : error.hint;
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
  return pathText(bytes);
}
