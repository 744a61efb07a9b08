// Standard output: lines and bytes with back-pressure, quiet when its reader has gone.
import type { Writable } from "node:stream";
import { toUtf8 } from "../../bytes/utf8.js";
import { errnoOf, ioError } from "../../connectors/node/io-error.js";
import { wholeWriteOf } from "../../connectors/node/stdout-file.js";
import { safeJson } from "./escape.js";

/** Standard output of a command. */
export interface Output {
  /** Whether a terminal shows it. */
  readonly isTerminal: boolean;
  /** Whether nobody reads any more (EPIPE): long listings stop then. */
  readonly closed: boolean;
  /** @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
  write(data: string | Uint8Array): Promise<void>;
  /** One line; the text must be escaped already. */
  line(text: string): Promise<void>;
  /** One JSON document. */
  json(value: unknown): Promise<void>;
}

/** Wraps process.stdout. */
export function createOutput(stream: Writable & { readonly isTTY?: boolean }): Output {
  const wholeWrite = wholeWriteOf(stream);
  let failure: unknown;
  // without a listener EPIPE would end the program with a stack trace
  stream.on("error", (error) => {
    failure ??= error;
  });
  const failureOf = async (data: string | Uint8Array): Promise<unknown> => {
    if (wholeWrite === undefined) return new Promise((resolve) => stream.write(data, (error) => resolve(error ?? failure)));
    try {
      wholeWrite(typeof data === "string" ? toUtf8(data) : data);
      return undefined;
    } catch (error) {
      return error;
    }
  };
  const write = async (data: string | Uint8Array) => {
    if (failure === undefined && data.length > 0) failure = await failureOf(data);
    if (failure !== undefined && errnoOf(failure) !== "EPIPE") throw ioError(failure, "standard output");
  };
  return {
    isTerminal: stream.isTTY === true,
    get closed() {
      return failure !== undefined;
    },
    write,
    line: (text) => write(`${text}\n`),
    json: (value) => write(`${safeJson(value)}\n`),
  };
}
