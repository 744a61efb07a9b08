// Facts beside contents: digests that were asked for, extended attributes, holes, access times. spec/05-page.md#digests
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { collectBatches } from "../../src/archive/batches.js";
import { openArchive } from "../../src/archive/open.js";
import { concatBytes } from "../../src/bytes/compare.js";
import { mustHex } from "../../src/bytes/hex.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { findCut, profiles } from "../../src/chunking/gear.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemorySource } from "../../src/connectors/memory/source.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { fileRows } from "../../src/tree/file-content.js";
import type { ContentReader } from "../../src/tree/source.js";
import { walkTree } from "../../src/tree/walk.js";
import { create, extractedOf, itemsOf, native, noise, portable, rereading, verifyBytes } from "./engines.js";

const mebi = 1 << 20;
const noisy = noise(17 * mebi);
const base = ["name", "type", "content", "links", "mode", "mtime"] as const;
const stats = { ctime: "1", mtime: "1", size: 3 };

describe("digests that were asked for", () => {
  const algorithms = ["md5", "sha1", "sha512"] as const;
  const digestsOf = (content: Uint8Array | string) =>
    Object.fromEntries(algorithms.map((name) => [name, createHash(name).update(content).digest("hex")]));

  it.each([
    ["native", native],
    ["portable", portable],
  ])("stand beside SHA-256, from the one read, with the %s engine", async (_name, engine) => {
    const long = noisy.subarray(0, 9 * mebi);
    const tree: MemoryTree = { empty: "", long, short: "abc", d: { type: "directory", children: {} } };
    const { bytes } = await create(tree, { engine, alsoHash: algorithms });
    const items = await itemsOf(bytes);
    expect(items.get("empty")?.digests).toEqual(digestsOf(""));
    expect(items.get("long")?.digests).toEqual(digestsOf(long));
    expect(items.get("short")?.digests).toEqual(digestsOf("abc"));
    expect(items.get("d")?.digests).toBeUndefined();
    expect((await verifyBytes(bytes, { level: "deep" })).integrity.problems).toEqual([]);
    const archive = await openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer" });
    expect((await archive.snapshot()).snapshot.captured.classes).toContain("digests");
  });

  it("are absent when nobody asked, and of a file that could not be read", async () => {
    expect((await itemsOf((await create({ f: "abc" })).bytes)).get("f")?.digests).toBeUndefined();
    const faults = [{ offset: 0, length: 100, errno: "EIO" }];
    const { bytes } = await create({ f: { type: "file", content: noisy.subarray(0, 9000), faults } }, { alsoHash: algorithms });
    const item = (await itemsOf(bytes)).get("f");
    expect(item?.sha256).toBeNull();
    expect(item?.digests).toBeUndefined();
  });
});

describe("long runs of zeros", () => {
  it.each([
    ["between other bytes", [noisy.subarray(0, 70_000), new Uint8Array(9 * mebi + 5), noisy.subarray(0, 100)]],
    ["with one bit set", [new Uint8Array(2 * mebi - 1), Uint8Array.of(1), new Uint8Array(3 * mebi)]],
    ["at an odd place", [Uint8Array.of(1, 2, 3), new Uint8Array(5 * mebi)]],
    ["to the end", [new Uint8Array(17 * mebi + 1)]],
  ])("%s are cut as the chunker cuts them", async (_where, parts) => {
    const content = concatBytes(...parts);
    const { bytes, uniqueBytes } = await create({ f: { type: "file", content } }, { chunker: "default" });
    const archive = await openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer" });
    const rows: number[] = [];
    for await (const step of walkTree(archive.objects, mustHex((await archive.content(await archive.snapshot())).root as string)))
      if (step.kind === "entry") for await (const row of fileRows(archive.objects, step.entry)) rows.push(row.length);
    expect(rows).toEqual(cutLengths(content));
    expect(uniqueBytes).toBeLessThan(4 * mebi);
    expect((await verifyBytes(bytes, { level: "deep" })).integrity.problems).toEqual([]);
  });
});

