// Contents of a file in memory, with ranges that fail on purpose. spec/05-page.md#errors
import type { Item } from "../../format/generated/types.js";
import { type ContentReader, SourceFault } from "../../tree/source.js";
import { bytesOf, type MemoryFault, type MemoryFile } from "./tree.js";

/** Opens the contents of `file`. @throws SourceFault when the description says that opening fails */
export function openMemoryFile(file: MemoryFile): ContentReader {
  if (file.openFault !== undefined) throw new SourceFault(file.openFault, "open");
  return new MemoryContent(file);
}

class MemoryContent implements ContentReader {
  readonly #bytes: Uint8Array;
  readonly #faults: readonly MemoryFault[];
  readonly #unstable: Item["unstable"] | undefined;
  #at = 0;

  constructor(file: MemoryFile) {
    this.#bytes = bytesOf(file.content);
    this.#faults = file.faults ?? [];
    this.#unstable = file.unstable;
  }

  read(buffer: Uint8Array): number {
    const end = Math.min(this.#bytes.length, this.#at + buffer.length);
    let until = end;
    for (const { offset, length, errno } of this.#faults) {
      if (this.#at < end && offset <= this.#at && this.#at < offset + length) throw new SourceFault(errno, "read");
      if (offset > this.#at) until = Math.min(until, offset);
    }
    const run = this.#bytes.subarray(this.#at, until);
    buffer.set(run);
    this.#at += run.length;
    return run.length;
  }

  skip(length: number): number {
    const moved = Math.min(length, this.#bytes.length - this.#at);
    this.#at += moved;
    return moved;
  }

  close(): Item["unstable"] | undefined {
    return this.#unstable;
  }
}
