// What the other side holds and what it wants. spec/16-transfer.md
import { describe, expect, it } from "vitest";
import { openArchive } from "../../src/archive/open.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemorySink } from "../../src/connectors/memory/sink.js";
import { heldByPeer, writeHave } from "../../src/repository/have.js";
import { importArchives, MissingPrerequisites } from "../../src/repository/import.js";
import type { Repository } from "../../src/repository/repository.js";
import { readWants, writeWants } from "../../src/repository/wants.js";
import { native, noise, verifyBytes } from "../archive/engines.js";
import { refusal } from "../container/refusal.js";
import { backedUp, exported, filesOf, newRepository, pack, reopened } from "./repositories.js";

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
