// An archive that is written to standard output. spec/02-container.md
import type { Writable } from "node:stream";
import type { ByteSink } from "../../../container/bytes-io.js";
import { ioError } from "../io-error.js";
import { wholeWriteOf } from "../stdout-file.js";

/**
 * Writes to standard output, or to another stream; each write waits until its bytes were taken. Once `signal` is aborted a write throws
 * its reason instead of waiting for a reader that does not read.
 */
export function createStdoutSink(stream: Writable = process.stdout, options: { readonly signal?: AbortSignal } = {}): ByteSink {
  const { signal } = options;
  const wholeWrite = wholeWriteOf(stream);
  let failure: Error | undefined;
  // without a listener a reader that goes away (EPIPE) would end the program with a stack trace
  stream.on("error", (error) => {
    failure ??= error;
  });
  return {
    async write(bytes) {
      signal?.throwIfAborted();
      if (failure !== undefined) throw stopped(failure);
      if (bytes.length === 0) return;
      if (wholeWrite !== undefined) {
        try {
          return wholeWrite(bytes);
        } catch (error) {
          throw stopped(error);
        }
      }
      await new Promise<void>((resolve, reject) => {
        const onAbort = () => reject(signal?.reason);
        signal?.addEventListener("abort", onAbort, { once: true });
        stream.write(bytes, (error) => {
          signal?.removeEventListener("abort", onAbort);
          if (error) reject(stopped(error));
          else resolve();
        });
      });
    },
  };
}

function stopped(error: unknown): Error {
  return ioError(error, "standard output");
}
