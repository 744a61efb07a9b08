// Lets the event loop turn during long work on what is in memory already, so that signals and timers are not starved.

const intervalMilliseconds = 50;

/** To be called often; now and then it is a promise that lets the event loop turn once. */
export class Breath {
  #last = performance.now();

  take(): Promise<void> | undefined {
    if (performance.now() - this.#last < intervalMilliseconds) return undefined;
    return new Promise<void>((resolve) => setTimeout(resolve, 0)).then(() => {
      this.#last = performance.now();
    });
  }
}
