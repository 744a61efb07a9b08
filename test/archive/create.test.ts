// Archives of any tree: what goes in comes out, the same bytes for the same input, and what fails is recorded. spec/03-block.md#cutting-blocks
import { describe, expect, it } from "vitest";
import { claimedTime, newestTime } from "../../src/archive/claimed-time.js";
import { type CreateOptions, createArchive } from "../../src/archive/create.js";
import { openArchive } from "../../src/archive/open.js";
import { toHex } from "../../src/bytes/hex.js";
import { findCut, profiles } from "../../src/chunking/gear.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemorySink } from "../../src/connectors/memory/sink.js";
import { MemorySource } from "../../src/connectors/memory/source.js";
import type { MemoryNode, MemoryTree } from "../../src/connectors/memory/tree.js";
import type { ByteSink } from "../../src/container/bytes-io.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import type { ContentReader, Source } from "../../src/tree/source.js";
import { author, signerOf } from "../container/build.js";
import { refusal } from "../container/refusal.js";
import { archiveOf, codesOf, create, extractedOf, itemsOf, native, noise, portable, rereading, verifyBytes } from "./engines.js";

const mebi = 1 << 20;

const noisy = noise(17 * mebi + 5);

/** Lines as `extractedOf` gives them for files. */
const fileLine = (name: string, bytes: Uint8Array) => `file ${name} ${bytes.length} ${toHex(native.crypto.sha256(bytes))}`;

describe("files", () => {
  it.each([8 * mebi - 1, 8 * mebi, 8 * mebi + 1, 16 * mebi, 17 * mebi])(
    "of %i bytes come back, cut as if they had been read at once",
    async (size) => {
      const content = noisy.subarray(0, size);
      const { bytes, uniqueBytes } = await create({ f: content });
      expect(uniqueBytes).toBe(size);
      expect(await extractedOf(bytes)).toEqual([fileLine("f", content)]);
      const archive = await openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer" });
      const found: string[] = [];
      for await (const { kind, id } of archive.objects.index.rows()) if (kind === "chunk") found.push(toHex(id));
      const expected: string[] = [];
      for (let at = 0; at < size; ) {
        const cut = findCut(content, at, size, profiles.default);
        const end = cut < 0 ? size : cut;
        expected.push(toHex(native.crypto.sha256(content.subarray(at, end))));
        at = end;
      }
      expect(found.toSorted()).toEqual(expected.toSorted());
    },
  );

  it("of 16 chunks have them inline, of 17 in a list", async () => {
    const ends: number[] = [];
    while (ends.length < 17) ends.push(findCut(noisy, ends.at(-1) ?? 0, noisy.length, profiles.fine));
    for (const [chunks, lists] of [
      [16, 0],
      [17, 1],
    ] as const) {
      const content = noisy.subarray(0, ends[chunks - 1]);
      const { bytes } = await create({ f: content }, { chunker: "fine" });
      const archive = await openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer" });
      const kinds: string[] = [];
      for await (const { kind } of archive.objects.index.rows()) kinds.push(kind);
      expect([kinds.filter((kind) => kind === "chunk").length, kinds.filter((kind) => kind === "list").length]).toEqual([chunks, lists]);
      expect(await codesOf(bytes, { level: "deep" })).toEqual([]);
      expect(await extractedOf(bytes)).toEqual([fileLine("f", content)]);
    }
  });

  it("of equal contents are stored once, in one file, in several, and hidden in another", async () => {
    const content = noisy.subarray(0, 3 * mebi);
    const once = await create({ a: content });
    const twice = await create({ a: content, b: content, c: Buffer.concat([content, content]) });
    expect(twice.uniqueBytes - once.uniqueBytes).toBeLessThan(2 * mebi);
    expect(twice.contentBytes).toBe(4 * once.contentBytes);
    expect((await create({ a: content, b: content })).uniqueBytes).toBe(once.uniqueBytes);
    expect(await codesOf(twice.bytes, { level: "deep" })).toEqual([]);
  });

  it("that are empty, and trees that are empty, are archives too", async () => {
    const empty = await create({});
    expect(empty).toMatchObject({ entries: 0, contentBytes: 0, completeness: { excluded: 0, failed: 0, seen: 0, stored: 0, unstable: 0 } });
    expect(await codesOf(empty.bytes, { level: "deep" })).toEqual([]);
    expect(await extractedOf(empty.bytes)).toEqual([]);
    const files = await create({ a: "", b: new Uint8Array(), d: { type: "directory", children: {} } });
    expect(await codesOf(files.bytes, { level: "deep" })).toEqual([]);
    expect(await extractedOf(files.bytes)).toEqual([
      fileLine("a", new Uint8Array()),
      fileLine("b", new Uint8Array()),
      expect.stringMatching(/^directory d /),
    ]);
  });
});

