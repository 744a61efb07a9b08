// A cache of the index in memory, which tests look into and spoil.
import { concatBytes } from "../../src/bytes/compare.js";
import { toHex } from "../../src/bytes/hex.js";
import { MemoryStorage } from "../../src/connectors/memory/storage.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import type { IndexCache } from "../../src/repository/cache/index-cache.js";
import type { OpenStored, StoragePath } from "../../src/repository/files/storage.js";

/** Copies by repository id in hex. */
export class MemoryCache implements IndexCache {
  readonly copies = new Map<string, Uint8Array>();
  written = 0;
  reads = 0;

  async read(repositoryId: Uint8Array): Promise<OpenStored | undefined> {
    this.reads++;
    const bytes = this.copies.get(toHex(repositoryId));
    if (bytes === undefined) return undefined;
    const read = async (offset: number, length: number) => {
      if (offset + length > bytes.length) throw new PtarError("PTAR_IO_FAILED", "a read past the end");
      return bytes.slice(offset, offset + length);
    };
    return { length: bytes.length, read, close: async () => undefined };
  }

  async write(repositoryId: Uint8Array, parts: AsyncIterable<Uint8Array>): Promise<void> {
    const copies: Uint8Array[] = [];
    for await (const part of parts) copies.push(part.slice());
    this.copies.set(toHex(repositoryId), concatBytes(...copies));
    this.written++;
  }

  /** The only copy. */
  get bytes(): Uint8Array {
    return [...this.copies.values()][0] as Uint8Array;
  }

  /** Puts `bytes` in place of every copy. */
  replace(bytes: Uint8Array): void {
    for (const name of this.copies.keys()) this.copies.set(name, bytes);
  }
}

/** Counts openings of index archives, reads of them, and how many are open at once. */
export class WatchedStorage extends MemoryStorage {
  opened = 0;
  reads = 0;
  held = 0;
  most = 0;

  override async open(path: StoragePath): Promise<OpenStored | undefined> {
    if (!path.startsWith("index/")) return super.open(path);
    this.opened++;
    this.most = Math.max(this.most, ++this.held);
    const file = await super.open(path);
    // others get their turn, as with a storage that is far away
    await new Promise((resolve) => setTimeout(resolve));
    if (file === undefined) {
      this.held--;
      return undefined;
    }
    const read = (offset: number, length: number) => {
      this.reads++;
      return file.read(offset, length);
    };
    const close = async () => {
      this.held--;
      await file.close();
    };
    return { length: file.length, read, close };
  }
}
