// A repository in memory. spec/15-repository.md#layout
import { PtarError } from "../../errors/ptar-error.js";
import {
  mustBeFolder,
  type NewStored,
  type OpenStored,
  partsOf,
  type Storage,
  type StorageFolder,
  type StoragePath,
  type StoredFile,
} from "../../repository/files/storage.js";
import { MemoryReader } from "./reader.js";
import { MemorySink } from "./sink.js";

/** A file that has its name. */
interface Published {
  readonly bytes: Uint8Array;
  readonly written: number;
}

/** A file that is being written. */
interface Temporary {
  state: "writing" | "ended";
  written: number;
}

/** Keeps the files of a repository, for all who use this object. */
export class MemoryStorage implements Storage {
  readonly location: string;
  readonly exclusive = true;
  readonly #clock: () => number;
  readonly #files = new Map<string, Published>();
  readonly #temporary = new Set<Temporary>();

  /** `clock` gives milliseconds since 1970, by default those of the system; it may stand still and must not run backwards. */
  constructor(options: { readonly location?: string; readonly clock?: () => number } = {}) {
    this.location = options.location ?? "memory";
    this.#clock = options.clock ?? Date.now;
  }

  list(folder: StorageFolder): AsyncIterable<StoredFile> {
    return this.#listed(mustBeFolder(folder));
  }

  async open(path: StoragePath): Promise<OpenStored | undefined> {
    const file = this.#files.get(keyOf(path));
    return file === undefined ? undefined : new OpenFile(file.bytes);
  }

  async create(path: StoragePath): Promise<NewStored> {
    const key = keyOf(path);
    const sink = new MemorySink();
    const file: Temporary = { state: "writing", written: this.#now() };
    this.#temporary.add(file);
    return {
      write: async (bytes) => {
        mustBeWriting(file);
        await sink.write(bytes);
        file.written = this.#now();
      },
      publish: async () => {
        mustBeWriting(file);
        return this.#publish(key, file, sink.bytes());
      },
      discard: async () => this.#end(file),
    };
  }

  async remove(path: StoragePath): Promise<void> {
    this.#files.delete(keyOf(path));
  }

  async now(): Promise<number> {
    return this.#now();
  }

  async sweep(before: number): Promise<number> {
    const old = [...this.#temporary].filter(({ written }) => written < before);
    for (const file of old) this.#temporary.delete(file);
    return old.length;
  }

  async *#listed(folder: StorageFolder): AsyncGenerator<StoredFile> {
    for (const [key, { bytes, written }] of [...this.#files]) {
      const [within, name = ""] = key.split("/");
      if (within === folder) yield { name, length: bytes.length, written };
    }
  }

  #publish(key: string, file: Temporary, bytes: Uint8Array): "published" | "exists" {
    const swept = !this.#temporary.has(file);
    this.#end(file);
    if (swept) throw new PtarError("PTAR_IO_FAILED", `${this.location}/${key}: was swept before it was whole`, { hint: "run the command again" });
    if (this.#files.has(key)) return "exists";
    this.#files.set(key, { bytes, written: this.#now() });
    return "published";
  }

  #end(file: Temporary): void {
    file.state = "ended";
    this.#temporary.delete(file);
  }

  #now(): number {
    return Math.floor(this.#clock());
  }
}

/** The bytes stay where they are when the file is removed. */
class OpenFile extends MemoryReader implements OpenStored {
  #closed = false;

  override async read(offset: number, length: number): Promise<Uint8Array> {
    if (this.#closed) throw new TypeError("the file is closed");
    return super.read(offset, length);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}

/** `path`, when the layout has it. */
function keyOf(path: StoragePath): string {
  partsOf(path);
  return path;
}

function mustBeWriting({ state }: Temporary): void {
  if (state === "ended") throw new TypeError("the file is closed");
}
