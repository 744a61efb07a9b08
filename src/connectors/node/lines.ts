// Lines of a list in a file or on standard input, as bytes. spec/06-snapshot.md#names
import { createReadStream, openSync } from "node:fs";
import { concatBytes } from "../../bytes/compare.js";
import { PtarError } from "../../errors/ptar-error.js";
import { errnoOf, ioError } from "./io-error.js";
import { type StdinOptions, stdinChunks } from "./stdin-chunks.js";

/** One line without its end. */
export interface Line {
  readonly bytes: Uint8Array;
  /** From 1. */
  readonly number: number;
  /** The last line may lack its end. */
  readonly hasEnd: boolean;
}

/** Which list, and how its lines end. */
export interface LinesOptions extends StdinOptions {
  /** How errors name it. */
  readonly subject: string;
  /** Lines of a text end in LF, with or without CR; after a line feed alone a CR belongs to the line. */
  readonly end: "text" | "line feed" | "nul";
}

const maxLineBytes = 65_536;
const [nul, lineFeed, carriageReturn] = [0x00, 0x0a, 0x0d];

/**
 * The lines of the file at `path`, `-` for standard input, one by one; the last one may lack its end.
 * @throws PTAR_SOURCE_NOT_FOUND, PTAR_LIMIT_EXCEEDED for a line of more than 64 KiB, PTAR_IO_FAILED
 */
export async function* readLines(path: string, options: LinesOptions): AsyncGenerator<Line> {
  const end = options.end === "nul" ? nul : lineFeed;
  let rest: Uint8Array = new Uint8Array();
  let number = 0;
  for await (const chunk of chunksOf(path, options)) {
    const run = rest.length === 0 ? chunk : concatBytes(rest, chunk);
    let start = 0;
    for (let at = run.indexOf(end); at >= 0; at = run.indexOf(end, start)) {
      yield lineOf(run.subarray(start, at), { number: ++number, hasEnd: true }, options);
      start = at + 1;
    }
    rest = run.slice(start);
    refuseTooLong(rest, number + 1, options);
  }
  if (rest.length > 0) yield lineOf(rest, { number: number + 1, hasEnd: false }, options);
}

async function* chunksOf(path: string, { subject, stream, signal }: LinesOptions): AsyncGenerator<Uint8Array> {
  try {
    if (path === "-") yield* stdinChunks({ ...(stream && { stream }), ...(signal && { signal }) });
    else yield* createReadStream("", { fd: openList(path, subject), ...(signal && { signal }) });
  } catch (error) {
    throw signal?.aborted === true ? error : ioError(error, subject);
  }
}

function openList(path: string, subject: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    throw new PtarError("PTAR_SOURCE_NOT_FOUND", `${subject}: no such file`, { hint: "check the spelling of the path", cause: error });
  }
}

function lineOf(bytes: Uint8Array, place: Omit<Line, "bytes">, options: LinesOptions): Line {
  refuseTooLong(bytes, place.number, options);
  const cut = options.end === "text" && bytes.at(-1) === carriageReturn ? 1 : 0;
  return { ...place, bytes: bytes.subarray(0, bytes.length - cut) };
}

/** Before more of it is read: memory stays bounded whatever the list is. */
function refuseTooLong(bytes: Uint8Array, number: number, { subject }: LinesOptions): void {
  if (bytes.length > maxLineBytes)
    throw new PtarError("PTAR_LIMIT_EXCEEDED", `${subject} line ${number}: has more than ${maxLineBytes} bytes, no path is as long`);
}
