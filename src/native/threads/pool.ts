// Worker threads and who works on what: tasks that any of them may do, and tasks of one.
import { Worker } from "node:worker_threads";
import { type Answer, type Asked, type Encoders, errorOf, type TaskName, type Tasks } from "./tasks.js";

/** How threads are started. */
export interface PoolOptions {
  readonly count: number;
  readonly encoders: Encoders;
  /** The module that a thread runs: it calls `serveTasks`. */
  readonly entry: URL;
}

/** What starts a thread, as it arrives there. */
export interface ThreadData {
  readonly encoders: Encoders;
}

interface Waiting {
  readonly asked: Asked;
  readonly transfer: readonly ArrayBuffer[];
  readonly resolve: (gives: never) => void;
  readonly reject: (error: unknown) => void;
}

/** A thread works on one task while the next is on its way. */
const tasksUnderWay = 2;

/** A thread's work is in buffers outside of V8's heap; a small nursery is as fast, and saves tens of megabytes a thread. */
const resourceLimits = { maxYoungGenerationSizeMb: 6 };

/** A few threads, started when the first task for them comes. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #threads: readonly Thread[];
  /** Tasks that any thread may do. */
  readonly #shared: Waiting[] = [];

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#threads = Array.from({ length: options.count }, () => new Thread(options, () => this.#deal()));
  }

  get count(): number {
    return this.#options.count;
  }

  /** The thread that has least to do. */
  get idlest(): number {
    const loads = this.#threads.map(({ load }) => load);
    return loads.indexOf(Math.min(...loads));
  }

  /** Has a task done by thread `thread`, or by any. What is in `transfer` cannot be used here any more. */
  run<Name extends TaskName>(
    task: Name,
    needs: Tasks[Name]["needs"],
    options: { readonly thread?: number; readonly transfer?: readonly ArrayBuffer[] } = {},
  ): Promise<Tasks[Name]["gives"]> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { asked: { task, needs }, transfer: options.transfer ?? [], resolve, reject };
      const queue = options.thread === undefined ? this.#shared : (this.#threads[options.thread] as Thread).own;
      queue.push(waiting);
      this.#deal();
    });
  }

  /** Has a task done by every thread that was started or will be; answers are not waited for. */
  tellAll<Name extends "open" | "close">(task: Name, needs: Tasks[Name]["needs"]): void {
    for (let thread = 0; thread < this.count; thread++) this.run(task, needs, { thread }).catch(() => undefined);
  }

  /** Ends all threads. */
  close(): void {
    for (const thread of this.#threads) thread.close();
  }

  #deal(): void {
    for (const thread of this.#threads) {
      // its own first: they let others begin
      while (thread.underWay < tasksUnderWay && thread.own.length > 0) thread.start(thread.own.shift() as Waiting);
    }
    while (this.#shared.length > 0) {
      // a second task for one is no help while another has none
      const thread = this.#threads.reduce((least, other) => (other.underWay < least.underWay ? other : least));
      if (thread.underWay >= tasksUnderWay) return;
      thread.start(this.#shared.shift() as Waiting);
    }
  }
}

class Thread {
  /** Tasks that only this thread may do. */
  readonly own: Waiting[] = [];
  readonly #options: PoolOptions;
  readonly #onFree: () => void;
  readonly #underWay: Waiting[] = [];
  #worker: Worker | undefined;
  #failure: Error | undefined;

  constructor(options: PoolOptions, onFree: () => void) {
    this.#options = options;
    this.#onFree = onFree;
  }

  get underWay(): number {
    return this.#underWay.length;
  }

  /** How much there is to do. */
  get load(): number {
    return this.own.length + this.#underWay.length;
  }

  start(waiting: Waiting): void {
    if (this.#failure !== undefined) {
      waiting.reject(this.#failure);
      return;
    }
    try {
      const worker = this.#running();
      worker.postMessage(waiting.asked, waiting.transfer);
      // a thread that is at work keeps the process alive, an idle one does not
      worker.ref();
      this.#underWay.push(waiting);
    } catch (error) {
      // no thread could be started, or this cannot be sent: no answer will come, and the next one is that of another task
      waiting.reject(error);
    }
  }

  close(): void {
    this.#fail(new Error("the thread was ended"));
    void this.#worker?.terminate();
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const { encoders, entry } = this.#options;
    // without the options of Node that this program has: --input-type alone would stop the thread
    const worker = new Worker(entry, { workerData: { encoders } satisfies ThreadData, execArgv: [], name: "ptar-lane", resourceLimits });
    worker.on("message", (answer: Answer) => this.#settle(worker, answer));
    worker.on("error", (error) => this.#fail(error));
    worker.on("messageerror", (error) => this.#fail(error));
    worker.on("exit", (code) => this.#fail(new Error(`a thread ended with code ${code}`)));
    this.#worker = worker;
    return worker;
  }

  #settle(worker: Worker, answer: Answer): void {
    const waiting = this.#underWay.shift();
    if (this.#underWay.length === 0) worker.unref();
    if ("failure" in answer) waiting?.reject(errorOf(answer.failure));
    else waiting?.resolve(answer.gives as never);
    this.#onFree();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of [...this.#underWay.splice(0), ...this.own.splice(0)]) reject(this.#failure);
    this.#onFree();
  }
}