describe("directories", () => {
  it.each([0, 1, 64, 1024, 5000])("of %i entries come back", async (count) => {
    const children = Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${(i * 7919) % 100000}`, String(i % 10)]));
    const { bytes, entries } = await create({ d: { type: "directory", children } });
    expect(entries).toBe(count + 1);
    expect(await codesOf(bytes, { level: "deep" })).toEqual([]);
    expect(await extractedOf(bytes)).toHaveLength(count + 1);
  });

  it("with names of any bytes come back in the order of their bytes", async () => {
    const names = [[0xff], [0x61, 0xff], [0x61], [0xc3, 0xa9], [0xe9], [0x01], [0x20], [0xf0, 0x90, 0x80, 0x80], [0xef, 0xbf, 0xbf]];
    const { bytes } = await create(names.map((name): [Uint8Array, MemoryNode] => [Uint8Array.from(name), "x"]));
    expect(await codesOf(bytes, { level: "deep" })).toEqual([]);
    const sorted = names.map((name) => Buffer.from(name)).toSorted(Buffer.compare);
    expect([...(await itemsOf(bytes)).keys()]).toEqual(sorted.map((name) => name.toString("latin1")));
  });

  it("deeper than the format allows are refused, not written", async () => {
    let tree: MemoryTree = { f: "x" };
    for (let depth = 0; depth < 255; depth++) tree = { d: { type: "directory", children: tree } };
    expect(await codesOf((await create(tree)).bytes, { level: "deep" })).toEqual([]);
    expect(await refusal(() => create({ d: { type: "directory", children: tree } }))).toMatch(
      /^PTAR_LIMIT_EXCEEDED: tree: item 256 has a path of 257 names/,
    );
  });
});

describe("what cannot be read", () => {
  it("is recorded range by range, and everything else is kept", async () => {
    const content = noisy.subarray(0, 200000);
    const faults = [
      { offset: 10000, length: 4096, errno: "EIO" },
      { offset: 100000, length: 10000, errno: "EIO" },
    ];
    const { bytes, completeness, problems } = await create({
      f: { type: "file", content, faults },
      g: { type: "file", content: "xy", faults: [{ offset: 0, length: 2, errno: "EIO" }] },
    });
    expect(completeness).toEqual({ excluded: 0, failed: 2, seen: 2, stored: 0, unstable: 0 });
    expect(problems.map(({ problem }) => problem)).toEqual(["read: EIO", "read: EIO"]);
    const { f, g } = Object.fromEntries(await itemsOf(bytes));
    expect(f).toMatchObject({
      size: 200000,
      sha256: null,
      errors: [
        { offset: 10000, length: 4096 },
        { offset: 100000, length: 12288 },
      ],
    });
    expect(g).toMatchObject({ size: 2, sha256: null, errors: [{ offset: 0, length: 2, operation: "read" }] });
    expect(g).not.toHaveProperty("sha256Stored");
    const whole = content.slice();
    for (const { offset, length } of f?.errors ?? []) whole.fill(0, offset, (offset ?? 0) + (length ?? 0));
    expect(await extractedOf(bytes)).toEqual([fileLine("f", whole)]);
    expect(await verifyBytes(bytes, { level: "deep" })).toMatchObject({
      exitCode: 3,
      integrity: { status: "ok" },
      completeness: { status: "incomplete" },
    });
  });

  it("is recorded for files that do not open, small and long, and for their other names", async () => {
    const closed = { type: "file", content: noisy, openFault: "EACCES", group: "1" } as const;
    const { bytes, completeness, contentBytes } = await create({ a: closed, b: closed, c: "fine" });
    expect(completeness).toEqual({ excluded: 0, failed: 2, seen: 3, stored: 1, unstable: 0 });
    expect(contentBytes).toBe(2 * noisy.length + 4);
    const { a, b } = Object.fromEntries(await itemsOf(bytes));
    expect(a).toMatchObject({ size: noisy.length, sha256: null, errors: [{ code: "EACCES", operation: "open" }] });
    expect({ ...b, name: "a" }).toEqual(a);
    expect(await extractedOf(bytes)).toEqual([fileLine("c", Buffer.from("fine"))]);
    expect((await verifyBytes(bytes, { level: "deep" })).integrity.problems).toEqual([]);
  });

  it("is recorded for paths that vanished and directories that did not list; what is left out is counted", async () => {
    const { bytes, completeness } = await create({
      d: { type: "directory", children: { x: { type: "excluded" } }, facts: { errors: [{ code: "EACCES", operation: "list" }] } },
      gone: { type: "unknown", facts: { errors: [{ code: "ENOENT", operation: "stat" }] } },
      "left out": { type: "excluded" },
      pipe: { type: "fifo" },
    });
    expect(completeness).toEqual({ excluded: 2, failed: 2, seen: 5, stored: 1, unstable: 0 });
    expect(await verifyBytes(bytes, { level: "deep" })).toMatchObject({ exitCode: 3, integrity: { status: "ok", entries: 3 } });
  });

  it("is at most 1,000 ranges of a file, the rest of it is one more", async () => {
    const faults = Array.from({ length: 1010 }, (_, i) => ({ offset: i * 8192, length: 1, errno: "EIO" }));
    const { bytes } = await create({ f: { type: "file", content: new Uint8Array(1010 * 8192 + 100).fill(1), faults } });
    const item = (await itemsOf(bytes)).get("f");
    expect(item?.errors).toHaveLength(1001);
    expect(item?.errors?.at(-1)).toMatchObject({ offset: 1000 * 8192, length: 10 * 8192 + 100 });
    expect((await verifyBytes(bytes, { level: "deep" })).integrity.problems).toEqual([]);
  });
});

describe("files that change", () => {
  const unstable = { after: { ctime: "1", mtime: "2", size: 3 }, before: { ctime: "1", mtime: "1", size: 3 } };

  it("are recorded as unstable, and the archive as incomplete", async () => {
    const { bytes, completeness, problems } = await create({ f: { type: "file", content: "abc", unstable } });
    expect(completeness).toEqual({ excluded: 0, failed: 0, seen: 1, stored: 1, unstable: 1 });
    expect(problems).toEqual([{ path: new Uint8Array(Buffer.from("f")), problem: "changed while it was read" }]);
    expect((await itemsOf(bytes)).get("f")).toMatchObject({ size: 3, unstable });
    expect(await verifyBytes(bytes, { level: "deep" })).toMatchObject({ exitCode: 3, integrity: { status: "ok" } });
  });

  it.each([
    ["shrank below one segment", 17 * mebi, 5 * mebi],
    ["shrank to a whole segment", 17 * mebi, 8 * mebi],
    ["shrank to nothing", 17 * mebi, 0],
    ["grew from nothing", 0, 3 * mebi],
    ["grew a little", 100, 101],
    ["grew over segments", 8 * mebi, 17 * mebi],
  ])("and %s have the size that was read", async (_what, listed, actual) => {
    const content = noisy.subarray(0, actual);
    const { bytes } = await create({ a: "before", f: { type: "file", content, facts: { size: listed }, unstable }, g: "after" });
    expect((await itemsOf(bytes)).get("f")).toMatchObject({ size: actual, sha256: toHex(native.crypto.sha256(content)) });
    expect((await verifyBytes(bytes, { level: "deep" })).integrity.problems).toEqual([]);
  });
});

describe("hard links", () => {
  it("are one file with several names, across directories and batches", async () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`m${i}`, ""]));
    const linked: MemoryNode = { type: "file", content: noisy.subarray(0, 5 * mebi), group: "1" };
    const { bytes, uniqueBytes } = await create({
      a: linked,
      b: { type: "directory", children: many },
      c: { type: "directory", children: { z: linked } },
    });
    expect(uniqueBytes).toBe(5 * mebi);
    expect(await codesOf(bytes, { level: "deep" })).toEqual([]);
    const lines = await extractedOf(bytes);
    expect(lines.filter((line) => line.startsWith("link"))).toEqual([fileLine("c/z", noisy.subarray(0, 5 * mebi)).replace("file", "link")]);
  });
});

describe("the same input", () => {
  const tree: MemoryTree = {
    big: noisy.subarray(0, 9 * mebi),
    d: {
      type: "directory",
      children: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, `${i}`.repeat(i)])),
      facts: { mtime: "1700000000000000001" },
    },
    link: { type: "symlink", destination: "d" },
  };
  const reproducible = { reproducible: {}, codec: "zstd" } as const;

  it("gives the same bytes, whatever the engine of cryptography", async () => {
    const first = await archiveOf(tree, { ...reproducible, engine: portable });
    const second = await archiveOf(tree, { ...reproducible, engine: { ...portable, crypto: native.crypto } });
    expect(toHex(portableCrypto.sha256(second))).toBe(toHex(portableCrypto.sha256(first)));
    expect(await codesOf(first, { level: "deep", engine: portable })).toEqual([]);
  });

  it("gives the same bytes, whatever the pace of the sink and the pieces that are read", async () => {
    const expected = await archiveOf(tree, { codec: "store" });
    const sink = new MemorySink();
    const slow: ByteSink = {
      async write(bytes) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        await sink.write(bytes);
      },
    };
    await createArchive({ source: choppy(new MemorySource(tree)), sink: slow, engine: native, signers: [author], reproducible: {}, codec: "store" });
    expect(toHex(native.crypto.sha256(sink.bytes()))).toBe(toHex(native.crypto.sha256(expected)));
  });

  it("claims the newest time of the tree, or SOURCE_DATE_EPOCH", async () => {
    const claimed = async (options: CreateOptions["reproducible"]) =>
      (await verifyBytes(await archiveOf(tree, { reproducible: options ?? {} }))).time.claimed;
    expect(await claimed({})).toBe("2023-11-14T22:13:20Z");
    expect(await claimed({ epoch: 1 })).toBe("1970-01-01T00:00:01Z");
    const timeless: MemoryTree = { f: { type: "file", content: "x", facts: { mtime: null } } };
    expect((await verifyBytes(await archiveOf(timeless))).time.claimed).toBe("1970-01-01T00:00:00Z");
  });

  it("differs in ids and salt when it is not asked to be reproducible", async () => {
    const now = () => new Date("2026-11-21T09:02:11.999Z");
    const [first, second] = [await create({ f: "x" }, { now }), await create({ f: "x" }, { now })];
    expect(toHex(first.fingerprint)).not.toBe(toHex(second.fingerprint));
    expect((await verifyBytes(first.bytes)).time.claimed).toBe("2026-11-21T09:02:11Z");
    expect(first.archiveBytes).toBe(first.bytes.length);
  });
});

describe("claims", () => {
  it("are whole seconds of years with four digits", () => {
    expect([newestTime(null), newestTime("0"), newestTime("999999999"), newestTime("-1")]).toEqual([
      "1970-01-01T00:00:00Z",
      "1970-01-01T00:00:00Z",
      "1970-01-01T00:00:00Z",
      "1969-12-31T23:59:59Z",
    ]);
    expect([newestTime("1763712131999999999"), newestTime("-1000000000")]).toEqual(["2025-11-21T08:02:11Z", "1969-12-31T23:59:59Z"]);
    expect([newestTime(`1${"0".repeat(29)}`), newestTime(`-1${"0".repeat(29)}`)]).toEqual(["9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z"]);
    expect([claimedTime(new Date(8.64e15)), claimedTime(new Date(-8.64e15)), claimedTime(new Date(-1))]).toEqual([
      "9999-12-31T23:59:59Z",
      "0000-01-01T00:00:00Z",
      "1969-12-31T23:59:59Z",
    ]);
  });

  it("are recorded as they were given, and only then", async () => {
    const provenance = { command: "ptar create", host: "h", user: "u" };
    const { bytes } = await create(
      { f: "x" },
      { tags: ["b", "a", "b"], case: { case: "17", note: "n" }, provenance, chunker: "coarse", profile: "portable" },
    );
    const { snapshots } = await verifyBytes(bytes);
    expect(snapshots[0]?.snapshot).toMatchObject({
      tags: ["a", "b"],
      case: { case: "17", note: "n" },
      provenance,
      chunker: { name: "gear1", ...(profiles.coarse && { average: profiles.coarse.average }) },
      captured: { profile: "portable" },
    });
    const plain = (await verifyBytes((await create({ f: "x" }, { case: {} })).bytes)).snapshots[0]?.snapshot;
    expect(plain).not.toHaveProperty("case");
    expect(plain).not.toHaveProperty("provenance");
    expect(plain?.captured.profile).toBe("evidence");
  });

  it("of metadata are those of the profile", async () => {
    const facts = { uid: 5, gid: 6, inode: "7", dev: "8", nlink: 1, atime: "1", ctime: "2", birthtime: "3", mtime: "4", mode: 0o640 };
    const tree: MemoryTree = { f: { type: "file", content: "x", facts } };
    expect((await itemsOf((await create(tree)).bytes)).get("f")).toMatchObject(facts);
    const item = (await itemsOf((await create(tree, { profile: "portable" })).bytes)).get("f");
    expect(Object.keys(item ?? {}).toSorted()).toEqual(["mode", "mtime", "name", "sha256", "size", "type"]);
  });
});

describe("signers", () => {
  it("may be several, or none", async () => {
    const several = await create({ f: "x" }, { signers: [signerOf(2), author] });
    expect(several.signers).toEqual([signerOf(2).publicKey, author.publicKey]);
    expect(await verifyBytes(several.bytes)).toMatchObject({
      exitCode: 0,
      generations: [{ statements: [{ status: "unknown-key" }, { status: "trusted" }] }],
    });
    const none = await create({ f: "x" }, { signers: [] });
    expect(await verifyBytes(none.bytes, { allowUnsigned: true })).toMatchObject({ exitCode: 0, signature: { status: "unsigned" } });
  });

  it("that cannot sign are refused before the source is read", async () => {
    const source: Source = {
      sources: [],
      captures: [],
      walk: () => {
        throw new Error("the source was read");
      },
      open: () => {
        throw new Error("the source was read");
      },
    };
    const wrong = { ...author, publicKey: signerOf(2).publicKey };
    const sink = new MemorySink();
    const run = () => createArchive({ source, sink, engine: native, signers: [author, wrong] });
    expect(await refusal(run)).toBe(`PTAR_KEY_INVALID: key ${toHex(wrong.publicKey)}: a test signature is not valid`);
    expect(sink.bytes()).toHaveLength(0);
  });
});

describe("a run", () => {
  it("stops on request before and during the walk, and closes what it opened", async () => {
    await expect(create({ f: "x" }, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow();
    const controller = new AbortController();
    const open: string[] = [];
    const source = watched(new MemorySource({ a: noisy, b: "x" }), open);
    const run = create({}, { source, signal: controller.signal, onProgress: () => controller.abort(new Error("enough")) });
    await expect(run).rejects.toThrow("enough");
    expect(open).toEqual(["open", "close"]);
  });

  it("fails with what the sink fails with", async () => {
    const full: ByteSink = { write: () => Promise.reject(new Error("no space")) };
    await expect(create({ f: "x" }, { sink: full })).rejects.toThrow("no space");
  });

  it("says how far it is", async () => {
    const seen: number[] = [];
    await create({ a: noisy, b: "x" }, { onProgress: ({ phase, bytes }) => phase === "pack" && seen.push(bytes) });
    expect(seen.at(-1)).toBe(noisy.length + 1);
    expect(seen.toSorted((a, b) => a - b)).toEqual(seen);
  });
});

/** A source that gives its contents in pieces of odd sizes. */
function choppy(source: Source): Source {
  return rereading(source, (reader) => {
    let turn = 0;
    return { ...methods(reader), read: (buffer) => reader.read(buffer.subarray(0, 1 + ((turn++ * 7919) % 65536))) };
  });
}

/** A source that notes when contents are opened and closed. */
function watched(source: Source, notes: string[]): Source {
  return rereading(source, (reader) => {
    notes.push("open");
    return {
      ...methods(reader),
      close: () => {
        notes.push("close");
        return reader.close();
      },
    };
  });
}

function methods(reader: ContentReader): ContentReader {
  return { read: (buffer) => reader.read(buffer), skip: (length) => reader.skip(length), close: () => reader.close() };
}
