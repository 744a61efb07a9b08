// What is inside is looked at while blocks are still opened, and spoken of in its turn. spec/10-verify.md#order
import { describe, expect, it } from "vitest";
import { FoundObjects } from "../../src/archive/found-objects.js";
import type { Progress } from "../../src/archive/progress.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { encodeBlock } from "../../src/format/block.js";
import { kinds } from "../../src/format/object.js";
import { threadsOf } from "../native/threads/threaded.js";
import { codesOf, native, verifyBytes } from "./engines.js";
import { type Forgery, forge, forged, without } from "./forge.js";

const levels = ["full", "deep"] as const;
const lies: readonly (readonly [code: string, Forgery])[] = [
  ["PTAR_TREE_SIZE", { write: (tree) => void tree.file("q", ["qqq", "rrr"], { size: 7 }) }],
  ["PTAR_OBJECT_MISSING", { write: (tree) => void tree.file("q", ["qqq", "rrr"]), objects: without("chunk", "qqq") }],
];
const cut = encodeBlock({ codec: 0, items: [{ kind: "chunk", length: 2 }], rawLength: 2, stored: toUtf8("zz") }).subarray(0, -1);
/** The index names another place for chunks. */
const wrongRows: Forgery["plan"] = { index: (rows) => rows.map((row) => (row.kind === "chunk" ? { ...row, ordinal: row.ordinal + 2 } : row)) };

describe.each(lies)("a lie in a tree, %s,", (code, lie) => {
  it.each(levels)("is named at level %s where all blocks are right", async (level) => {
    expect(await codesOf(await forged(lie), { level })).toEqual([code]);
  });

  it.each(levels)("is not spoken of at level %s where a later block is wrong, with and without threads", async (level) => {
    const bytes = await forged({ ...lie, plan: { frames: [["blockData", cut]] } });
    for (const engine of [native, { ...native, threads: { ...threadsOf(2), worthBytes: 0 } }]) {
      const { integrity, snapshots, contents } = await verifyBytes(bytes, { level, engine });
      expect(integrity.problems.map((problem) => problem.code)).toEqual(["PTAR_BLOCK_LENGTH"]);
      expect({ entries: integrity.entries, snapshots, contents }).toEqual({
        entries: 0,
        snapshots: [],
        contents: { status: "unknown", problems: [] },
      });
    }
  });

  it("is not spoken of where the index is wrong", async () => {
    const { integrity, snapshots } = await verifyBytes(await forged({ ...lie, plan: wrongRows }));
    expect(integrity.problems.map((problem) => problem.code)).toEqual(["PTAR_INDEX_INVALID"]);
    expect({ entries: integrity.entries, snapshots }).toEqual({ entries: 0, snapshots: [] });
  });

  it("leaves the snapshots before it in the report", async () => {
    const { integrity, snapshots } = await verifyBytes((await forge(lie, await forge())).bytes());
    expect(integrity.problems.map((problem) => problem.code)).toEqual([code]);
    expect({ entries: integrity.entries, snapshots: snapshots.length }).toEqual({ entries: 6, snapshots: 1 });
  });
});

it("entries are told of after the last frame", async () => {
  const told: Progress[] = [];
  await verifyBytes(await forged({ plan: { indexRows: 1 } }), { onProgress: (progress) => told.push(progress) });
  const kindsOf = told.map(({ path }) => (path === undefined ? "frame" : "entry")).join(" ");
  expect(kindsOf).toMatch(/^(frame ?)+(entry ?)*$/);
});

describe("objects that were found", () => {
  const id = new Uint8Array(32).fill(7);
  const block = { kinds: Uint8Array.of(kinds.chunk), lengths: Uint32Array.of(5), ids: id, raw: new Uint8Array() };
  const empty = { kinds: new Uint8Array(), lengths: new Uint32Array(), ids: new Uint8Array(), raw: new Uint8Array() };

  it("are waited for until their block was taken", async () => {
    const found = new FoundObjects();
    const stored = found.stored("chunk", id);
    found.take(2, empty);
    found.take(3, block);
    expect(await stored).toEqual({ length: 5 });
    expect(found.stored("chunk", id)).toEqual({ length: 5 });
  });

  it("are nowhere when all blocks were taken", async () => {
    const found = new FoundObjects();
    const stored = found.stored("chunk", id);
    found.end();
    expect(await stored).toBeUndefined();
    expect(found.stored("chunk", id)).toBeUndefined();
  });

  it("may be referenced before they are found", () => {
    const found = new FoundObjects();
    found.reference("chunk", id);
    found.take(2, block);
    expect(found.unreferenced).toBe(1);
    found.end();
    expect(found.unreferenced).toBe(0);
  });

  it("are given to nobody after a failure", async () => {
    const found = new FoundObjects();
    const stored = found.stored("chunk", id);
    found.take(2, empty);
    found.stop(new Error("enough"));
    await expect(stored).rejects.toThrow("enough");
    expect(() => found.reference("chunk", id)).toThrow("enough");
  });
});
