// Standard input as the one file of a snapshot. spec/06-snapshot.md#snapshot
import { PtarError } from "../../../errors/ptar-error.js";
import { limits } from "../../../format/limits.js";
import { type ContentReader, type EventRun, type Source, type SourceEvent, SourceFault } from "../../../tree/source.js";
import { errnoOf } from "../io-error.js";
import { type StdinOptions, stdinChunks, stdinName } from "../stdin-chunks.js";

/** How standard input is read, and who hears of it. */
export interface StdinSourceOptions extends StdinOptions {
  /** Bytes read so far: nobody else knows, for the file has no size. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * A source of one file, named by a relative path whose directories are made up. It can be walked again, but read once. Mode, owner and times are
 * not captured: a stream has none.
 * @throws PTAR_USAGE for a name that is no relative path, PTAR_LIMIT_EXCEEDED
 */
export function stdinSource(name: string, options: StdinSourceOptions = {}): Source {
  const names = namesOf(name);
  return {
    sources: [{ kind: "stream", label: name }],
    captures: ["name", "type", "content"],
    walk: (signal) => walk(names, options, signal),
    open() {
      throw new SourceFault("ENOENT", "open");
    },
  };
}

function namesOf(name: string): readonly Uint8Array[] {
  const parts = name.split("/");
  if (parts.some((part) => part === "" || part === "." || part === "..") || name.includes("\0") || !name.isWellFormed())
    throw new PtarError("PTAR_USAGE", `name of ${stdinName}: "${name}" is not a relative path`, { hint: "for example dump.sql or db/dump.sql" });
  const names = parts.map((part) => Buffer.from(part));
  if (names.length > limits.pathDepth || Buffer.byteLength(name) > limits.pathBytes || names.some(({ length }) => length > limits.nameBytes))
    throw new PtarError(
      "PTAR_LIMIT_EXCEEDED",
      `name of ${stdinName}: has more than ${limits.pathDepth} names, or they are longer than an archive can hold`,
    );
  return names;
}

function* walk(names: readonly Uint8Array[], options: StdinSourceOptions, signal: AbortSignal | undefined): Generator<EventRun> {
  if (signal?.aborted) throw new PtarError("PTAR_INTERRUPTED", "walk: stopped on request", { cause: signal.reason });
  const folders = names.slice(0, -1);
  const events: SourceEvent[] = folders.map((name) => ({ kind: "enter", name, item: { type: "directory" } }));
  const content = { kind: "stream", size: undefined, open: () => new StreamContent(options) } as const;
  events.push({ kind: "entry", name: names.at(-1) as Uint8Array, item: { type: "file" }, content });
  for (const _ of folders) events.push({ kind: "leave" });
  yield events;
}

class StreamContent implements ContentReader {
  readonly #options: StdinSourceOptions;
  readonly #chunks: AsyncGenerator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array();
  #bytes = 0;
  #state: "whole" | "broken" | "told" = "whole";

  constructor(options: StdinSourceOptions) {
    this.#options = options;
    this.#chunks = stdinChunks(options);
  }

  async read(buffer: Uint8Array): Promise<number> {
    while (this.#chunk.length === 0) {
      const next = await this.#next();
      if (next === undefined) return 0;
      this.#chunk = next;
    }
    const run = this.#chunk.subarray(0, buffer.length);
    buffer.set(run);
    this.#chunk = this.#chunk.subarray(run.length);
    this.#bytes += run.length;
    this.#options.onBytes?.(this.#bytes);
    return run.length;
  }

  /** Nobody knows how much was still to come when a stream breaks; an unread range has at least one byte. spec/05-page.md#errors */
  skip(): number {
    if (this.#state !== "broken") return 0;
    this.#state = "told";
    return 1;
  }

  close(): undefined {
    void this.#chunks.return(undefined).catch(() => undefined);
  }

  async #next(): Promise<Uint8Array | undefined> {
    try {
      const { value, done } = await this.#chunks.next();
      return done === true ? undefined : value;
    } catch (error) {
      if (error instanceof PtarError || this.#options.signal?.aborted === true) throw error;
      this.#state = "broken";
      throw new SourceFault(errnoOf(error), "read", { cause: error });
    }
  }
}
