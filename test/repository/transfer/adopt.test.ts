// Archives that are kept as they are. spec/15-repository.md#adopted
import { describe, expect, it } from "vitest";
import { toHex } from "../../../src/bytes/hex.js";
import { MemorySink } from "../../../src/connectors/memory/sink.js";
import { MemoryStorage } from "../../../src/connectors/memory/storage.js";
import { importArchives } from "../../../src/repository/transfer/import.js";
import { exportOriginal, keepsOriginal, originalsOf } from "../../../src/repository/transfer/original.js";
import { lacking, proofOf, takeSnapshots } from "../../../src/repository/transfer/sync.js";
import { archiveOf, extractedOf, native, noise, trusting, verifyBytes } from "../../archive/engines.js";
import { ArchiveBuilder, author, chunk, signerOf } from "../../container/build.js";
import { refusal } from "../../container/refusal.js";
import { backedUp, digestOf, exported, filesOf, newRepository, pack, reopened } from "../repositories.js";
import {
  adopted,
  allStored,
  changed,
  checkedDeep,
  countStored,
  extendedBy,
  inTwoGenerations,
  MeddledStorage,
  opened,
  originalOf,
} from "./adopting.js";

const carrier = signerOf(5);
const tree = { a: noise(100_000), b: noise(1_200_000, 2), c: "text", d: { type: "directory", children: { e: noise(70_000, 3) } } } as const;
const bytes = await archiveOf(tree);
const { fingerprint } = await opened(bytes);
const path = `adopted/${toHex(fingerprint)}.ptar` as const;