describe("facts that a source has beside contents", () => {
  const acl = { name: "user.a", value: "AQ" };

  it("are captured in the profile evidence only, when the source can give them", async () => {
    const facts = {
      xattrs: [acl],
      holes: [{ length: 1, offset: 1 }],
      owner: "ann",
      group: "staff",
      attributes: [{ name: "filesystem", value: "ext4" }],
    };
    const captures = ["name", "type", "content", "mode", "owner-names", "xattrs", "holes"] as const;
    const source = new MemorySource({ f: { type: "file", content: "abc", facts } }, { captures });
    const all = await itemsOf((await create({}, { source, profile: "evidence" })).bytes);
    expect(all.get("f")).toMatchObject(facts);
    const few = (await itemsOf((await create({}, { source, profile: "portable" })).bytes)).get("f");
    expect(few).toEqual({ name: "f", type: "file", mode: 0o644, sha256: expect.any(String), size: 3 });
  });

  it("leave sha256 alone when extended attributes could not be read, and count as failed", async () => {
    const facts = { errors: [{ code: "EACCES", operation: "xattr" }] } as const;
    const source = new MemorySource(
      { f: { type: "file", content: "abc", facts }, d: { type: "directory", children: {}, facts } },
      { captures: [...base, "xattrs"] },
    );
    const { bytes, completeness } = await create({}, { source, profile: "evidence" });
    expect(completeness).toMatchObject({ failed: 2, stored: 0 });
    expect((await itemsOf(bytes)).get("f")).toMatchObject({ ...facts, sha256: expect.any(String) });
    expect((await verifyBytes(bytes, { level: "deep" })).integrity.problems).toEqual([]);
    const portableOne = await create({}, { source, profile: "portable" });
    expect(portableOne.completeness).toMatchObject({ failed: 0, stored: 2 });
  });

  it("put an error about extended attributes behind those of reading", async () => {
    const facts = { errors: [{ code: "EACCES", operation: "xattr" }] } as const;
    const file = { type: "file", content: noisy.subarray(0, 9000), facts, faults: [{ offset: 0, length: 100, errno: "EIO" }] } as const;
    const { bytes } = await create({}, { source: new MemorySource({ f: file }, { captures: [...base, "xattrs"] }), profile: "evidence" });
    expect((await itemsOf(bytes)).get("f")?.errors?.map(({ operation }) => operation)).toEqual(["read", "xattr"]);
    expect((await verifyBytes(bytes, { level: "deep" })).integrity.problems).toEqual([]);
  });

  it("drop the holes of a file that is no longer what was listed", async () => {
    const facts = { holes: [{ length: 2, offset: 1 }] };
    const captures = [...base, "holes"] as const;
    const changed = new MemorySource({ f: { type: "file", content: "abc", facts, unstable: { after: stats, before: stats } } }, { captures });
    expect((await itemsOf((await create({}, { source: changed, profile: "evidence" })).bytes)).get("f")?.holes).toBeUndefined();
    const shrunk = new MemorySource({ f: { type: "file", content: "a", facts: { ...facts, size: 3 } } }, { captures });
    expect((await itemsOf((await create({}, { source: shrunk, profile: "evidence" })).bytes)).get("f")?.holes).toBeUndefined();
  });

  it("say what reading did to access times, in evidence only", async () => {
    const source = rereading(new MemorySource({ a: "1", b: "2", c: "3" }), noting());
    const { bytes, noatime } = await create({}, { source, profile: "evidence" });
    expect(noatime).toEqual({ kept: 1, refused: 2 });
    const archive = await openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer" });
    expect((await archive.snapshot()).snapshot.noatime).toEqual({ kept: 1, refused: 2 });
    const portableOne = await create({}, { source: new MemorySource({ a: "1" }), profile: "portable" });
    const other = await openArchive(new MemoryReader(portableOne.bytes), { engine: native, trust: "any-signer" });
    expect((await other.snapshot()).snapshot.noatime).toBeUndefined();
  });
});

describe("names of one file", () => {
  const linked = (content: string, more: object = {}) => ({ type: "file", content, group: "1:2", ...more }) as const;

  it("are read anew when the first of them could not be read", async () => {
    const { bytes, completeness } = await create({ a: linked("abc", { openFault: "ENOENT" }), b: linked("abc"), c: linked("abc") });
    const items = await itemsOf(bytes);
    expect(items.get("a")).toMatchObject({ sha256: null, errors: [{ code: "ENOENT", operation: "open" }] });
    expect(items.get("b")).toMatchObject({ size: 3, sha256: expect.any(String) });
    expect(items.get("c")?.sha256).toBe(items.get("b")?.sha256);
    expect(completeness).toMatchObject({ failed: 1, stored: 2 });
    expect((await verifyBytes(bytes, { level: "deep" })).integrity.problems).toEqual([]);
    expect((await extractedOf(bytes)).map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual(["file b", "link c"]);
  });

  it("are all read when they are long and the first one fails", async () => {
    const content = Buffer.from(noisy.subarray(0, 17 * mebi)).toString("latin1");
    const { bytes } = await create({ a: linked(content, { openFault: "ENOENT" }), b: linked(content) });
    expect((await itemsOf(bytes)).get("b")).toMatchObject({ size: Buffer.byteLength(content), sha256: expect.any(String) });
    expect((await verifyBytes(bytes, { level: "deep" })).integrity.problems).toEqual([]);
  });
});

it("closes a batch when its extended attributes are long", async () => {
  const xattrs = [{ name: "user.long", value: "A".repeat(80_000) }];
  const events = Array.from({ length: 200 }, (_, i) => ({ kind: "entry", name: toUtf8(String(i)), item: { type: "fifo", xattrs } }) as const);
  const counts: number[] = [];
  for await (const batch of collectBatches([events])) counts.push(batch.events.length);
  expect(Math.max(...counts)).toBeLessThan(60);
  expect(counts.reduce((sum, count) => sum + count)).toBe(200);
});

/** Readers that say what they did to the access time: the first kept it. */
function noting(): (reader: ContentReader) => ContentReader {
  let count = 0;
  return (reader) => ({
    read: (buffer) => reader.read(buffer),
    skip: (length) => reader.skip(length),
    close: () => reader.close(),
    noatime: count++ === 0 ? "kept" : "refused",
  });
}

/** Lengths of chunks, cut without any shortcut. */
function cutLengths(content: Uint8Array): readonly number[] {
  const lengths: number[] = [];
  for (let start = 0; start < content.length; ) {
    const cut = findCut(content, start, content.length, profiles.default);
    const end = cut < 0 ? content.length : cut;
    lengths.push(end - start);
    start = end;
  }
  return lengths;
}
