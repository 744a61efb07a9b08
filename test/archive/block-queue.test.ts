// Blocks that are opened several at once, and taken in order. spec/10-verify.md#order
import { describe, expect, it } from "vitest";
import { BlockQueue } from "../../src/archive/block-queue.js";
import { FoundObjects } from "../../src/archive/found-objects.js";
import type { OpenedBlock } from "../../src/block/unpack.js";
import type { Frame } from "../../src/container/frame-reader.js";
import { frameTypes } from "../../src/format/frame.js";

const nothing: OpenedBlock = { kinds: new Uint8Array(), lengths: new Uint32Array(), ids: new Uint8Array(), raw: new Uint8Array() };

function block(number: number, bytes: number): Frame {
  return { number, type: frameTypes.blockData, offset: 0, end: 0, payload: new Uint8Array(bytes), leaf: new Uint8Array(32) };
}

describe("blocks under way", () => {
  it("have 32 MiB at most, though their memory is given away, or are one", async () => {
    const opening: (() => void)[] = [];
    const queue = new BlockQueue(
      {
        ahead: 100,
        open: ({ payload }) => {
          structuredClone(payload.buffer, { transfer: [payload.buffer as ArrayBuffer] });
          return new Promise((resolve) => opening.push(() => resolve(nothing)));
        },
      },
      new FoundObjects(),
    );
    await queue.add(block(1, 16 << 20));
    await queue.add(block(2, 16 << 20));
    let added = false;
    const adding = queue.add(block(3, 1)).then(() => {
      added = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([opening.length, added]).toEqual([3, false]);
    opening[0]?.();
    await adding;
    for (const open of opening) open();
    await queue.end();
    await queue.add(block(4, 33 << 20));
    expect(opening).toHaveLength(4);
  });
});
