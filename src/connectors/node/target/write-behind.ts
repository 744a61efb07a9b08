// Writes that go on in another thread while the next bytes are read and verified. spec/12-extract.md#rules
import { write } from "node:fs";
import type { NewFile } from "./new-files.js";

/** Length of what is written in one go, bytes. */
const pieceBytes = 1 << 20;
/** Pieces that are full and not written yet, at most, but for what one call of `put` brings. */
const mostPieces = 8;

/** Pieces that may be used again, by the next file too. */
export type SparePieces = Uint8Array[];

/**
 * Writes to one file, from its beginning on. Bytes are copied: views of large blocks would keep all of these, however short they are. What went wrong is told
 * by the next wait.
 */
export class WriteBehind {
  readonly #file: Pick<NewFile, "using">;
  readonly #spare: SparePieces;
  #filling: Uint8Array | undefined;
  #used = 0;
  /** The one that is being written stands first. */
  readonly #full: Uint8Array[] = [];
  #offset = 0;
  #isWriting = false;
  #failure: { readonly error: unknown } | undefined;
  #waiting: (() => void)[] = [];

  constructor(file: Pick<NewFile, "using">, spare: SparePieces) {
    this.#file = file;
    this.#spare = spare;
  }

  /** Takes the next bytes, which may change afterwards. */
  put(bytes: Uint8Array): void {
    for (let rest = bytes; rest.length > 0 && this.#failure === undefined; ) {
      this.#filling ??= this.#spare.pop() ?? new Uint8Array(pieceBytes);
      const part = rest.subarray(0, pieceBytes - this.#used);
      this.#filling.set(part, this.#used);
      this.#used += part.length;
      rest = rest.subarray(part.length);
      if (this.#used === pieceBytes) this.#pass();
    }
  }

  /** Undefined while there is room for more; otherwise to be awaited. Throws and rejects with what writing failed with. */
  more(): Promise<void> | undefined {
    this.#rethrow();
    return this.#full.length < mostPieces ? undefined : this.#until(mostPieces);
  }

  /** When everything is written. Rejects with what writing failed with. */
  async done(): Promise<void> {
    this.#rethrow();
    if (this.#used > 0) this.#pass();
    await this.#until(1);
  }

  /** Waits until fewer pieces than so many are left. */
  async #until(pieces: number): Promise<void> {
    while (this.#full.length >= pieces && this.#failure === undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#rethrow();
  }

  #rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #pass(): void {
    this.#full.push((this.#filling as Uint8Array).subarray(0, this.#used));
    this.#filling = undefined;
    this.#used = 0;
    if (!this.#isWriting) void this.#write();
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    try {
      for (let piece = this.#full[0]; piece !== undefined; piece = this.#full[0]) {
        await this.#writePiece(piece);
        this.#full.shift();
        if (this.#spare.length < mostPieces) this.#spare.push(new Uint8Array(piece.buffer));
        this.#wake();
      }
    } catch (error) {
      this.#failure = { error };
      this.#wake();
    }
    this.#isWriting = false;
  }

  async #writePiece(piece: Uint8Array): Promise<void> {
    for (let done = 0; done < piece.length; ) {
      const written = await this.#file.using((fd) => writtenTo(fd, piece.subarray(done), this.#offset));
      done += written;
      this.#offset += written;
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }
}

function writtenTo(fd: number, bytes: Uint8Array, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, 0, bytes.length, at, (error, written) => {
      if (error === null) resolve(written);
      else reject(error);
    });
  });
}
