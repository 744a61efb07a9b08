// Threads of the real worker: they do what is done here, fail as it fails here, and keep no program waiting.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { createArchive } from "../../../src/archive/create.js";
import type { LanePlan, Piece } from "../../../src/archive/lanes.js";
import { type BlockObject, packBlock } from "../../../src/block/pack.js";
import { type BlockPlace, openBlock } from "../../../src/block/unpack.js";
import { profiles } from "../../../src/chunking/gear.js";
import { MemorySink } from "../../../src/connectors/memory/sink.js";
import { PtarError } from "../../../src/errors/ptar-error.js";
import { limits } from "../../../src/format/limits.js";
import { archiveOf, extractedOf, native, noise, verifyBytes } from "../../archive/engines.js";
import { laneFolder } from "./lane-folder.js";
import { threadsOf } from "./threaded.js";

const place: BlockPlace = { frame: 7, holds: "data", limits };
const objects: readonly BlockObject[] = ["first ".repeat(9000), "x", "second ".repeat(20)].map((text) => ({
  kind: "chunk",
  bytes: Buffer.from(text),
}));

const lost = new URL(`data:text/javascript,${encodeURIComponent('throw new Error("lost")')}`);

/** All that is told of an error. */
async function toldOf(open: () => unknown): Promise<unknown> {
  try {
    await open();
  } catch (error) {
    if (error instanceof PtarError) return { code: error.code, message: error.message, details: error.details, hint: error.hint };
    throw error;
  }
  return "no error";
}

describe("a block opened by a thread", () => {
  it.each(["store", "deflate", "zstd"] as const)("of codec %s gives what it gives here", async (codec) => {
    const payload = packBlock(objects, native.codecs, { codec, level: 3 });
    const expected = openBlock(payload, native, place);
    const { openBlock: openThere } = threadsOf(1);
    expect(await openThere(payload.slice(), place, "objects")).toEqual(expected);
    expect(await openThere(payload.slice(), place, "ids")).toEqual({ ...expected, raw: new Uint8Array() });
  });

  it("leaves the bytes to their owner, also those of a Buffer", async () => {
    const payload = packBlock(objects, native.codecs, { codec: "zstd", level: 3 });
    // none of the pool, whose memory no thread is given
    const owned = Buffer.alloc(payload.length + 48, "x");
    owned.set(payload, 6);
    const expected = Buffer.from(owned).toString("hex");
    await threadsOf(1).openBlock(owned.subarray(6, 6 + payload.length), place, "ids");
    expect(owned.toString("hex")).toBe(expected);
  });

  it("takes the memory of a payload that was read with its frame, and no longer one", async () => {
    const payload = packBlock(objects, native.codecs, { codec: "zstd", level: 3 });
    const [alone, longer] = [new Uint8Array(payload.length + 32), new Uint8Array(payload.length + 33)];
    for (const bytes of [alone, longer]) {
      bytes.set(payload, 24);
      await threadsOf(1).openBlock(bytes.subarray(24, 24 + payload.length), place, "ids");
    }
    expect([alone.length, longer.length]).toEqual([0, payload.length + 33]);
  });

  it.each([
    ["cut", (payload: Uint8Array) => payload.subarray(0, -1), place],
    ["not of one kind", (payload: Uint8Array) => payload, { ...place, holds: "meta" }],
    ["of a codec that nobody knows", (payload: Uint8Array) => payload.with(0, 99), place],
    ["longer than the limits that were given", (payload: Uint8Array) => payload, { ...place, limits: { ...limits, blockRawBytes: 1000 } }],
  ] as const)("that is %s fails as it fails here", async (_what, change, where) => {
    const payload = change(packBlock(objects, native.codecs, { codec: "zstd", level: 3 }));
    const expected = await toldOf(() => openBlock(payload, native, where));
    expect(expected).toMatchObject({ code: expect.stringMatching(/^PTAR_/) });
    expect(await toldOf(() => threadsOf(1).openBlock(payload.slice(), where, "objects"))).toEqual(expected);
  });
});

describe("lanes of threads", () => {
  const plan: LanePlan = { chunker: profiles.default, pack: { codec: "store", level: 0 }, alsoHash: [], fill: undefined };
  const gone: Piece = {
    file: 0,
    part: "first",
    limit: 3 << 20,
    content: { kind: "path", path: Buffer.from("/nowhere/at all"), size: 2 << 20, ctime: "0", mtime: "0" },
  };
  const open = () => {
    throw new TypeError("nothing is opened here");
  };

  it("record what a thread cannot open", async () => {
    const lanes = threadsOf(2).lanes(plan, { engine: native, open });
    const [result] = await lanes.digest({ number: 0, pieces: [gone] });
    expect(result?.end).toMatchObject({ stored: 0, errors: [{ code: "ENOENT", operation: "open" }] });
    lanes.close();
  });

  it("reject what is under way when they or their threads are closed", async () => {
    const threads = threadsOf(1);
    const lanes = threads.lanes(plan, { engine: native, open });
    const digesting = lanes.digest({ number: 0, pieces: [gone] });
    threads.close();
    await expect(digesting).rejects.toThrow("the thread was ended");
    await expect(lanes.packObjects([])).rejects.toThrow("the thread was ended");
    lanes.close();
    await expect(lanes.digest({ number: 1, pieces: [gone] })).rejects.toThrow("the lanes were closed");
  });

  it("pack nothing that they did not digest", () => {
    const lanes = threadsOf(1).lanes(plan, { engine: native, open });
    expect(() => lanes.pack(3, [], [])).toThrow("batch 3 was not digested here");
  });
});

describe("threads that are lost", () => {
  it("end what is made with them", async () => {
    const engine = { ...native, threads: threadsOf(2, lost) };
    const run = createArchive({ source: laneFolder()(), sink: new MemorySink(), engine, signers: [] });
    await expect(run).rejects.toThrow("lost");
  });

  it("end what is read with them, and are no damage of the archive", async () => {
    const bytes = await archiveOf({ a: noise(9 << 20) });
    const engine = { ...native, threads: threadsOf(2, lost) };
    await expect(verifyBytes(bytes, { engine })).rejects.toThrow("lost");
    await expect(extractedOf(bytes, engine)).rejects.toThrow("lost");
  });
});

describe("a program", () => {
  const run = async (code: string) => {
    const engine = new URL("../../../dist/native/engine.js", import.meta.url).href;
    const script = `import { loadNativeEngine } from ${JSON.stringify(engine)};\n${code}`;
    return (await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { timeout: 15_000 })).stdout;
  };
  const block = 'engine.threads.openBlock(new Uint8Array(3), { frame: 1, holds: "data", limits: {} }, "ids").catch(({ code }) => console.log(code))';

  it.each([
    ["are idle", `const engine = await loadNativeEngine({ workers: 2 });\nawait ${block};`],
    ["were never used", "await loadNativeEngine({ workers: 2 });\nconsole.log('PTAR_BLOCK_LENGTH');"],
    ["were closed", `const engine = await loadNativeEngine({ workers: 2 });\nawait ${block};\nengine.threads.close();`],
    ["are at work, which it waits for", `const engine = await loadNativeEngine({ workers: 1 });\n${block};`],
  ])("ends by itself when its threads %s", async (_what, code) => {
    expect(await run(code)).toBe("PTAR_BLOCK_LENGTH\n");
  });
});
