// Opens blocks in the threads of an engine, or here. spec/03-block.md#block
import { blockHolds, type OpenedBlock, openBlock } from "../block/unpack.js";
import type { Container } from "../container/container.js";
import type { Frame } from "../container/frame-reader.js";
import type { Engine } from "./engine.js";

/** Opens the blocks of one archive. */
export interface BlockOpener {
  /** How many blocks may be opened ahead of the one that is wanted; 0 when it is all done here. */
  readonly ahead: number;
  /** The objects of a frame, undefined for one that is no block; the payload of one is given away, and may be empty afterwards. @throws PTAR_BLOCK_*, PTAR_UNSUPPORTED_CODEC */
  open(frame: Frame, want: "objects" | "ids"): Promise<OpenedBlock> | undefined;
}

/** The opener for the blocks of `container`. */
export function blockOpenerOf({ input: { reader, limits } }: Container, engine: Engine): BlockOpener {
  const threads = reader.length < (engine.threads?.worthBytes ?? 0) ? undefined : engine.threads;
  return {
    ahead: threads === undefined ? 0 : 2 * threads.count + 1,
    open({ number, type, payload }, want) {
      const holds = blockHolds(type);
      if (holds === undefined) return undefined;
      const place = { frame: number, holds, limits };
      return threads?.openBlock(payload, place, want) ?? openHere(() => openBlock(payload, engine, place));
    },
  };
}

async function openHere(open: () => OpenedBlock): Promise<OpenedBlock> {
  return open();
}
