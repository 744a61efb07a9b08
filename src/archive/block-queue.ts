// Has the blocks of an archive opened, several at once, and takes them in order. spec/10-verify.md#order
import type { OpenedBlock } from "../block/unpack.js";
import type { Frame } from "../container/frame-reader.js";
import type { BlockOpener } from "./block-opening.js";
import type { FoundObjects } from "./found-objects.js";

interface BlockUnderWay {
  readonly frame: number;
  readonly bytes: number;
  readonly block: Promise<OpenedBlock>;
}

/** Most payload bytes of blocks that are opened at once, however many threads there are. */
const mostAhead = 32 << 20;

/** Has blocks opened, several at once, and takes them in order. */
export class BlockQueue {
  readonly #opener: BlockOpener;
  readonly #found: FoundObjects | undefined;
  readonly #opening: BlockUnderWay[] = [];
  #bytes = 0;

  constructor(opener: BlockOpener, found: FoundObjects | undefined) {
    this.#opener = opener;
    this.#found = found;
  }

  /** Takes a frame, whose payload is given away; those that are no blocks are passed over. @throws PTAR_BLOCK_*, PTAR_UNSUPPORTED_CODEC, of an earlier frame perhaps */
  async add(frame: Frame): Promise<void> {
    const bytes = frame.payload.length;
    const block = this.#found === undefined ? undefined : this.#opener.open(frame, "ids");
    if (block === undefined) return;
    // who takes it hears of it
    block.catch(() => undefined);
    this.#opening.push({ frame: frame.number, bytes, block });
    this.#bytes += bytes;
    while (this.#opening.length > this.#opener.ahead || (this.#bytes > mostAhead && this.#opening.length > 1)) await this.#takeFirst();
  }

  /** Takes what is still being opened. @throws as `add` */
  async end(): Promise<void> {
    while (this.#opening.length > 0) await this.#takeFirst();
  }

  async #takeFirst(): Promise<void> {
    const { frame, bytes, block } = this.#opening.shift() as BlockUnderWay;
    this.#bytes -= bytes;
    try {
      this.#found?.take(frame, await block);
    } catch (error) {
      // those behind it are not looked at: the first failure counts
      this.#opening.length = 0;
      throw error;
    }
  }
}
