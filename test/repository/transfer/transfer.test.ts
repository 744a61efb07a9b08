// From one repository to another, in an archive. spec/16-transfer.md
import { describe, expect, it } from "vitest";
import { openArchive } from "../../../src/archive/open.js";
import { toHex } from "../../../src/bytes/hex.js";
import { MemoryReader } from "../../../src/connectors/memory/reader.js";
import type { Repository } from "../../../src/repository/repository.js";
import { importArchives, MissingPrerequisites } from "../../../src/repository/transfer/import.js";
import { archiveOf, extractedOf, native, noise, trusting, verifyBytes } from "../../archive/engines.js";
import { author, signerOf } from "../../container/build.js";
import { refusal } from "../../container/refusal.js";
import { backedUp, exported, filesOf, newRepository, pack, reopened, stored } from "../repositories.js";

const carrier = signerOf(5);
const tree = { a: noise(100_000), b: noise(3_000_000, 2), c: "text", d: { type: "directory", children: { e: noise(70_000, 3) } } } as const;

async function imported(repository: Repository, bytes: Uint8Array) {
  const archive = await openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer" });
  const result = await importArchives(repository, [archive], { pack });
  await repository.refresh();
  return result;
}

describe("an exported archive", () => {
  it("has the files of its snapshot, and is signed by whoever carries it and vouched for by the author", async () => {
    const repository = await newRepository();
    await backedUp(repository, tree);
    const bytes = await exported(repository, { signers: [carrier] });
    expect(await verifyBytes(bytes, { level: "deep", trust: trusting(author, carrier) })).toMatchObject({
      exitCode: 0,
      signature: { status: "trusted" },
      selfContained: { status: "yes" },
      integrity: { unreferenced: 0 },
      snapshots: [{ vouched: true }],
      generations: [{ statements: [{ role: "carrier" }] }],
    });
    expect(await extractedOf(bytes)).toEqual(await extractedOf(await archiveOf(tree)));
  });
});

describe("an import", () => {
  it("takes snapshots over with their statements, so that they are vouched for after the next export too", async () => {
    const bytes = await archiveOf(tree);
    const repository = await newRepository();
    const result = await imported(repository, bytes);
    expect(result).toMatchObject({ added: [expect.anything()], known: [] });
    expect(Object.keys(await filesOf(await reopened(repository.storage)))).toEqual(["a", "b", "c", "d/e"]);
    const second = await newRepository();
    await imported(second, await exported(repository, { signers: [carrier] }));
    const carried = await exported(second, { signers: [carrier] });
    expect(await verifyBytes(carried, { level: "deep", trust: trusting(author, carrier) })).toMatchObject({
      exitCode: 0,
      snapshots: [{ vouched: true }],
    });
    expect(await extractedOf(carried)).toEqual(await extractedOf(bytes));
  });

  it("of what is there changes nothing", async () => {
    const repository = await newRepository();
    const bytes = await archiveOf(tree);
    await imported(repository, bytes);
    const before = await Promise.all((["packs", "index", "snapshots"] as const).map((folder) => stored(repository, folder)));
    expect(await imported(repository, bytes)).toMatchObject({ added: [], known: [expect.anything()], addedObjects: 0, addedBytes: 0 });
    expect(await Promise.all((["packs", "index", "snapshots"] as const).map((folder) => stored(repository, folder)))).toEqual(before);
  });

  it("of a thin archive completes it with what is there, and lists what is not", async () => {
    const [a, b] = [await newRepository(), await newRepository()];
    await backedUp(a, tree);
    await imported(b, await exported(a));
    await backedUp(a, { ...tree, f: noise(50_000, 9) });
    const whole = await exported(a);
    const thin = await exported(a, { leaveOut: (kind, id) => b.index.has(kind, id) });
    expect(thin.length).toBeLessThan(whole.length / 10);
    expect(await verifyBytes(thin, { trust: trusting(author), allowUnsigned: true })).toMatchObject({ selfContained: { status: "no" } });
    const empty = await newRepository();
    const error = await imported(empty, thin).catch((one: unknown) => one);
    expect(error).toBeInstanceOf(MissingPrerequisites);
    expect((error as MissingPrerequisites).missing.length).toBeGreaterThan(0);
    expect([...(await stored(empty, "snapshots")), ...(await stored(empty, "packs"))]).toEqual([]);
    await imported(b, thin);
    expect(await filesOf(await reopened(b.storage))).toEqual(await filesOf(a));
    expect(b.snapshots.map(({ id }) => toHex(id))).toEqual(a.snapshots.map(({ id }) => toHex(id)));
  });

  it("is refused when a thin archive gives a wrong item tree", async () => {
    expect(await refusal(async () => imported(await newRepository(), new Uint8Array(100)))).toContain("PTAR_HEADER_MAGIC");
  });
});
