// Damage to sealed archives: never ok, with a key and without, and never taken for a wrong key. At many more places in sealed-damage.slow.ts
import { beforeAll, describe, expect, it } from "vitest";
import { concatBytes } from "../../src/bytes/compare.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import type { KeyRing } from "../../src/keys/key-ring.js";
import { owner, ringOf, stranger } from "../container/sealing.js";
import { additions, bitAt, flipped, offsetsOf, wrongAnswer, wrongVerdict } from "./damaging.js";
import { extractedOf, native } from "./engines.js";
import { sealedOf } from "./sealing.js";

const tree: MemoryTree = { d: { type: "directory", children: { a: "A".repeat(70) } }, s: { type: "symlink", destination: "d/a" } };
const keys = ringOf(owner);
/** Verdicts of whoever has no key, the right one or a wrong one. */
const rings: readonly (readonly [whose: string, ring: KeyRing | undefined, step: number])[] = [
  ["nobody's key", undefined, 11],
  ["the key", keys, 41],
  ["a wrong key", ringOf(stranger), 29],
];

describe("a sealed archive", () => {
  let bytes: Uint8Array;
  let sound: readonly string[];

  beforeAll(async () => {
    bytes = await sealedOf(tree, { signers: [] });
    sound = await extractedOf(bytes, native, keys);
    expect(sound).toHaveLength(3);
  });

  it.each(rings)("is never ok with a byte flipped, to %s", async (_whose, ring, step) => {
    const wrong: string[] = [];
    for (const at of offsetsOf(bytes, step)) {
      const copy = flipped(bytes, at, bitAt(at));
      const answer = ring === keys ? await wrongAnswer(copy, sound, keys) : await wrongVerdict(copy, ring);
      if (answer !== undefined) wrong.push(`byte ${at}: ${answer}`);
    }
    expect(wrong).toEqual([]);
  });

  it("is never ok when it is cut", async () => {
    const wrong: string[] = [];
    for (const length of offsetsOf(bytes, 23)) {
      const answers = [await wrongVerdict(bytes.subarray(0, length)), await wrongAnswer(bytes.subarray(0, length), sound, keys)];
      if (answers.some((answer) => answer !== undefined)) wrong.push(`${length} bytes: ${answers}`);
    }
    expect(wrong).toEqual([]);
  });

  it.each(additions)("is never ok with %s added", async (_what, added) => {
    for (const copy of [concatBytes(bytes, added(bytes)), concatBytes(added(bytes), bytes)])
      expect([await wrongVerdict(copy), await wrongAnswer(copy, sound, keys)]).toEqual([undefined, undefined]);
  });
});
