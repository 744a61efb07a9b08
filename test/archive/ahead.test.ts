// Blocks that were opened ahead of their turn say nothing that the index does not say. spec/04-object.md#index
import { expect, it } from "vitest";
import { extractArchive } from "../../src/archive/extract.js";
import { openArchive } from "../../src/archive/open.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemoryTarget } from "../../src/connectors/memory/target.js";
import type { BuiltObject } from "../container/build.js";
import { threadsOf } from "../native/threads/threaded.js";
import { native } from "./engines.js";
import { forged } from "./forge.js";

const blocks = 12;
const digits = (block: number) => String(block).padStart(2, "0");

/** Two files in each block, in the order of the blocks; the index has no row for the chunks of the fourth. */
async function withoutRows(): Promise<Uint8Array> {
  let all: readonly BuiltObject[] = [];
  const isIn = (block: number) => (object: BuiltObject) => object.kind === "chunk" && Buffer.from(object.bytes).toString().startsWith(digits(block));
  const plan = {
    index: (rows: readonly { readonly kind: string; readonly frame: number }[]) => rows.filter(({ kind, frame }) => kind !== "chunk" || frame !== 6),
    get blocks() {
      return [...Array.from({ length: blocks }, (_, block) => all.filter(isIn(block))), all.filter(({ kind }) => kind !== "chunk")];
    },
  };
  return forged({
    write: (tree) => {
      for (let file = 0; file < 2 * blocks; file++) tree.file(`f${digits(file)}`, [`${digits(Math.floor(file / 2))} ${file}`]);
    },
    objects: (objects) => {
      all = objects;
      return objects;
    },
    plan: plan as never,
  });
}

it.each([0, 1, 2, 4])("with %i threads a chunk that the index does not list is missing, though its block was opened", async (count) => {
  const engine = count === 0 ? native : { ...native, threads: { ...threadsOf(count), worthBytes: 0 } };
  const archive = await openArchive(new MemoryReader(await withoutRows()), { engine, trust: "any-signer" });
  await expect(extractArchive(archive, new MemoryTarget())).rejects.toMatchObject({ code: "PTAR_OBJECT_MISSING" });
});
