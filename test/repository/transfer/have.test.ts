// What the other side holds and what it wants. spec/16-transfer.md
import { describe, expect, it } from "vitest";
import { openArchive } from "../../../src/archive/open.js";
import { mustHex, toHex } from "../../../src/bytes/hex.js";
import { MemoryReader } from "../../../src/connectors/memory/reader.js";
import { MemorySink } from "../../../src/connectors/memory/sink.js";
import { publishMarks } from "../../../src/repository/files/marks.js";
import type { Repository } from "../../../src/repository/repository.js";
import { heldByPeer, writeHave } from "../../../src/repository/transfer/have.js";
import { importArchives, MissingPrerequisites } from "../../../src/repository/transfer/import.js";
import { readWants, writeWants } from "../../../src/repository/transfer/wants.js";
import { native, noise, verifyBytes } from "../../archive/engines.js";
import { refusal } from "../../container/refusal.js";
import { owner, ringOf } from "../../container/sealing.js";
import { nameOf, type Row, sectionOf } from "../pack-index-fixtures.js";
import { backedUp, exported, filesOf, newRepository, pack, reopened } from "../repositories.js";
import { publishSections } from "../stored-archives.js";

const tree = { a: noise(100_000), b: noise(2_000_000, 2), d: { type: "directory", children: { e: noise(70_000, 3) } } } as const;
const later = { ...tree, f: noise(50_000, 9) };

const open = (bytes: Uint8Array) => openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer" });

async function imported(repository: Repository, ...archives: readonly Uint8Array[]) {
  const result = await importArchives(repository, await Promise.all(archives.map(open)), { pack });
  await repository.refresh();
  return result;
}

async function haveOf(repository: Repository): Promise<Uint8Array> {
  const sink = new MemorySink();
  await writeHave(repository, { sink });
  return sink.bytes();
}

