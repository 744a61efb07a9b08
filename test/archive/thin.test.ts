// Archives that leave out what their receiver has. spec/16-transfer.md#thin
import { describe, expect, it } from "vitest";
import { openArchive } from "../../src/archive/open.js";
import { ArchiveWriter } from "../../src/archive/writer.js";
import { objectId } from "../../src/block/object-id.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemorySink } from "../../src/connectors/memory/sink.js";
import { aboutText } from "../../src/format/about.js";
import { compareKeys, type IndexRow } from "../../src/format/index-page.js";
import type { Kind } from "../../src/format/object.js";
import { ArchiveBuilder, type BuiltObject } from "../container/build.js";
import { refusal } from "../container/refusal.js";
import { codesOf, extractedOf, native, verifyBytes } from "./engines.js";
import { type Forgery, forge } from "./forge.js";

type Chosen = (object: BuiltObject) => boolean;

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const isChunkOf =
  (content: string): Chosen =>
  ({ kind, bytes }) =>
    kind === "chunk" && text(bytes) === content;
/** The one page of the directory `d`. */
const isPageOfD: Chosen = ({ kind, bytes }) => kind === "page" && text(bytes).includes('"name":"b"');
const isKind =
  (kind: Kind): Chosen =>
  (object) =>
    object.kind === kind;

/** An archive without the chosen objects, whose index lists them as left out. */
async function without(
  chosen: Chosen,
  { forgery = {}, extent = "thin" }: { forgery?: Forgery; extent?: "whole" | "thin" } = {},
): Promise<Uint8Array> {
  const leftOut: IndexRow[] = [];
  const builder = new ArchiveBuilder(undefined, aboutText, undefined, extent);
  await forge(
    {
      ...forgery,
      objects: (objects) => {
        for (const { kind, bytes } of objects.filter(chosen)) leftOut.push({ kind, id: objectId(native.crypto, kind, bytes), frame: 0, ordinal: 0 });
        return objects.filter((object) => !chosen(object));
      },
      plan: { ...forgery.plan, index: (rows) => (forgery.plan?.index ?? ((same) => same))([...rows, ...leftOut].toSorted(compareKeys)) },
    },
    builder,
  );
  return builder.bytes();
}

