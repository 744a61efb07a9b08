// A byte of a payload is changed and every hash above it is made anew: what no hash catches, a check of its own must.
import { beforeAll, describe, expect, it } from "vitest";
import { canonicalBytes } from "../../src/bytes/canonical-json.js";
import { Cursor } from "../../src/bytes/cursor.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import { frameTypeName, frameTypes } from "../../src/format/frame.js";
import { encodeFrameTable } from "../../src/format/frame-table.js";
import type { Manifest } from "../../src/format/generated/types.js";
import { encodeTrailer } from "../../src/format/trailer.js";
import { ArchiveBuilder } from "../container/build.js";
import { archiveOf, verifyBytes } from "./engines.js";

const tree: MemoryTree = {
  d: { type: "directory", children: { a: "A".repeat(70), b: "bb" } },
  f: { type: "file", content: "same", group: "1" },
  g: { type: "file", content: "same", group: "1" },
  s: { type: "symlink", destination: "d/a" },
};

interface RawFrame {
  readonly type: number;
  readonly payload: Uint8Array;
}

function framesOf(bytes: Uint8Array): readonly RawFrame[] {
  const frames: RawFrame[] = [];
  for (let at = 64; at < bytes.length; ) {
    const cursor = new Cursor(bytes.subarray(at + 4));
    const type = cursor.u8();
    cursor.bytes(3);
    const length = cursor.u64();
    frames.push({ type, payload: bytes.subarray(at + 24, at + 24 + length) });
    at += length + 32;
  }
  return frames;
}

/** The archive of `frames` with the payload of one changed, and frame table, manifest and trailer that fit. */
function rehashed(frames: readonly RawFrame[], target: number, change: (payload: Uint8Array) => Uint8Array): Uint8Array {
  const builder = new ArchiveBuilder(new Uint8Array(32));
  const offsets = new Map<number, number>();
  for (const [i, { type, payload }] of frames.entries()) {
    offsets.set(type, builder.offset);
    const made = payloadFor(builder, offsets, { type, payload });
    builder.frame(type, i === target ? change(made) : made);
  }
  return builder.bytes();
}

function payloadFor(builder: ArchiveBuilder, offsets: ReadonlyMap<number, number>, { type, payload }: RawFrame): Uint8Array {
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
async function exitOf(bytes: Uint8Array): Promise<number> {
  try {
    return (await verifyBytes(bytes, { level: "deep", allowUnsigned: true })).exitCode;
  } catch (error) {
    if (error instanceof PtarError) return error.exitCode;
    throw error;
  }
}

/** Frames in which bytes are free: a text that only warns, and a document with claims of its own. */
const free: readonly number[] = [frameTypes.about, frameTypes.manifest];
const blocks: readonly number[] = [frameTypes.blockData, frameTypes.blockMeta];

const changes: readonly (readonly [what: string, change: (byte: number, at: number) => number])[] = [
  ["a bit flipped", (byte, at) => byte ^ (1 << (at % 8))],
  ["a byte set to zero", () => 0],
  ["a byte one larger", (byte) => (byte + 1) & 0xff],
];

describe.each(["store", "deflate", "zstd"] as const)("codec %s", (codec) => {
  const compressed = codec !== "store";
  let frames: readonly RawFrame[];

  beforeAll(async () => {
    frames = framesOf(await archiveOf(tree, { signers: [], codec }));
    expect(await exitOf(rehashed(frames, -1, (payload) => payload))).toBe(0);
  });

  // what is compressed differs in the blocks alone
  it.each(changes.slice(0, compressed ? 1 : 3))("a payload with %s is refused with a code of the list", async (_what, change) => {
    const wrong: string[] = [];
    for (const [number, { type, payload }] of frames.entries()) {
      if (compressed && !blocks.includes(type)) continue;
      for (let at = number % 2; at < payload.length; at += payload.length > 300 ? 4 : 1) {
        const exit = await exitOf(rehashed(frames, number, (made) => made.with(at, change(made[at] as number, at))));
        // one content has many compressed forms
        const harmless = payload[at] === change(payload[at] as number, at) || free.includes(type) || (compressed && at >= 16);
        const allowed = harmless ? [0, 3, 4, 5, 9, 10] : [4, 5, 9, 10];
        if (!allowed.includes(exit)) wrong.push(`${frameTypeName(type)} byte ${at}: exit ${exit}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("a payload that is cut or longer is refused", async () => {
    const wrong: string[] = [];
    for (const [number, { type, payload }] of frames.entries()) {
      if (type === frameTypes.about) continue;
      for (const length of [0, 1, 7, 15, payload.length - 40, payload.length - 1]) {
        if (length < 0) continue;
        const exit = await exitOf(rehashed(frames, number, (made) => made.subarray(0, length)));
        if (![4, 10].includes(exit)) wrong.push(`${frameTypeName(type)} of ${length} bytes: exit ${exit}`);
      }
      const exit = await exitOf(rehashed(frames, number, (made) => Uint8Array.of(...made, 1)));
      if (![4, 10].includes(exit)) wrong.push(`${frameTypeName(type)} with a byte more: exit ${exit}`);
    }
    expect(wrong).toEqual([]);
  });
});
