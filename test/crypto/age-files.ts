// Age files taken apart and put together wrongly, and what opening them costs.
import { vi } from "vitest";
import { concatBytes } from "../../src/bytes/compare.js";

/** Length of what follows the header of a file that wraps 80 bytes. */
export const payloadLength = 112;

/** Header of an age file as text, with one character a byte. */
export const headerOf = (file: Uint8Array) => Buffer.from(file.subarray(0, file.length - payloadLength)).toString("latin1");

/** The file with its header exchanged. */
export function withHeader(file: Uint8Array, change: (header: string) => string): Uint8Array {
  return concatBytes(Buffer.from(change(headerOf(file)), "latin1"), file.subarray(file.length - payloadLength));
}

/** The stanzas of a file, as text. */
export const stanzasOf = (file: Uint8Array) => headerOf(file).match(/-> [\s\S]*?(?=---)/)?.[0] as string;

/** Counts allocations of so many bytes until globals are unstubbed: the table of one scrypt. */
export function countTables(bytes: number, onTable: () => void = () => undefined): () => number {
  let count = 0;
  const watching = new Proxy(Uint8Array, {
    construct(target, args, newTarget) {
      if (args[0] === bytes) {
        count += 1;
        onTable();
      }
      return Reflect.construct(target, args, newTarget);
    },
  });
  vi.stubGlobal("Uint8Array", watching);
  return () => count;
}