describe("a thin archive", () => {
  it.each([
    ["a chunk", isChunkOf("aaa"), 1],
    ["the page of a directory", isPageOfD, 1],
    ["a chunk list", isKind("list"), 1],
    ["its content", isKind("content"), 1],
    ["the link table", isKind("links"), 1],
    ["all chunks", isKind("chunk"), 23],
  ])("verifies without %s at every level, and says how many objects it needs", async (_what, chosen, needs) => {
    const bytes = await without(chosen);
    for (const level of ["standard", "full", "deep"] as const) {
      expect(await verifyBytes(bytes, { level })).toMatchObject({
        exitCode: 0,
        integrity: { status: "ok", unreferenced: level === "standard" ? 0 : expect.any(Number) },
        signature: { status: "trusted" },
        selfContained: { status: "no", needs },
      });
    }
  });

  it("that leaves nothing out is self-contained, as one that is not thin", async () => {
    const selfContained = { status: "yes", needs: 0 };
    expect(await verifyBytes(await without(() => false))).toMatchObject({ exitCode: 0, selfContained });
    expect(await verifyBytes(await without(() => false, { extent: "whole" }))).toMatchObject({ exitCode: 0, selfContained });
  });

  it("names what it leaves out when that is read, and gives what is there", async () => {
    expect(await refusal(async () => extractedOf(await without(isChunkOf("aaa"))))).toMatch(
      /^PTAR_PREREQUISITE_MISSING: object: chunk [0-9a-f]{64} is left out/,
    );
    const archive = await openArchive(new MemoryReader(await without(isKind("content"))), { engine: native, trust: "any-signer" });
    expect((await archive.snapshot()).snapshot.items.count).toBe(6);
    expect(await refusal(async () => archive.content(await archive.snapshot()))).toMatch("PTAR_PREREQUISITE_MISSING: object: content");
  });

  it.each([
    ["a chunk", isChunkOf("bb"), "PTAR_OBJECT_MISSING"],
    ["a page", isPageOfD, "PTAR_OBJECT_MISSING"],
    ["a list", isKind("list"), "PTAR_OBJECT_MISSING"],
    ["the link table", isKind("links"), "PTAR_OBJECT_MISSING"],
    ["the content", isKind("content"), "PTAR_OBJECT_MISSING"],
  ])("is refused when %s is neither there nor left out", async (_what, chosen, code) => {
    const lie = await without(chosen, { forgery: { plan: { index: (rows) => rows.filter(({ frame }) => frame > 0) } } });
    for (const level of ["standard", "full"] as const) expect(await codesOf(lie, { level })).toEqual([code]);
  });

  it("is refused when it says that it leaves out what is there", async () => {
    const lie = await without(() => false, {
      forgery: { plan: { index: (rows) => rows.map((row) => (row.kind === "list" ? { ...row, frame: 0, ordinal: 0 } : row)) } },
    });
    expect(await codesOf(lie)).toEqual(["PTAR_INDEX_INVALID"]);
  });

  it("is refused when a row of frame 0 has an ordinal", async () => {
    const lie = await without(isChunkOf("aaa"), {
      forgery: { plan: { index: (rows) => rows.map((row) => (row.frame === 0 ? { ...row, ordinal: 1 } : row)) } },
    });
    expect(await codesOf(lie, { level: "standard" })).toEqual(["PTAR_INDEX_INVALID"]);
  });

  it.each(["snapshot", "statement"] as const)("is damaged when the %s itself is left out, also for who only reads", async (kind) => {
    const bytes = await without(isKind(kind));
    for (const level of ["standard", "full"] as const)
      expect(await verifyBytes(bytes, { level })).toMatchObject({
        exitCode: 4,
        integrity: { status: "damaged", problems: [{ code: "PTAR_OBJECT_MISSING" }] },
      });
    const archive = await openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer" });
    expect(await refusal(() => archive.snapshot())).toMatch(new RegExp(`^PTAR_OBJECT_MISSING: object: ${kind} [0-9a-f]{64} is left out`));
  });

  it("is refused when two generations leave out one object", async () => {
    const builder = new ArchiveBuilder(undefined, aboutText, undefined, "thin");
    const row = { id: new Uint8Array(32).fill(7), kind: "chunk", frame: 0, ordinal: 0 } as const;
    const plan: Forgery["plan"] = { index: (rows) => [...rows, row].toSorted(compareKeys) };
    await forge({ plan }, builder);
    const later: Forgery = { write: (forged) => void forged.file("z", ["zzz"]), plan };
    expect(await codesOf((await forge(later, builder)).bytes())).toEqual(["PTAR_INDEX_INVALID"]);
  });

  it("whose list says that its rows are lists is refused, because there are none", async () => {
    const page: Forgery = { object: (kind, bytes) => (kind === "list" ? Uint8Array.of(1, ...bytes.subarray(1)) : bytes) };
    expect(await codesOf(await without(isChunkOf("aaa"), { forgery: page }))).toEqual(["PTAR_OBJECT_MISSING"]);
  });
});

describe("an archive that is not thin", () => {
  it("leaves nothing out", async () => {
    expect(await codesOf(await without(isChunkOf("aaa"), { extent: "whole" }), { level: "standard" })).toEqual(["PTAR_INDEX_INVALID"]);
  });
});

describe("the writer", () => {
  const start = (extent: "whole" | "thin") => {
    const sink = new MemorySink();
    const archiveId = native.crypto.randomBytes(32);
    return ArchiveWriter.start({ sink, engine: native, archiveId, pack: { codec: "store", level: 3 }, extent });
  };

  it("leaves out of thin archives only", async () => {
    const id = native.crypto.sha256(new Uint8Array());
    const whole = await start("whole");
    expect(() => whole.leaveOut("chunk", id)).toThrow(TypeError);
    (await start("thin")).leaveOut("chunk", id);
  });
});
