// Writes that go on in another thread while the next bytes are read and verified. spec/12-extract.md#rules
import { writev } from "node:fs";
import type { NewFile } from "./new-files.js";

/** Bytes that wait or are being written, at most, and the last ones however many they are. */
const room = 8 << 20;
/** Buffers that one call takes (IOV_MAX of Linux). */
const mostBuffers = 1024;

/** What is to be written, without a gap. */
interface Run {
  readonly at: number;
  readonly parts: Uint8Array[];
}

/** Writes to one file, in order. What went wrong is told by the next wait. */
export class WriteBehind {
  readonly #file: Pick<NewFile, "using">;
  #runs: Run[] = [];
  #end = -1;
  /** Bytes that are not written yet. */
  #left = 0;
  #writing: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(file: Pick<NewFile, "using">) {
    this.#file = file;
  }

  /** Takes bytes, which must not change until they are written, at offset `at`. */
  put(bytes: Uint8Array, at: number): void {
    if (at === this.#end && this.#runs.length > 0) this.#runs.at(-1)?.parts.push(bytes);
    else this.#runs.push({ at, parts: [bytes] });
    this.#end = at + bytes.length;
    this.#left += bytes.length;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Undefined while there is room for more; otherwise to be awaited. Throws and rejects with what writing failed with. */
  more(): Promise<void> | undefined {
    this.#rethrow();
    return this.#left < room ? undefined : this.#until(room);
  }

  /** When everything is written. Rejects with what writing failed with. */
  done(): Promise<void> {
    return this.#until(1);
  }

  async #until(bytes: number): Promise<void> {
    while (this.#left >= bytes && this.#failure === undefined) await this.#writing;
    this.#rethrow();
  }

  #rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #write(): Promise<void> {
    try {
      for (let run = this.#runs.shift(); run !== undefined; run = this.#runs.shift()) await this.#writeRun(run);
    } catch (error) {
      this.#failure = { error };
      this.#runs = [];
    }
  }

  async #writeRun({ at, parts }: Run): Promise<void> {
    let [from, next] = [at, 0];
    while (next < parts.length) {
      const buffers = parts.slice(next, next + mostBuffers);
      const written = await this.#file.using((fd) => writtenTo(fd, buffers, from));
      from += written;
      this.#left -= written;
      next = pastWritten(parts, next, written);
    }
  }
}

function writtenTo(fd: number, buffers: readonly Uint8Array[], at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(fd, buffers, at, (error, written) => {
      if (error === null) resolve(written);
      else reject(error);
    });
  });
}

/** The first of `parts` from `next` on that is not written; what is left of one that was cut takes its place. */
function pastWritten(parts: Uint8Array[], next: number, written: number): number {
  let left = written;
  for (let i = next; i < parts.length; i++) {
    const part = parts[i] as Uint8Array;
    if (part.length > left) {
      parts[i] = part.subarray(left);
      return i;
    }
    left -= part.length;
  }
  return parts.length;
}
