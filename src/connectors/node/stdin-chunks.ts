// Standard input from front to back, with back-pressure. spec/06-snapshot.md#snapshot
import { fstatSync, readSync } from "node:fs";
import { addAbortSignal, type Readable } from "node:stream";
import { PtarError } from "../../errors/ptar-error.js";
import { errnoOf } from "./io-error.js";

/** How errors name it. */
export const stdinName = "standard input";

/** How standard input is read. */
export interface StdinOptions {
  /** Another stream in its place. */
  readonly stream?: Readable;
  /** Ends waiting for bytes that do not come. */
  readonly signal?: AbortSignal;
}

/**
 * The bytes of standard input in the pieces in which they arrive. It can be read once.
 * @throws PTAR_IO_FAILED for a directory; the error of the system; an AbortError after `signal`
 */
export async function* stdinChunks({ stream, signal }: StdinOptions = {}): AsyncGenerator<Uint8Array> {
  const facts = stream === undefined ? fstatSync(0) : undefined;
  // Node gives an empty stream for it
  if (facts?.isDirectory()) throw new PtarError("PTAR_IO_FAILED", `${stdinName}: is a directory`);
  const input = stream ?? process.stdin;
  if (signal !== undefined) addAbortSignal(signal, input);
  let fault: unknown;
  // asked at the end, while it is open still
  if (facts?.isSocket())
    input.once("end", () => {
      fault = faultAtEnd();
    });
  yield* input as AsyncIterable<Uint8Array>;
  if (fault !== undefined) throw fault;
}

/** A connection that was reset behind its last bytes reaches a stream as its end: the next read tells which it was. */
function faultAtEnd(): unknown {
  try {
    readSync(0, new Uint8Array(1));
    return undefined;
  } catch (error) {
    return errnoOf(error) === "EAGAIN" ? undefined : error;
  }
}
