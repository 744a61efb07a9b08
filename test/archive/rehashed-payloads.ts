// A byte of a payload is changed and every hash above it is made anew: what no hash catches, a check of its own must.
import { beforeAll, describe, expect, it } from "vitest";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { frameTypeName, frameTypes } from "../../src/format/frame.js";
import { archiveOf } from "./engines.js";
import { exitOf, framesOf, type RawFrame, rehashed } from "./rehashing.js";

const tree: MemoryTree = {
  d: { type: "directory", children: { a: "A".repeat(70), b: "bb" } },
  f: { type: "file", content: "same", group: "1" },
  g: { type: "file", content: "same", group: "1" },
  s: { type: "symlink", destination: "d/a" },
};

/** Frames in which bytes are free: a text that only warns, and a document with claims of its own. */
const free: readonly number[] = [frameTypes.about, frameTypes.manifest];
const blocks: readonly number[] = [frameTypes.blockData, frameTypes.blockMeta];

const changes: readonly (readonly [what: string, change: (byte: number, at: number) => number])[] = [
  ["a bit flipped", (byte, at) => byte ^ (1 << (at % 8))],
  ["a byte set to zero", () => 0],
  ["a byte one larger", (byte) => (byte + 1) & 0xff],
];

/** Declares the tests; of the bytes that are changed one in `every` is. */
export function describeRehashed(every: number): void {
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
        for (let at = number % 2; at < payload.length; at += every * (payload.length > 300 ? 4 : 1)) {
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
}