describe("an adopted archive", () => {
  it("is kept byte for byte, and its objects are read where they are", async () => {
    const repository = await newRepository();
    expect(await adopted(repository, bytes)).toMatchObject({
      added: [expect.anything()],
      addedObjects: 0,
      addedBytes: 0,
      adopted: [{ fingerprint, outcome: "kept" }],
    });
    expect(await countStored(repository)).toEqual([0, 1, 1, 1]);
    const again = await reopened(repository.storage);
    expect(Object.keys(await filesOf(again))).toEqual(["a", "b", "c", "d/e"]);
    expect(digestOf(await originalOf(again, fingerprint))).toBe(digestOf(bytes));
    expect(await checkedDeep(again.storage)).toMatchObject({ problemCount: 0, orphans: 0, packs: 1 });
  });

  it("changes nothing when it is imported again", async () => {
    const repository = await newRepository();
    await adopted(repository, bytes);
    const before = await allStored(repository);
    const again = await reopened(repository.storage);
    expect(await adopted(again, bytes)).toMatchObject({ added: [], known: [expect.anything()], adopted: [{ fingerprint, outcome: "there" }] });
    expect(await allStored(repository)).toEqual(before);
  });

  it("may bring snapshots that are there already", async () => {
    const repository = await newRepository();
    await importArchives(repository, [await opened(bytes)], { pack });
    await repository.refresh();
    const [packs, , index, snapshots] = await countStored(repository);
    await adopted(repository, bytes);
    expect(await countStored(repository)).toEqual([packs, 1, (index as number) + 1, snapshots]);
    expect(digestOf(await originalOf(repository, fingerprint))).toBe(digestOf(bytes));
    const [first] = originalsOf(await reopened(repository.storage), repository.snapshot("latest"));
    expect(first).toEqual(fingerprint);
  });

  it("is where later backups find what they need", async () => {
    const repository = await newRepository();
    await adopted(repository, bytes);
    const { addedBytes } = await backedUp(repository, tree);
    expect(addedBytes).toBeLessThan(20_000);
    expect(await filesOf(await reopened(repository.storage))).toEqual(await filesOf(repository, toHex(repository.snapshots[0]?.id as Uint8Array)));
  });

  it("gives its snapshots to a new archive too, vouched for by whoever signed them", async () => {
    const repository = await newRepository();
    await adopted(repository, bytes);
    const carried = await exported(await reopened(repository.storage), { signers: [carrier] });
    expect(await verifyBytes(carried, { level: "deep", trust: trusting(author, carrier) })).toMatchObject({
      exitCode: 0,
      snapshots: [{ vouched: true }],
      generations: [{ statements: [{ role: "carrier" }] }],
    });
    expect(await extractedOf(carried)).toEqual(await extractedOf(bytes));
  });

  it("does not travel in a sync, its snapshots do", async () => {
    const [a, b] = [await newRepository(), await newRepository()];
    await adopted(a, bytes);
    await takeSnapshots(a, b, { pack, trust: "any-signer" });
    await b.refresh();
    expect(lacking(a, b)).toEqual([]);
    expect(proofOf(a)).toEqual(proofOf(b));
    expect((await countStored(b))[1]).toBe(0);
    expect(await filesOf(b)).toEqual(await filesOf(a));
    expect(await checkedDeep(b.storage)).toMatchObject({ problemCount: 0 });
  });

  it("is damaged where a bit of it is, and given back by nobody then", async () => {
    const repository = await newRepository();
    await adopted(repository, bytes);
    const flip = (one: Uint8Array) => one.with(700_000, (one[700_000] as number) ^ 1);
    const damaged = await changed(repository.storage, path, flip);
    const report = await checkedDeep(damaged);
    expect(report.problems).toContainEqual(expect.objectContaining({ code: "PTAR_FRAME_CHECK", file: path }));
    expect(report.paths.map((one) => new TextDecoder().decode(one.path))).toContain("b");
    expect(report.snapshots).toHaveLength(1);
    expect(await refusal(() => originalOf({ storage: damaged }, fingerprint))).toContain("PTAR_FRAME_CHECK");
  });

  it("may have several generations, and statements at its end", async () => {
    const given = await extendedBy(await inTwoGenerations(bytes), carrier);
    const { fingerprint: name } = await opened(given);
    const repository = await newRepository();
    expect(await adopted(repository, given)).toMatchObject({ addedObjects: 0, adopted: [{ outcome: "kept" }] });
    const again = await reopened(repository.storage);
    expect(Object.keys(await filesOf(again))).toEqual(["a", "b", "c", "d/e"]);
    expect(digestOf(await originalOf(again, name))).toBe(digestOf(given));
    expect(await checkedDeep(again.storage)).toMatchObject({ problemCount: 0 });
  });

  it("is missed when it is gone, and healed by importing it again", async () => {
    const repository = await newRepository();
    await adopted(repository, bytes);
    const storage = await changed(repository.storage, path, () => undefined);
    expect((await checkedDeep(storage)).problems).toContainEqual(expect.objectContaining({ code: "PTAR_PACK_MISSING", file: path }));
    expect(await adopted(await reopened(storage), bytes)).toMatchObject({ addedObjects: 0, adopted: [{ outcome: "kept" }] });
    expect(await checkedDeep(storage)).toMatchObject({ problemCount: 0, orphans: 0 });
    expect((await countStored({ storage }))[0]).toBe(0);
  });
});

describe("an original", () => {
  it("is named by a snapshot of it, or not at all", async () => {
    const repository = await newRepository();
    await importArchives(repository, [await opened(bytes)], { pack });
    await repository.refresh();
    const snapshot = repository.snapshot("latest");
    expect(await refusal(async () => originalsOf(repository, snapshot))).toMatch(
      "PTAR_ARCHIVE_NOT_FOUND: repository memory: keeps no archive that has brought",
    );
    const sink = new MemorySink();
    expect(await refusal(() => exportOriginal(repository.storage, fingerprint, { sink, engine: native }))).toMatch("PTAR_ARCHIVE_NOT_FOUND");
    expect(await keepsOriginal(repository.storage, fingerprint)).toBe(false);
    await adopted(repository, bytes);
    expect(await keepsOriginal(repository.storage, fingerprint)).toBe(true);
    expect(originalsOf(repository, snapshot)).toEqual([fingerprint]);
    expect(await refusal(() => keepsOriginal(new MemoryStorage(), fingerprint))).toMatch("PTAR_REPOSITORY_NOT_FOUND");
  });

  it("is not another archive of its name", async () => {
    const repository = await newRepository();
    await adopted(repository, bytes);
    const other = await archiveOf({ a: "other" });
    const storage = await changed(repository.storage, path, () => other);
    expect(await refusal(() => originalOf({ storage }, fingerprint))).toMatch("PTAR_REPOSITORY_INVALID");
    expect((await checkedDeep(storage)).problems).toContainEqual(expect.objectContaining({ code: "PTAR_REPOSITORY_INVALID", file: path }));
  });
});

