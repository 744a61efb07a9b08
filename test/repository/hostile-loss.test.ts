// What makes a repository lose snapshots, or keep none, while every command says that all is well. spec/15-repository.md#publishing
import { describe, expect, it } from "vitest";
import { toHex } from "../../src/bytes/hex.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { MemorySource } from "../../src/connectors/memory/source.js";
import { MemoryStorage } from "../../src/connectors/memory/storage.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { limits } from "../../src/format/limits.js";
import { backup } from "../../src/repository/backup.js";
import { checkRepository } from "../../src/repository/check/check.js";
import { CheckFindings } from "../../src/repository/check/findings.js";
import { publishMarks } from "../../src/repository/files/marks.js";
import { putFile } from "../../src/repository/files/small-files.js";
import type { StoragePath } from "../../src/repository/files/storage.js";
import { withLock } from "../../src/repository/prune/lock.js";
import { prune } from "../../src/repository/prune/prune.js";
import { Repository } from "../../src/repository/repository.js";
import { takeSnapshots } from "../../src/repository/transfer/sync.js";
import { native, noise } from "../archive/engines.js";
import { author } from "../container/build.js";
import { refusal } from "../container/refusal.js";
import { backedUp, digestOf, filesOf, newRepository, pack, reopened, stored } from "./repositories.js";

const owner = { host: "here", user: "me", process: 1 };
const day = 86_400;
const tree: MemoryTree = { a: noise(2_000_000), b: noise(1_000_000, 9) };

/** A storage whose clock stands where it is put. */
function clocked(): { readonly storage: MemoryStorage; now: number } {
  const time = { now: 1_000_000 };
  return Object.assign(time, { storage: new MemoryStorage({ clock: () => time.now++ }) });
}

async function removeAll(
  { storage }: Pick<Repository, "storage">,
  ...folders: readonly ("packs" | "index" | "snapshots" | "marks")[]
): Promise<void> {
  for (const folder of folders)
    for (const name of (await stored({ storage }, folder)).keys()) await storage.remove(`${folder}/${name}` as StoragePath);
}

async function checked(storage: Repository["storage"]) {
  const findings = new CheckFindings();
  const onProblem = (file: string, error: Error) => findings.note(error, { file });
  return checkRepository(await Repository.open(storage, { engine: native, onProblem }), findings, { level: "deep" });
}

describe("a repository that lost its packs", () => {
  async function robbed(): Promise<Repository> {
    const repository = await newRepository();
    await backedUp(repository, tree);
    await removeAll(repository, "packs");
    return reopened(repository.storage);
  }

  it("gives back what a backup put there afterwards", async () => {
    const repository = await robbed();
    const { snapshot } = await backedUp(repository, tree);
    expect(await filesOf(await reopened(repository.storage), toHex(snapshot))).toHaveProperty("a", digestOf(noise(2_000_000)));
  });

  it("is whole again when the same was backed up again, as check says", async () => {
    const whole = await newRepository();
    await backedUp(whole, tree);
    // chunks alone: the pages of a snapshot are its own
    for (const [name, length] of await stored(whole, "packs")) if (length > 1_000_000) await whole.storage.remove(`packs/${name}` as StoragePath);
    expect((await checked(whole.storage)).problems.at(-1)?.hint).toContain("back up, import or sync again");
    const repository = await reopened(whole.storage);
    await backedUp(repository, tree);
    expect((await checked(repository.storage)).snapshots).toHaveLength(0);
  });

  it("is whole again after a sync with a repository that has it", async () => {
    const repository = await newRepository();
    await backedUp(repository, tree);
    const other = await newRepository();
    await takeSnapshots(repository, other, { pack, trust: "any-signer" });
    await removeAll(repository, "packs");
    await takeSnapshots(await reopened(other.storage), await reopened(repository.storage), { pack, trust: "any-signer" });
    expect((await checked(repository.storage)).snapshots).toHaveLength(0);
  });
});

describe("prune", () => {
  it("does not delete the last copy of an object whose other pack is not there", async () => {
    const shared = noise(1_500_000, 3);
    const repository = await newRepository();
    const others = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`b${i}`, noise(2_000, i + 10)]));
    await backedUp(repository, { ...others, c: shared });
    const first = [...(await stored(repository, "packs")).keys()].map((name) => name.slice(0, 64));
    // as two writers do that know nothing of each other: c is stored twice
    await publishMarks(repository.storage, first, { crypto: native.crypto, grace: day });
    await backedUp(await reopened(repository.storage), { c: shared });
    await removeAll(repository, "marks");
    const again = await reopened(repository.storage);
    for (const file of again.snapshots[0]?.files ?? []) await again.storage.remove(`snapshots/${file}.ptar`);
    for (const [name, length] of await stored(again, "packs"))
      if (!first.includes(name.slice(0, 64)) && length > 1_000_000) await again.storage.remove(`packs/${name}` as StoragePath);
    const files = { c: digestOf(shared) };
    expect(await filesOf(await reopened(again.storage))).toEqual(files);
    await refusal(async () => prune(await reopened(again.storage), { pack, owner, grace: 0 }));
    expect(await filesOf(await reopened(again.storage))).toEqual(files);
  });

  it("waits the grace period of the mark, whatever a later run wishes", async () => {
    const place = clocked();
    const repository = await newRepository({ storage: place.storage });
    await backedUp(repository, tree);
    await removeAll(repository, "snapshots");
    await prune(repository, { pack, owner, grace: day });
    place.now += 61_000;
    // a writer that began before the mark may take a day
    expect(await prune(await reopened(place.storage), { pack, owner, grace: 60 })).toMatchObject({ deletedPacks: 0 });
  });

  it("does not delete an old orphan that a writer began to use", async () => {
    const place = clocked();
    const repository = await newRepository({ storage: place.storage });
    await backedUp(repository, tree);
    // as a backup leaves it that was killed before its index
    await removeAll(repository, "index", "snapshots");
    place.now += (day + 1) * 1000;
    const source = new MemorySource(tree);
    const walk = source.walk.bind(source);
    const slow = Object.assign(source, {
      async *walk(signal?: AbortSignal) {
        await prune(await reopened(place.storage), { pack, owner });
        yield* walk(signal);
      },
    });
    await backup(await reopened(place.storage), { source: slow as typeof source, signers: [author], pack, facts: {} });
    expect(await filesOf(await reopened(place.storage))).toHaveProperty("a", digestOf(noise(2_000_000)));
  });

  it("leaves the lock of another one that began after a person had removed its own", async () => {
    const storage = new MemoryStorage();
    await withLock(storage, { owner, limits }, async () => {
      await storage.remove("locks/prune.json");
      await putFile(storage, "locks/prune.json", toUtf8("of another prune"));
    });
    expect(await storage.open("locks/prune.json")).toBeDefined();
  });

  it("deletes nothing that a snapshot needs because of a forged mark of all packs", async () => {
    const repository = await newRepository();
    await backedUp(repository, tree);
    const names = [...(await stored(repository, "packs")).keys()].map((name) => name.slice(0, 64));
    await publishMarks(repository.storage, names, { crypto: native.crypto, grace: 0 });
    await prune(await reopened(repository.storage), { pack, owner, grace: 0 });
    expect(await filesOf(await reopened(repository.storage))).toHaveProperty("a", digestOf(noise(2_000_000)));
  });
});
