// Keeps stages of a pipeline in order and in bounds.

/** Jobs that run one after the other, in the order in which they were added. After a failure no other is started. */
export class Sequence {
  readonly #onFailure: (error: unknown) => void;
  #end: Promise<void> = Promise.resolve();

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  add(job: () => Promise<void>): void {
    this.#end = this.#end.then(job);
    this.#end.catch(this.#onFailure);
  }

  /** Settles when all jobs so far have run; rejects with the first failure. */
  get end(): Promise<void> {
    return this.#end;
  }
}

/** Room for so many things at once. */
export class Room {
  #free: number;
  #failure: { readonly error: unknown } | undefined;
  readonly #waiting: { readonly enter: () => void; readonly fail: (error: unknown) => void }[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /** Waits for a place and takes it. @throws what `fail` was given */
  take(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure.error);
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    return new Promise((enter, fail) => this.#waiting.push({ enter, fail }));
  }

  /** Gives a place back. */
  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next.enter();
  }

  /** Turns away all who wait now or later. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    for (const { fail } of this.#waiting.splice(0)) fail(error);
  }
}