describe("a crash", () => {
  it.each([
    ["its file", "index", [0, 1, 0, 0]],
    ["its index", "snapshots", [0, 1, 1, 0]],
  ] as const)("after %s leaves nothing that harms, and the next run finishes", async (_after, folder, left) => {
    const storage = new MeddledStorage();
    const repository = await newRepository({ storage });
    storage.meddle = { folder, before: () => Promise.reject(new Error("killed")) };
    await expect(adopted(repository, bytes)).rejects.toThrow("killed");
    expect(await countStored({ storage })).toEqual(left);
    expect(await checkedDeep(storage)).toMatchObject({ problemCount: 0, snapshotCount: 0, orphans: folder === "index" ? 1 : 0 });
    expect(await adopted(await reopened(storage), bytes)).toMatchObject({ added: [expect.anything()], adopted: [{ outcome: "there" }] });
    expect(await countStored({ storage })).toEqual([0, 1, 1, 1]);
    expect(await checkedDeep(storage)).toMatchObject({ problemCount: 0, snapshotCount: 1, orphans: 0 });
  });

  it("of somebody else who adopts the same archive leaves it to this run", async () => {
    const storage = new MeddledStorage();
    const repository = await newRepository({ storage });
    const other = await reopened(storage);
    storage.meddle = { folder: "adopted", before: () => adopted(other, bytes) };
    expect(await adopted(repository, bytes)).toMatchObject({ adopted: [{ outcome: "there" }] });
    expect(await checkedDeep(storage)).toMatchObject({ problemCount: 0, snapshotCount: 1 });
  });
});

describe("an archive is not adopted", () => {
  const refused = async (given: Uint8Array) => {
    const repository = await newRepository();
    const before = await allStored(repository);
    const text = await refusal(() => adopted(repository, given));
    expect(await allStored(repository)).toEqual(before);
    return text;
  };

  it("when it is thin, or has no snapshot", async () => {
    const repository = await newRepository();
    await backedUp(repository, tree);
    const thin = await exported(repository, { leaveOut: (kind) => kind === "chunk" });
    expect(await refused(thin)).toMatch(/^PTAR_USAGE: archive [0-9a-f]{64}: it is thin/);
    expect(await refused(new ArchiveBuilder().generation({ blocks: [[chunk("one")]] }).bytes())).toMatch(/PTAR_USAGE: .*: it has no snapshot/);
  });

  it("when another copy of it is kept, with other statements at its end", async () => {
    const repository = await newRepository();
    await adopted(repository, bytes);
    const before = await allStored(repository);
    const longer = await extendedBy(bytes, carrier);
    expect((await opened(longer)).fingerprint).toEqual(fingerprint);
    expect(await refusal(async () => adopted(await reopened(repository.storage), longer))).toMatch(
      `PTAR_TARGET_EXISTS: repository: ${path}: another copy of this archive is kept, of ${bytes.length} bytes, this one has ${longer.length}`,
    );
    expect(await allStored(repository)).toEqual(before);
    // also where the file is gone: the index tells of another length
    const storage = await changed(repository.storage, path, () => undefined);
    expect(await refusal(async () => adopted(await reopened(storage), longer))).toMatch(`PTAR_TARGET_EXISTS: repository: ${path}: another copy`);
    expect((await countStored({ storage }))[1]).toBe(0);
  });
});
