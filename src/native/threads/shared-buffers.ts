// Buffers that all threads see; each goes back when its last user lets it go.
import { Room } from "../../archive/stages.js";

/** A fixed number of buffers of one length. */
export class SharedBuffers {
  readonly all: readonly Uint8Array[];
  readonly #numbers: ReadonlyMap<ArrayBufferLike, number>;
  readonly #free: number[];
  readonly #users: number[];
  readonly #room: Room;

  constructor(count: number, length: number) {
    this.all = Array.from({ length: count }, () => new Uint8Array(new SharedArrayBuffer(length)));
    this.#numbers = new Map(this.all.map(({ buffer }, number) => [buffer, number]));
    this.#free = this.all.map((_, number) => number);
    this.#users = this.all.map(() => 0);
    this.#room = new Room(count);
  }

  /** The number of a buffer that nobody uses, as soon as there is one; with one user. */
  async take(): Promise<number> {
    await this.#room.take();
    const number = this.#free.pop() as number;
    this.#users[number] = 1;
    return number;
  }

  /** One user more. */
  share(number: number): void {
    this.#users[number] = (this.#users[number] as number) + 1;
  }

  /** One user less. */
  release(number: number): void {
    const left = (this.#users[number] as number) - 1;
    this.#users[number] = left;
    if (left > 0) return;
    this.#free.push(number);
    this.#room.give();
  }

  /** Where bytes stand; undefined: in none of the buffers. */
  numberOf({ buffer }: Uint8Array): number | undefined {
    return this.#numbers.get(buffer);
  }

  /** Whoever waits, or will wait, for a buffer gets this error. */
  fail(error: Error): void {
    this.#room.fail(error);
  }
}
