// Every byte of small archives flipped, every length cut, things added: never ok, never another content, never another error than a coded one.
import { beforeAll, describe, expect, it } from "vitest";
import type { CreateOptions } from "../../src/archive/create.js";
import { concatBytes } from "../../src/bytes/compare.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { additions, bitAt, flipped, wrongAnswer } from "./damaging.js";
import { archiveOf, extractedOf, native, portable, verifyBytes } from "./engines.js";

const small: MemoryTree = { a: "hello" };
const mixed: MemoryTree = {
  d: { type: "directory", children: { "a.txt": "A".repeat(300), "b.txt": "bb" } },
  f: { type: "file", content: "same", group: "1" },
  g: { type: "file", content: "same", group: "1" },
  s: { type: "symlink", destination: "d/a.txt" },
};

const archives: readonly (readonly [name: string, tree: MemoryTree, options: Partial<CreateOptions>])[] = [
  ["an empty tree, unsigned, stored", {}, { signers: [], codec: "store" }],
  ["one file, unsigned, deflate", small, { signers: [], codec: "deflate" }],
  ["files, links and a symlink, unsigned, zstd", mixed, { signers: [], codec: "zstd" }],
  ["one file, signed, zstd", small, { codec: "zstd" }],
];

/** Offsets to damage: all; of a signed archive, where verifying takes its time, some. */
function* offsetsOf(bytes: Uint8Array, options: Partial<CreateOptions>): Generator<number> {
  const manifestAt = bytes.length - 1700;
  for (let at = 0; at < bytes.length; at += options.signers === undefined && at < manifestAt ? 11 : 2) yield at;
}

describe.each(archives)("%s", (_name, tree, options) => {
  let bytes: Uint8Array;
  let sound: readonly string[];

  beforeAll(async () => {
    bytes = await archiveOf(tree, options);
    sound = await extractedOf(bytes);
    expect((await verifyBytes(bytes, { allowUnsigned: true, level: "deep" })).exitCode).toBe(0);
    expect(await extractedOf(bytes, portable)).toEqual(sound);
  });

  it.each([
    ["one bit", bitAt],
    ["all bits", () => 0xff],
  ])("is never ok with %s of a byte flipped", async (_what, maskOf) => {
    const wrong: string[] = [];
    for (const at of offsetsOf(bytes, options)) {
      const answer = await wrongAnswer(flipped(bytes, at, maskOf(at)), sound);
      if (answer !== undefined) wrong.push(`byte ${at}: ${answer}`);
    }
    expect(wrong).toEqual([]);
  });

  it("is never ok when it is cut", async () => {
    const wrong: string[] = [];
    for (let length = 0; length < bytes.length; length++) {
      const answer = await wrongAnswer(bytes.subarray(0, length), sound);
      if (answer !== undefined) wrong.push(`${length} bytes: ${answer}`);
    }
    expect(wrong).toEqual([]);
  });

  it.each(additions)("is never ok with %s added", async (_what, added) => {
    expect(await wrongAnswer(concatBytes(bytes, added(bytes)), sound)).toBeUndefined();
    expect(await wrongAnswer(concatBytes(added(bytes), bytes), sound)).toBeUndefined();
  });

  it("is never ok with two bytes exchanged or a run removed", async () => {
    const wrong: string[] = [];
    for (let at = 0; at + 40 < bytes.length; at += 97) {
      const shorter = concatBytes(bytes.subarray(0, at), bytes.subarray(at + 32));
      const longer = concatBytes(bytes.subarray(0, at), bytes.subarray(at, at + 32), bytes.subarray(at));
      for (const copy of [shorter, longer]) {
        const answer = await wrongAnswer(copy, sound);
        if (answer !== undefined) wrong.push(`at ${at}: ${answer}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe("engines", () => {
  it.each([
    ["portable", portable],
    ["native", native],
  ])("%s gives one verdict on damaged compressed blocks", async (_name, engine) => {
    const bytes = await archiveOf(mixed, { signers: [], codec: "deflate", engine: portable });
    expect(await extractedOf(bytes, engine)).toEqual(await extractedOf(bytes));
  });
});
