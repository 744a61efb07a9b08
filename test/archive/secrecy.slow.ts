// What somebody without a key finds in a sealed archive of real files: none of it. spec/14-encryption.md#observer
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createArchive } from "../../src/archive/create.js";
import { listArchive } from "../../src/archive/list.js";
import { type Archive, openArchive } from "../../src/archive/open.js";
import { label } from "../../src/bytes/label.js";
import type { CodecName } from "../../src/compression/codecs.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemorySink } from "../../src/connectors/memory/sink.js";
import { filesSource } from "../../src/connectors/node/source/files-source.js";
import { findSecret } from "../../src/container/unlock.js";
import type { SealFor } from "../../src/keys/key-ring.js";
import { author } from "../container/build.js";
import { openContainer } from "../container/sealed-archives.js";
import { owner, ringOf, sessionAlone } from "../container/sealing.js";
import { native, noise, verifyBytes } from "./engines.js";
import { chiSquare, foundIn, type Needle, sharedRuns, spellings } from "./needles.js";
import { framesOf } from "./rehashing.js";
import { sealedFramesOf } from "./sealing.js";

const passphrase = "blanket-kettle-Ärmel-orbit-winter";
const seal: SealFor = { recipients: [owner.recipient], passphrase };
const folder = mkdtempSync(join(tmpdir(), "ptar-secrecy-"));
const root = join(folder, "the-collection");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const odd = ["überprüft", "日本語の名前", "new\nline and tab\t", '"quoted\\name"', "-rf --option", "ends with space ", "emoji🔑key", "x".repeat(250)];

/** Files of many names, sizes and contents; some of the system's documentation where there is any. */
function makeTree(): void {
  mkdirSync(join(root, "deeper", "and deeper still"), { recursive: true });
  for (let i = 0; i < 320; i++) {
    const name = `${odd[i % odd.length]?.slice(0, 200)}.${1000 + i}`;
    const text = `file ${i} says: ${"the quick brown fox ".repeat(1 + ((i * 37) % 4000))}`;
    const where = i % 3 === 0 ? "deeper" : i % 3 === 1 ? join("deeper", "and deeper still") : ".";
    writeFileSync(join(root, where, name), i % 5 === 0 ? noise(20_011 + 977 * i, i + 1) : text);
  }
  writeFileSync(join(root, "much noise.bin"), noise(7_345_678, 999));
  copyDocumentation("/usr/share/doc", join(root, "documentation"));
}

function copyDocumentation(from: string, to: string): void {
  mkdirSync(to);
  let left = 300;
  for (const name of readEntries(from)) {
    const file = readEntries(join(from, name)).find((entry) => isSmallFile(join(from, name, entry)));
    if (file === undefined || left-- === 0) continue;
    mkdirSync(join(to, name));
    copyFileSync(join(from, name, file), join(to, name, file));
  }
}

function readEntries(path: string): readonly string[] {
  try {
    return readdirSync(path).toSorted();
  } catch {
    return [];
  }
}

function isSmallFile(path: string): boolean {
  const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: -1 };
  return size > 0 && size < 100_000 && statSync(path).isFile();
}

async function made(codec: CodecName, sealFor?: SealFor): Promise<Buffer> {
  const sink = new MemorySink();
  const source = filesSource([root], { withPath: true });
  const provenance = { command: `ptar create --secret-option ${root}`, host: "the-host-of-the-collector", user: "the-collecting-user" };
  await createArchive({
    source,
    sink,
    engine: native,
    signers: [author],
    codec,
    provenance,
    tags: ["tag-of-the-case"],
    ...(sealFor && { seal: sealFor }),
  });
  return Buffer.from(sink.bytes());
}

const open = (bytes: Uint8Array) => openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer", keys: ringOf(owner) });

/** Everything that the contents of an archive would show. */
async function needlesOf(archive: Archive): Promise<readonly Needle[]> {
  const needles: Needle[] = [];
  const seen = new Set<string>();
  for await (const { path, names, item } of listArchive(archive)) {
    const name = Buffer.from(names.at(-1) as Uint8Array);
    const joined = Buffer.from(path);
    if (joined.length >= 6) needles.push({ what: `path ${joined.toString("latin1")}`, bytes: joined });
    if (name.length >= 6) needles.push({ what: `name ${name.toString("latin1")}`, bytes: name });
    if (item.sha256) needles.push(...spellings(`sha256 ${item.sha256}`, Buffer.from(item.sha256, "hex")));
    const size = item.size ?? 0;
    if (size < 10_000 || seen.has(String(size))) continue;
    seen.add(String(size));
    needles.push({ what: `size ${size}`, bytes: Buffer.from(String(size)), alone: true });
    const binary = Buffer.alloc(8);
    binary.writeBigUInt64LE(BigInt(size));
    if (size >= 1 << 16) needles.push({ what: `size ${size}, u64`, bytes: binary });
  }
  for await (const { kind, id } of archive.objects.index.rows()) needles.push(...spellings(`${kind} ${Buffer.from(id).toString("hex")}`, id));
  return needles;
}

