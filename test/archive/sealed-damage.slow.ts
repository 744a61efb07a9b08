// Every third byte of small sealed archives flipped and every third length cut, with PTAR_THOROUGH=1 each one; of the padding of long frames some: never
// ok, never another content, never a wrong key.
import { beforeAll, describe, expect, it } from "vitest";
import type { CreateOptions } from "../../src/archive/create.js";
import { concatBytes } from "../../src/bytes/compare.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { owner, ringOf } from "../container/sealing.js";
import { oneIn } from "../thorough.js";
import { bitAt, flipped, offsetsOf, wrongAnswer, wrongVerdict } from "./damaging.js";
import { extractedOf, native } from "./engines.js";
import { sealedOf } from "./sealing.js";

const small: MemoryTree = { a: "hello" };
const mixed: MemoryTree = {
  d: { type: "directory", children: { "a.txt": "A".repeat(300), "b.txt": "bb" } },
  f: { type: "file", content: "same", group: "1" },
  g: { type: "file", content: "same", group: "1" },
  s: { type: "symlink", destination: "d/a.txt" },
};
const keys = ringOf(owner);

const archives: readonly (readonly [name: string, tree: MemoryTree, options: Partial<CreateOptions>])[] = [
  ["one file, unsigned, stored", small, { signers: [], codec: "store" }],
  ["files, links and a symlink, unsigned, zstd", mixed, { signers: [], codec: "zstd" }],
  ["one file, signed, deflate", small, { codec: "deflate" }],
];

describe.each(archives)("%s, sealed", (_name, tree, options) => {
  let bytes: Uint8Array;
  let sound: readonly string[];

  beforeAll(async () => {
    bytes = await sealedOf(tree, options);
    sound = await extractedOf(bytes, native, keys);
  });

  /** Answers that are wrong, of whoever has the key and whoever has none. */
  async function wrongAnswers(copies: Iterable<readonly [what: string, copy: Uint8Array]>): Promise<readonly string[]> {
    const wrong: string[] = [];
    for (const [what, copy] of copies) {
      const [locked, open] = [await wrongVerdict(copy), await wrongAnswer(copy, sound, keys)];
      if (locked !== undefined) wrong.push(`${what}, no key: ${locked}`);
      if (open !== undefined) wrong.push(`${what}, key: ${open}`);
    }
    return wrong;
  }

  it.each([
    ["one bit", oneIn(3), bitAt],
    ["all bits", oneIn(3) * 4, () => 0xff],
  ] as const)("is never ok with %s of one byte in %i flipped", async (_what, step, maskOf) => {
    function* copies() {
      for (const at of offsetsOf(bytes, step)) yield [`byte ${at}`, flipped(bytes, at, maskOf(at))] as const;
    }
    expect(await wrongAnswers(copies())).toEqual([]);
  });

  it("is never ok when it is cut, or when a run is removed or repeated", async () => {
    function* copies() {
      for (const length of offsetsOf(bytes, oneIn(3))) yield [`${length} bytes`, bytes.subarray(0, length)] as const;
      for (let at = 0; at + 40 < bytes.length; at += 31) {
        yield [`without ${at}`, concatBytes(bytes.subarray(0, at), bytes.subarray(at + 32))] as const;
        yield [`twice ${at}`, concatBytes(bytes.subarray(0, at), bytes.subarray(at, at + 32), bytes.subarray(at))] as const;
      }
    }
    expect(await wrongAnswers(copies())).toEqual([]);
  });
});
