// What the portable compile knows of streamx: @types/streamx pulls in the types of Node, which would let Node globals pass.
type Done = (error?: Error | null) => void;
type Yield<T> = (error?: Error | null, data?: T | null) => void;

export interface StreamOptions {
  readonly highWaterMark?: number | undefined;
  readonly byteLength?: ((data: never) => number) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export class Stream {
  readonly destroyed: boolean;
  readonly destroying: boolean;
  destroy(error?: Error | null): void;
  on(event: string, listener: (...values: never[]) => void): this;
  once(event: string, listener: (...values: never[]) => void): this;
  off(event: string, listener: (...values: never[]) => void): this;
}

export class Readable<T = unknown> extends Stream implements AsyncIterable<T> {
  constructor(options?: StreamOptions & { read?: (this: Readable<T>, done: Done) => void; destroy?: (done: Done) => void });
  push(data: T | null): boolean;
  read(): T | null;
  pause(): this;
  resume(): this;
  pipe<W extends Stream>(to: W, done?: Done): W;
  [Symbol.asyncIterator](): AsyncIterator<T>;
  static from<T>(input: Iterable<T> | AsyncIterable<T>): Readable<T>;
}

export class Writable<T = unknown> extends Stream {
  constructor(
    options?: StreamOptions & {
      write?: (this: Writable<T>, data: T, done: Done) => void;
      final?: (this: Writable<T>, done: Done) => void;
      destroy?: (done: Done) => void;
    },
  );
  write(data: T): boolean;
  end(): this;
  static drained(stream: Writable<never>): Promise<boolean>;
}

export class Transform<In = unknown, Out = In> extends Readable<Out> {
  constructor(
    options?: StreamOptions & { transform?: (this: Transform<In, Out>, data: In, done: Yield<Out>) => void; flush?: (done: Yield<Out>) => void },
  );
  write(data: In): boolean;
  end(): this;
}

export function pipelinePromise(...streams: Stream[]): Promise<void>;
