// Want-lists, and what answers them. spec/16-transfer.md#want-list
import { describe, expect, it } from "vitest";
import { type Archive, openArchive } from "../../../src/archive/open.js";
import { toHex } from "../../../src/bytes/hex.js";
import { MemoryReader } from "../../../src/connectors/memory/reader.js";
import { MemorySink } from "../../../src/connectors/memory/sink.js";
import { encodeSnapshot } from "../../../src/format/snapshot.js";
import { heldByPeer, writeHave } from "../../../src/repository/transfer/have.js";
import { importArchives } from "../../../src/repository/transfer/import.js";
import { readWants, type Wanted, writeWants } from "../../../src/repository/transfer/wants.js";
import { native, noise, verifyBytes } from "../../archive/engines.js";
import { refusal } from "../../container/refusal.js";
import { backedUp, exported, newRepository, pack, reopened } from "../repositories.js";

const opened = (bytes: Uint8Array): Promise<Archive> => openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer" });

async function wantList(wanted: readonly Wanted[], passphrase?: string): Promise<Uint8Array> {
  const sink = new MemorySink();
  await writeWants(wanted, { sink, engine: native, ...(passphrase !== undefined && { seal: { recipients: [], passphrase } }) });
  return sink.bytes();
}

describe("a want-list", () => {
  it("that names a snapshot is answered with all that it needs", async () => {
    const repository = await newRepository();
    await backedUp(repository, { a: noise(100_000) });
    const { id } = repository.snapshot("latest");
    const want = await readWants(await opened(await wantList([{ kind: "snapshot", id }])));
    expect(await verifyBytes(await exported(repository, { want }), { allowUnsigned: true })).toMatchObject({
      exitCode: 0,
      selfContained: { status: "yes" },
    });
  });

  it("that names a snapshot which is not exported is given nothing of it", async () => {
    const repository = await newRepository();
    await backedUp(repository, { a: noise(100_000) });
    const { id } = repository.snapshot("latest");
    await backedUp(repository, { b: "text" });
    const want = await readWants(await opened(await wantList([{ kind: "snapshot", id }])));
    expect((await exported(repository, { want })).length).toBeLessThan(20_000);
  });

  it("that is sealed cannot be read by everybody", async () => {
    const sealed = await wantList([{ kind: "chunk", id: new Uint8Array(32).fill(7) }], "correct horse battery staple");
    expect(await refusal(async () => readWants(await opened(sealed)))).toMatch("PTAR_KEY_REQUIRED");
    expect(toHex(sealed)).not.toContain("07".repeat(32));
  });

  it("is not an archive that leaves something out and has snapshots", async () => {
    const repository = await newRepository();
    await backedUp(repository, { a: "text" });
    const thin = await exported(repository, { leaveOut: (kind) => kind === "chunk" || kind === "content" });
    expect(await refusal(async () => readWants(await opened(thin)))).toMatch("PTAR_USAGE");
  });
});

describe("an export", () => {
  it("for somebody who has nothing of it is whole", async () => {
    const [from, to] = [await newRepository(), await newRepository()];
    await backedUp(from, { a: noise(50_000) });
    const sink = new MemorySink();
    await writeHave(to, { sink });
    const bytes = await exported(from, { leaveOut: await heldByPeer(from, await opened(sink.bytes())) });
    expect((await opened(bytes)).container.header.thin).toBe(false);
  });

  it("of a snapshot that is named twice has it once", async () => {
    const repository = await newRepository();
    await backedUp(repository, { a: "text" });
    const latest = repository.snapshot("latest");
    expect((await opened(await exported(repository, { snapshots: [latest, latest] }))).snapshotIds).toHaveLength(1);
  });
});

describe("an import of an archive that nobody has verified", () => {
  it("refuses an item tree that is another than its pages have", async () => {
    const [from, to] = [await newRepository(), await newRepository()];
    await backedUp(from, { a: "text" }, { signers: [] });
    const { snapshot, files } = from.snapshot("latest");
    for (const file of files) await from.storage.remove(`snapshots/${file}.ptar`);
    const bytes = encodeSnapshot({ ...snapshot, items: { ...snapshot.items, root: "ab".repeat(32) } });
    await from.snapshotFiles.publish({ bytes, statements: [] });
    const archive = await opened(await exported(await reopened(from.storage)));
    expect(await refusal(() => importArchives(to, [archive], { pack }))).toMatch("PTAR_SNAPSHOT_ITEMS");
    expect((await reopened(to.storage)).snapshots).toEqual([]);
  });
});

describe("a snapshot that lost something", () => {
  async function robbed() {
    const repository = await newRepository();
    await backedUp(repository, { a: noise(200_000) });
    const whole = await exported(repository);
    return { repository, whole };
  }

  it("has it again after an import of an archive that has it", async () => {
    const { repository, whole } = await robbed();
    for await (const { name } of repository.storage.list("packs")) await repository.storage.remove(`packs/${name}` as `packs/${string}`);
    const again = await reopened(repository.storage);
    const result = await importArchives(again, [await opened(whole)], { pack });
    expect(result).toMatchObject({ added: [], known: [expect.anything()] });
    expect(result.addedObjects).toBeGreaterThan(0);
    const healed = await reopened(repository.storage);
    expect(await verifyBytes(await exported(healed), { allowUnsigned: true, level: "deep" })).toMatchObject({ exitCode: 0 });
  });

  it("has it again where packs and index are gone, too", async () => {
    const { repository, whole } = await robbed();
    for (const folder of ["packs", "index"] as const)
      for await (const { name } of repository.storage.list(folder)) await repository.storage.remove(`${folder}/${name}` as `packs/${string}`);
    await importArchives(await reopened(repository.storage), [await opened(whole)], { pack });
    const healed = await reopened(repository.storage);
    expect(await verifyBytes(await exported(healed), { allowUnsigned: true, level: "deep" })).toMatchObject({ exitCode: 0 });
  });

  it("is walked when that is asked for, and only then", async () => {
    const { repository, whole } = await robbed();
    const again = await reopened(repository.storage);
    let walked = 0;
    const onProgress = () => void walked++;
    await importArchives(again, [await opened(whole)], { pack, onProgress });
    expect(walked).toBe(0);
    await importArchives(again, [await opened(whole)], { pack, onProgress, repair: "all" });
    expect(walked).toBeGreaterThan(0);
  });
});
