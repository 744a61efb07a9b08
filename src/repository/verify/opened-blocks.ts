// Some blocks of one archive, each opened by itself: damage in one does not hide that in others. spec/03-block.md#block
import { type BlockOpener, blockOpenerOf } from "../../archive/block-opening.js";
import type { Engine } from "../../archive/engine.js";
import type { OpenedBlock } from "../../block/unpack.js";
import type { Container } from "../../container/container.js";
import { PtarError } from "../../errors/ptar-error.js";

/** Most payload bytes of blocks that are opened at once, however many threads there are. */
const mostAhead = 32 << 20;

/** How blocks are read. */
export interface ReadOptions {
  /** Told of each block: bytes of its frame. */
  readonly onBlock: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Which blocks are opened, and who is told. */
export interface OpenBlocksOptions extends ReadOptions {
  readonly engine: Engine;
  /** Numbers of their frames, in order. */
  readonly frames: readonly number[];
  readonly onOpened: (block: OpenedBlock) => void;
  /** Throws what is no damage. */
  readonly onFailed: (frame: number, error: unknown) => void;
}

interface BlockUnderWay {
  readonly frame: number;
  readonly bytes: number;
  /** Never rejects. */
  readonly settled: Promise<OpenedBlock | { readonly error: unknown }>;
}

/**
 * Opens blocks of an archive, several at once where the engine has threads, and tells of each whether it is sound.
 * @throws what `onFailed` throws, and the reason of `signal`
 */
export async function openBlocks(container: Container, options: OpenBlocksOptions): Promise<void> {
  await new Blocks(container, options).read(options.frames);
}

class Blocks {
  readonly #container: Container;
  readonly #opener: BlockOpener;
  readonly #options: OpenBlocksOptions;
  readonly #opening: BlockUnderWay[] = [];
  #bytes = 0;

  constructor(container: Container, options: OpenBlocksOptions) {
    this.#container = container;
    this.#opener = blockOpenerOf(container, options.engine);
    this.#options = options;
  }

  async read(frames: readonly number[]): Promise<void> {
    try {
      for (const number of frames) {
        this.#options.signal?.throwIfAborted();
        await this.#start(number);
        while (this.#opening.length > this.#opener.ahead || (this.#bytes > mostAhead && this.#opening.length > 1)) await this.#end();
      }
      while (this.#opening.length > 0) await this.#end();
    } finally {
      // the threads still read what the archive gave them
      for (const { settled } of this.#opening) await settled;
    }
  }

  async #start(number: number): Promise<void> {
    try {
      const frame = await this.#container.frame(number);
      const bytes = frame.payload.length;
      const block = this.#opener.open(frame, "ids") ?? Promise.reject(noBlock(number));
      this.#opening.push({ frame: number, bytes, settled: block.catch((error: unknown) => ({ error })) });
      this.#bytes += bytes;
      this.#options.onBlock(bytes);
    } catch (error) {
      this.#options.onFailed(number, error);
    }
  }

  async #end(): Promise<void> {
    const { frame, bytes, settled } = this.#opening.shift() as BlockUnderWay;
    this.#bytes -= bytes;
    const outcome = await settled;
    if ("error" in outcome) this.#options.onFailed(frame, outcome.error);
    else this.#options.onOpened(outcome);
  }
}

function noBlock(frame: number): PtarError {
  return new PtarError("PTAR_INDEX_INVALID", `index: a row for frame ${frame}, which is no block`, { details: { frame } });
}
