// Takes archives apart into frames and puts them together again, with frame table, manifest and trailer that fit what was changed.
import { canonicalBytes } from "../../src/bytes/canonical-json.js";
import { Cursor } from "../../src/bytes/cursor.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import { frameTypes } from "../../src/format/frame.js";
import { encodeFrameTable } from "../../src/format/frame-table.js";
import type { Manifest } from "../../src/format/generated/types.js";
import { encodeTrailer } from "../../src/format/trailer.js";
import type { KeyRing } from "../../src/keys/key-ring.js";
import { ArchiveBuilder } from "../container/build.js";
import { verifyBytes } from "./engines.js";

/** A frame as it stands in the file. */
export interface RawFrame {
  readonly type: number;
  readonly number: number;
  readonly payload: Uint8Array;
}

/** All frames of an archive, in order; nothing is checked. */
export function framesOf(bytes: Uint8Array): readonly RawFrame[] {
  const frames: RawFrame[] = [];
  for (let at = 64; at < bytes.length; ) {
    const cursor = new Cursor(bytes.subarray(at + 4));
    const type = cursor.u8();
    cursor.bytes(3);
    const length = cursor.u64();
    frames.push({ type, number: cursor.u64(), payload: bytes.subarray(at + 24, at + 24 + length) });
    at += length + 32;
  }
  return frames;
}

/** The archive of `frames` with the payload of one changed, and frame table, manifest and trailer that fit. */
export function rehashed(
  frames: readonly RawFrame[],
  target: number,
  change: (payload: Uint8Array) => Uint8Array,
  builder = new ArchiveBuilder(new Uint8Array(32)),
): Uint8Array {
  const offsets = new Map<number, number>();
  for (const [i, { type, payload }] of frames.entries()) {
    offsets.set(type, builder.offset);
    const made = payloadFor(builder, offsets, { type, payload });
    builder.frame(type, i === target ? change(made) : made);
  }
  return builder.bytes();
}

function payloadFor(
  builder: ArchiveBuilder,
  offsets: ReadonlyMap<number, number>,
  { type, payload }: Pick<RawFrame, "type" | "payload">,
): Uint8Array {
  if (type === frameTypes.frameTable) return encodeFrameTable({ firstUnit: 0, unitCount: builder.next, nodes: [], pages: [], rows: builder.rows });
  if (type === frameTypes.manifest) {
    const manifest: Manifest = JSON.parse(new TextDecoder().decode(payload));
    return canonicalBytes({ ...manifest, tree: builder.head() });
  }
  if (type !== frameTypes.trailer) return payload;
  const manifestOffset = offsets.get(frameTypes.manifest) ?? 0;
  const frameTableOffset = offsets.get(frameTypes.frameTable) ?? 0;
  const totalLength = builder.offset + 104;
  return encodeTrailer({ manifestOffset, frameTableOffset, previousTrailerOffset: 0, totalLength, generation: 1, sequence: 0 });
}

/** Exit code, or that of the error which stops verification. */
export async function exitOf(bytes: Uint8Array, keys?: KeyRing): Promise<number> {
  try {
    return (await verifyBytes(bytes, { level: "deep", allowUnsigned: true, ...(keys && { keys }) })).exitCode;
  } catch (error) {
    if (error instanceof PtarError) return error.exitCode;
    throw error;
  }
}