/** What only those who made it know, beside contents. */
const facts: readonly Needle[] = [
  "the-collection",
  "the-host-of-the-collector",
  "the-collecting-user",
  "--secret-option",
  "tag-of-the-case",
  "much noise",
].map((text) => ({ what: `text ${text}`, bytes: Buffer.from(text) }));

/** How many found needles are of each sort, the first word of what they are. */
function sorts(found: ReadonlySet<string>): (sort: string) => number {
  return (sort) => [...found].filter((what) => what.split(" ")[0] === sort).length;
}

let sealed: Record<"store" | "zstd", Buffer>;
let plain: Buffer;

beforeAll(async () => {
  makeTree();
  plain = await made("store");
  sealed = { store: await made("store", seal), zstd: await made("zstd", seal) };
  expect((await verifyBytes(sealed.store, { keys: ringOf(owner), level: "deep" })).exitCode).toBe(0);
}, 120_000);

describe("a search for everything that the contents show", () => {
  it("finds it in a plain archive: the search works", async () => {
    const found = sorts(foundIn(plain, [...(await needlesOf(await open(plain))), ...facts]));
    // names that JSON spells otherwise, and digests that only one spelling of is used
    expect(found("name")).toBeGreaterThan(200);
    expect(found("sha256")).toBeGreaterThan(320);
    expect(found("size")).toBeGreaterThan(200);
    expect(found("chunk")).toBeGreaterThan(320);
    expect(found("text")).toBe(facts.length);
    for (const kind of ["page", "content", "snapshot", "statement"]) expect(found(kind)).toBeGreaterThan(0);
  });

  it.each(["store", "zstd"] as const)("finds nothing in a sealed one (%s)", async (codec) => {
    const needles = [...(await needlesOf(await open(sealed[codec]))), ...facts];
    expect(needles.length).toBeGreaterThan(5000);
    expect([...foundIn(sealed[codec], needles)]).toEqual([]);
  });

  it("finds no secret, no key and no passphrase", async () => {
    for (const bytes of Object.values(sealed)) {
      const container = await openContainer(bytes);
      const secret = await findSecret(container, ringOf(owner));
      const [session] = container.sessions;
      const facts = { archiveId: container.header.archiveId, frame: 2, salt: session?.session.salt as Uint8Array };
      const { key, commitment } = sessionAlone(secret, facts);
      const needles = [
        ...spellings("secret", secret),
        ...spellings("key", key),
        ...spellings("label", label("ptar1/keys").subarray(0, 10)),
        ...[passphrase, owner.identity, owner.recipient].map((text) => ({ what: text, bytes: Buffer.from(text) })),
        ...spellings("passphrase", Buffer.from(passphrase)),
      ];
      expect([...foundIn(bytes, needles)]).toEqual([]);
      // what is clear is found by the same search
      expect([...foundIn(bytes, spellings("commitment", commitment))]).toEqual(["commitment, raw"]);
    }
  });
});

describe("two archives of one folder", () => {
  it("share most of their blocks when they are plain: the comparison works", async () => {
    const again = await made("store");
    const blocks = (bytes: Buffer) =>
      framesOf(bytes)
        .filter(({ type }) => type === 0x10)
        .map(({ payload }) => payload);
    expect(sharedRuns(blocks(plain), blocks(again)) * 32).toBeGreaterThan(7_000_000);
  });

  it("share no run of 64 bytes when they are sealed, with each other and with the plain one", async () => {
    const again = await made("store", seal);
    const payloads = (bytes: Buffer) => sealedFramesOf(bytes).map(({ payload }) => payload);
    expect(sharedRuns(payloads(sealed.store), payloads(again))).toBe(0);
    expect(sharedRuns(payloads(sealed.store), payloads(plain))).toBe(0);
    expect(sharedRuns(payloads(sealed.store), [readFileSync(join(root, "much noise.bin"))])).toBe(0);
  });
});

describe("the bytes of sealed frames", () => {
  /** Random bytes go beyond this once in 10^11 times. */
  const bound = 440;

  it("are evenly spread, in all types of frames", () => {
    for (const bytes of Object.values(sealed)) {
      const payloads = sealedFramesOf(bytes).map(({ payload }) => payload);
      expect(payloads.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(1 << 20);
      expect(chiSquare(payloads)).toBeLessThan(bound);
      const others = sealedFramesOf(bytes).filter(({ type }) => type !== 0x10);
      expect(chiSquare(others.map(({ payload }) => payload))).toBeLessThan(bound);
    }
    expect(chiSquare(sealedFramesOf(plain).map(({ payload }) => payload))).toBeGreaterThan(10_000);
  });
});
