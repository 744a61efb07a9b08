// Decoded blocks that are kept while they are used, of one archive or of several that share the room. spec/03-block.md#block

/** A block that is kept. */
export interface KeptBlock {
  /** Memory that it takes, bytes. */
  readonly bytes: number;
  /** Told when it is kept no longer. */
  forget(): void;
}

const usualRoom = 32 << 20;

/** Blocks up to so many bytes, and the last one however long it is. */
export class BlockCache {
  /** Bytes. */
  readonly room: number;
  /** Least recently used first. */
  readonly #blocks = new Set<KeptBlock>();
  #bytes = 0;
  #ahead = 0;

  /** `room` in bytes, default 32 MiB. */
  constructor(room: number = usualRoom) {
    this.room = room;
  }

  /** What all that are kept take. */
  get bytes(): number {
    return this.#bytes;
  }

  keep(block: KeptBlock): void {
    this.#blocks.add(block);
    this.#bytes += block.bytes;
    for (const oldest of this.#blocks) {
      if (this.#bytes <= this.room || oldest === block) return;
      this.drop(oldest);
    }
  }

  /**
   * Asks for room for a block that is opened before anybody wants it, until `gaveAhead`: all of these may have half of the cache, so that archives that are read
   * in turn do not push out what others have opened.
   */
  takesAhead(bytes: number): boolean {
    if (this.#ahead + bytes > this.room / 2) return false;
    this.#ahead += bytes;
    return true;
  }

  /** A block that room was asked for is wanted by now, or is not kept. */
  gaveAhead(bytes: number): void {
    this.#ahead -= bytes;
  }

  /** Notes that a block was used. */
  touch(block: KeptBlock): void {
    if (this.#blocks.delete(block)) this.#blocks.add(block);
  }

  drop(block: KeptBlock): void {
    if (!this.#blocks.delete(block)) return;
    this.#bytes -= block.bytes;
    block.forget();
  }
}
