// Small archives without a seal, damaged everywhere: never ok, never another content, never another error than a coded one.
import { beforeAll, describe, expect, it } from "vitest";
import type { CreateOptions } from "../../src/archive/create.js";
import { concatBytes } from "../../src/bytes/compare.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { additions, bitAt, flipped, wrongAnswer } from "./damaging.js";
import { archiveOf, extractedOf, portable, verifyBytes } from "./engines.js";

const small: MemoryTree = { a: "hello" };
export const mixed: MemoryTree = {
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

/** Steps between places: where an archive is unsigned; where it is signed, before its manifest, where verifying takes its time; between lengths. */
export interface Steps {
  readonly unsigned: number;
  readonly signed: number;
  readonly lengths: number;
}

function* offsetsOf(bytes: Uint8Array, { signers }: Partial<CreateOptions>, { unsigned, signed }: Steps): Generator<number> {
  const manifestAt = bytes.length - 1700;
  for (let at = 0; at < bytes.length; at += signers === undefined && at < manifestAt ? signed : unsigned) yield at;
}

/** Declares the tests of damage at places with these steps between them. */
export function describeDamage(steps: Steps): void {
  describe.each(archives)("%s", (_name, tree, options) => {
    let bytes: Uint8Array;
    let sound: readonly string[];

    beforeAll(async () => {
      bytes = await archiveOf(tree, options);
      sound = await extractedOf(bytes);
      expect((await verifyBytes(bytes, { allowUnsigned: true, level: "deep" })).exitCode).toBe(0);
      expect(await extractedOf(bytes, portable)).toEqual(sound);
    });

    /** What is wrong with the answers to these copies. */
    async function wrongAnswers(copies: Iterable<readonly [what: string, copy: Uint8Array]>): Promise<readonly string[]> {
      const wrong: string[] = [];
      for (const [what, copy] of copies) {
        const answer = await wrongAnswer(copy, sound);
        if (answer !== undefined) wrong.push(`${what}: ${answer}`);
      }
      return wrong;
    }

    it.each([
      ["one bit", bitAt],
      ["all bits", () => 0xff],
    ])("is never ok with %s of a byte flipped", async (_what, maskOf) => {
      function* copies() {
        for (const at of offsetsOf(bytes, options, steps)) yield [`byte ${at}`, flipped(bytes, at, maskOf(at))] as const;
      }
      expect(await wrongAnswers(copies())).toEqual([]);
    });

    it("is never ok when it is cut", async () => {
      function* copies() {
        for (let length = 0; length < bytes.length; length += steps.lengths) yield [`${length} bytes`, bytes.subarray(0, length)] as const;
        yield ["all but the last byte", bytes.subarray(0, -1)] as const;
      }
      expect(await wrongAnswers(copies())).toEqual([]);
    });

    it.each(additions)("is never ok with %s added", async (_what, added) => {
      expect(await wrongAnswer(concatBytes(bytes, added(bytes)), sound)).toBeUndefined();
      expect(await wrongAnswer(concatBytes(added(bytes), bytes), sound)).toBeUndefined();
    });

    it("is never ok with two bytes exchanged or a run removed", async () => {
      function* copies() {
        for (let at = 0; at + 40 < bytes.length; at += 97) {
          yield [`without ${at}`, concatBytes(bytes.subarray(0, at), bytes.subarray(at + 32))] as const;
          yield [`twice ${at}`, concatBytes(bytes.subarray(0, at), bytes.subarray(at, at + 32), bytes.subarray(at))] as const;
        }
      }
      expect(await wrongAnswers(copies())).toEqual([]);
    });
  });
}
