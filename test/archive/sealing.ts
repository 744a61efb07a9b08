// Sealed archives of whole trees, and their frames as anybody sees them.
import type { CreateOptions } from "../../src/archive/create.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { isSealedType } from "../../src/format/sealed.js";
import { owner } from "../container/sealing.js";
import { create } from "./engines.js";
import { framesOf, type RawFrame } from "./rehashing.js";

/** Seals for `owner` alone: quick to make and to open. */
export const sealForOwner: NonNullable<CreateOptions["seal"]> = { recipients: [owner.recipient] };

/** Bytes of a sealed archive of `tree`. */
export async function sealedOf(tree: MemoryTree, options: Partial<CreateOptions> = {}): Promise<Uint8Array> {
  return (await create(tree, { seal: sealForOwner, ...options })).bytes;
}

/** Frames whose payload is sealed. */
export const sealedFramesOf = (bytes: Uint8Array): readonly RawFrame[] => framesOf(bytes).filter(({ type }) => isSealedType(type));
