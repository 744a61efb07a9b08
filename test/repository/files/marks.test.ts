// Marks that others have put there. spec/15-repository.md#prune
import { describe, expect, it } from "vitest";
import { MemoryStorage } from "../../../src/connectors/memory/storage.js";
import { checkRepository } from "../../../src/repository/check/check.js";
import { CheckFindings } from "../../../src/repository/check/findings.js";
import { publishMarks } from "../../../src/repository/files/marks.js";
import { putFile } from "../../../src/repository/files/small-files.js";
import { prune } from "../../../src/repository/prune/prune.js";
import { native } from "../../archive/engines.js";
import { refusal } from "../../container/refusal.js";
import { backedUp, filesOf, newRepository, pack, reopened, stored } from "../repositories.js";

const owner = { host: "here", user: "me", process: 1 };

describe("a mark that cannot be read", () => {
  it("stops who writes and who prunes, before anything is changed, and nobody who reads", async () => {
    const repository = await newRepository();
    await backedUp(repository, { a: "text" });
    await putFile(repository.storage, `marks/${"ab".repeat(32)}.json`, new TextEncoder().encode("{}"));
    const again = await reopened(repository.storage);
    expect(await filesOf(again)).toHaveProperty("a");
    expect(await refusal(() => backedUp(again, { b: "other" }))).toMatch("PTAR_REPOSITORY_INVALID");
    const files = await stored(again, "index");
    expect(await refusal(() => prune(again, { pack, owner, grace: 0 }))).toMatch("PTAR_REPOSITORY_INVALID");
    expect(await stored(again, "index")).toEqual(files);
  });
});

describe("a mark that somebody has forged without a grace period", () => {
  it("waits that of the run that sweeps", async () => {
    const repository = await newRepository();
    await backedUp(repository, { a: "text" });
    for (const file of repository.snapshots[0]?.files ?? []) await repository.storage.remove(`snapshots/${file}.ptar`);
    const packs = [...(await stored(repository, "packs")).keys()].map((name) => name.slice(0, 64));
    await publishMarks(repository.storage, packs, { crypto: native.crypto, grace: 0 });
    expect(await prune(await reopened(repository.storage), { pack, owner })).toMatchObject({ deletedPacks: 0 });
    expect(await prune(await reopened(repository.storage), { pack, owner, grace: 0 })).toMatchObject({ deletedPacks: packs.length });
  });
});

describe("an orphan that is none", () => {
  it.each([
    ["it is empty", new Uint8Array()],
    ["it is something else", new Uint8Array(1000).fill(0x41)],
  ])("is listed by check, and does not keep anybody from writing: %s", async (_, bytes) => {
    const storage = new MemoryStorage();
    const repository = await newRepository({ storage });
    await putFile(storage, `packs/${"ab".repeat(32)}.ptar`, bytes);
    await backedUp(await reopened(storage), { a: "text" });
    const report = await checkRepository(await reopened(repository.storage), new CheckFindings());
    expect(report.problems.map((problem) => problem.file)).toEqual([`packs/${"ab".repeat(32)}.ptar`]);
    expect(report.problems[0]?.hint).toContain("prune deletes it");
  });
});