describe("a have-list", () => {
  it("is an archive that verifies, and lets a thin archive carry only what is new", async () => {
    const [a, b] = [await newRepository(), await newRepository()];
    await backedUp(a, tree);
    await imported(b, await exported(a));
    const have = await haveOf(b);
    expect(await writeHave(b, { sink: new MemorySink() })).toMatchObject({ snapshots: 1, others: 0 });
    expect(await verifyBytes(have, { level: "deep", allowUnsigned: true })).toMatchObject({ exitCode: 0 });
    await backedUp(a, later);
    const thin = await exported(a, { leaveOut: await heldByPeer(a, await open(have)) });
    expect(thin.length).toBeLessThan(60_000);
    await imported(b, thin);
    expect(await filesOf(await reopened(b.storage))).toEqual(await filesOf(a));
  });

  it("lists objects that no snapshot needs by short keys, which only those who know them recognise", async () => {
    const [a, b] = [await newRepository(), await newRepository()];
    await backedUp(a, tree);
    await imported(b, await exported(a));
    for (const { files } of b.snapshots) for (const file of files) await b.storage.remove(`snapshots/${file}.ptar`);
    await b.refresh();
    const held = await heldByPeer(a, await open(await haveOf(b)));
    const id = native.crypto.sha256(noise(100_000));
    expect(held("chunk", id)).toBe(true);
    expect(held("page", id)).toBe(false);
    expect(held("chunk", native.crypto.sha256(noise(1000, 77)))).toBe(false);
  });

  it("lists no objects of packs that are going to be deleted: by the time of the answer they may be gone", async () => {
    const a = await newRepository();
    await backedUp(a, tree);
    for (const { files } of a.snapshots) for (const file of files) await a.storage.remove(`snapshots/${file}.ptar`);
    await a.refresh();
    const counted = async () => (await writeHave(a, { sink: new MemorySink() })).others;
    expect(await counted()).toBe(a.index.size);
    const packs = a.index.archives().map(({ name }) => toHex(name));
    expect(packs.length).toBeGreaterThan(1);
    await publishMarks(a.storage, packs.slice(0, 1), { crypto: native.crypto, grace: 60 });
    await a.refresh();
    const some = await counted();
    expect(some).toBeGreaterThan(0);
    expect(some).toBeLessThan(a.index.size);
    await publishMarks(a.storage, packs, { crypto: native.crypto, grace: 60 });
    await a.refresh();
    expect(await counted()).toBe(0);
  });

  it("may be sealed: then only those for whom it is see what there is", async () => {
    const [a, b] = [await newRepository(), await newRepository()];
    await backedUp(a, tree);
    await imported(b, await exported(a));
    const sink = new MemorySink();
    await writeHave(b, { sink, seal: { recipients: [owner.recipient] } });
    const have = sink.bytes();
    const [{ id }] = b.snapshots as [Repository["snapshots"][number]];
    expect(Buffer.from(await haveOf(b)).includes(Buffer.from(id))).toBe(true);
    expect(Buffer.from(have).includes(Buffer.from(id))).toBe(false);
    expect(await verifyBytes(have, { level: "deep", allowUnsigned: true, keys: ringOf(owner) })).toMatchObject({ exitCode: 0 });
    const archive = await openArchive(new MemoryReader(have), { engine: native, trust: "any-signer", keys: ringOf(owner) });
    const held = await heldByPeer(a, archive);
    expect(held("chunk", native.crypto.sha256(noise(100_000)))).toBe(true);
    expect(held("content", mustHex((b.snapshots[0] as Repository["snapshots"][number]).snapshot.content))).toBe(true);
    await expect(heldByPeer(a, archive, AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
  });

  it("of many snapshots is in the order of their ids, and of many other objects on many pages", async () => {
    const a = await newRepository();
    for (const text of ["a", "b", "c", "d", "e", "f"]) await backedUp(a, { text });
    const rows = Array.from({ length: 100_000 }, (_, i): Row => ({ kind: "chunk", id: nameOf(`chunk ${i}`), frame: 3 + (i % 2), ordinal: i >> 1 }));
    await publishSections(a.archives, [sectionOf("of objects that nobody needs", rows)]);
    await a.refresh();
    const have = await haveOf(a);
    expect(await verifyBytes(have, { level: "deep", allowUnsigned: true })).toMatchObject({ integrity: { status: "ok", unreferenced: 0 } });
    const held = await heldByPeer(await newRepository(), await open(have));
    expect([held("chunk", nameOf("chunk 0")), held("chunk", nameOf("chunk 99999")), held("chunk", nameOf("chunk 100000"))]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("must be one", async () => {
    const a = await newRepository();
    await backedUp(a, tree);
    expect(await refusal(async () => heldByPeer(a, await open(await exported(a))))).toMatch("PTAR_INVENTORY_INVALID: archive: it is no have-list");
  });
});

describe("a want-list", () => {
  it("is answered with what is wanted, which completes the archive that left it out", async () => {
    const [a, b] = [await newRepository(), await newRepository()];
    await backedUp(a, tree);
    await backedUp(a, later);
    const whole = await exported(a);
    const thin = await exported(a, { leaveOut: (kind) => kind === "chunk" });
    const error = await imported(b, thin).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(MissingPrerequisites);
    const sink = new MemorySink();
    await writeWants((error as MissingPrerequisites).missing, { sink, engine: native });
    expect(await verifyBytes(sink.bytes(), { allowUnsigned: true })).toMatchObject({ exitCode: 0, selfContained: { status: "no" } });
    const answer = await exported(a, { want: await readWants(await open(sink.bytes())) });
    expect(answer.length).toBeLessThan(whole.length);
    expect(await verifyBytes(answer, { allowUnsigned: true })).toMatchObject({ integrity: { status: "ok" } });
    await imported(b, thin, answer);
    expect(await filesOf(await reopened(b.storage))).toEqual(await filesOf(a));
  });

  it("gets nothing that only other snapshots hold", async () => {
    const a = await newRepository();
    await backedUp(a, { secret: noise(80_000, 5) });
    await backedUp(a, tree);
    const id = native.crypto.sha256(noise(80_000, 5));
    const answer = await open(await exported(a, { want: [{ kind: "chunk", id }] }));
    expect(await answer.objects.index.find("chunk", id)).toBeUndefined();
  });
});
