// Files of a repository that somebody else has put there. spec/15-repository.md#layout
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mustHex } from "../../src/bytes/hex.js";
import { MemorySource } from "../../src/connectors/memory/source.js";
import { MemoryStorage } from "../../src/connectors/memory/storage.js";
import { folderStorage } from "../../src/connectors/node/storage/folder-storage.js";
import { limits } from "../../src/format/limits.js";
import { backup } from "../../src/repository/backup.js";
import { checkRepository } from "../../src/repository/check/check.js";
import { CheckFindings } from "../../src/repository/check/findings.js";
import type { Storage } from "../../src/repository/files/storage.js";
import { readIndex } from "../../src/repository/index/reading.js";
import { initRepository } from "../../src/repository/init.js";
import { Repository } from "../../src/repository/repository.js";
import { native } from "../archive/engines.js";
import { newFolder } from "../connectors/folder.js";
import { author } from "../container/build.js";
import { refusal } from "../container/refusal.js";
import { backedUp, filesOf, newRepository, pack, reopened } from "./repositories.js";
import { archivesOf, named, publishPack, publishSections } from "./stored-archives.js";

const name = "ab".repeat(32);
const endings = { packs: "ptar", index: "ptar", snapshots: "ptar", adopted: "ptar", marks: "json", keys: "age" } as const;

/** A repository with one snapshot in a folder of the disk. */
async function inFolder(): Promise<{ readonly folder: string; readonly storage: Storage }> {
  const folder = join(newFolder(), "r");
  const storage = folderStorage(folder);
  await initRepository(storage, { engine: native });
  await backedUpIn(storage);
  for (const each of Object.keys(endings)) mkdirSync(join(folder, each), { recursive: true });
  return { folder, storage };
}

async function backedUpIn(storage: Storage): Promise<void> {
  const repository = await reopened(storage);
  await backup(repository, { source: new MemorySource({ a: "text" }), signers: [author], pack, facts: {} });
  await repository.close();
}

async function problemsIn(storage: Storage): Promise<readonly string[]> {
  const findings = new CheckFindings();
  const onProblem = (file: string, error: Error) => findings.note(error, { file });
  const repository = await Repository.open(storage, { engine: native, onProblem });
  const { problems } = await checkRepository(repository, findings, { level: "deep" });
  await repository.close();
  return problems.map(({ code, file }) => `${code} ${file}`);
}

describe("what stands where a file should", () => {
  const things: Readonly<Record<string, (path: string) => void>> = {
    "a fifo": (path) => execFileSync("mkfifo", [path]),
    "a symlink": (path) => symlinkSync("/etc/passwd", path),
    "a folder": (path) => mkdirSync(path),
    "a name with a line end": (path) => writeFileSync(`${path}\n`, "x"),
    "a name in upper case": (path) => writeFileSync(path.replace(name, name.toUpperCase()), "x"),
    "a temporary file": (path) => writeFileSync(join(path, "..", `.${name}.ptar.0123456789ab.ptar-part`), "x"),
  };
  it.each(Object.keys(things))("is ignored: %s", async (what) => {
    const { folder, storage } = await inFolder();
    for (const [each, ending] of Object.entries(endings)) things[what]?.(join(folder, each, `${name}.${ending}`));
    await backedUpIn(storage);
    expect((await reopened(storage)).snapshots).toHaveLength(2);
    expect(await problemsIn(storage)).toEqual([]);
  });

  it.each(["fifo", "symlink"])("in place of a pack or the description is refused: a %s", async (what) => {
    const { folder, storage } = await inFolder();
    const [one] = readdirSync(join(folder, "packs"));
    for (const path of [join(folder, "packs", one as string), join(folder, "ptar-repository.json")]) {
      renameSync(path, join(folder, "moved"));
      if (what === "fifo") execFileSync("mkfifo", [path]);
      else symlinkSync("../moved", path);
      expect(await refusal(async () => filesOf(await reopened(storage)))).toMatch("PTAR_REPOSITORY_INVALID");
      execFileSync("mv", ["-f", join(folder, "moved"), path]);
    }
  });
});

describe("a file that is damaged", () => {
  it("among the packs of an index is found by check, however long it is", async () => {
    const { folder, storage } = await inFolder();
    const [one] = readdirSync(join(folder, "packs"));
    truncateSync(join(folder, "packs", one as string), 2 ** 40);
    expect(await problemsIn(storage)).toContain(`PTAR_TRAILER_MISSING packs/${one}`);
  });

  it("and empty does not keep anybody from writing when no index names it", async () => {
    const { folder, storage } = await inFolder();
    writeFileSync(join(folder, "packs", `${name}.ptar`), "");
    expect(await refusal(() => backedUpIn(storage))).toBe("nothing was refused");
  });

  it("among the marks does not keep anybody from reading", async () => {
    const { folder, storage } = await inFolder();
    writeFileSync(join(folder, "marks", `${name}.json`), "{}");
    expect(await refusal(async () => filesOf(await reopened(storage)))).toBe("nothing was refused");
  });

  it("among the marks is one of the problems that check lists", async () => {
    const { folder, storage } = await inFolder();
    writeFileSync(join(folder, "marks", `${name}.json`), "{}");
    expect(await problemsIn(storage)).toEqual([`PTAR_REPOSITORY_INVALID marks/${name}.json`]);
  });

  it.each(["snapshots", "index"])("is named where it keeps somebody from reading: in %s", async (each) => {
    const { folder, storage } = await inFolder();
    writeFileSync(join(folder, each, `${name}.ptar`), "");
    expect(await refusal(() => reopened(storage))).toContain(`${each}/${name}.ptar`);
  });
});

describe("index archives", () => {
  /** As they are, with one name for whatever is written next. */
  const writing = (storage: MemoryStorage, hex: string) => {
    const archives = archivesOf(storage);
    const crypto = { ...native.crypto, randomBytes: () => mustHex(hex) };
    return Object.assign(archives, { engine: { ...native, crypto } });
  };
  const [first, second] = ["11".repeat(32), "22".repeat(32)];

  it("that supersede each other do not vanish without a word", async () => {
    const storage = new MemoryStorage();
    const section = await publishPack(archivesOf(storage), "one");
    await publishSections(writing(storage, first), [section], [second]);
    await publishSections(writing(storage, second), [section], [first]);
    const told: string[] = [];
    const sentence = (index: string) => `repository: index/${index}.ptar: it and what it supersedes supersede each other`;
    expect(await refusal(() => readIndex(archivesOf(storage)))).toBe(`PTAR_CATALOGUE_INVALID: ${sentence(first)}`);
    const index = await readIndex(archivesOf(storage), undefined, { onProblem: (file, { message }) => told.push(`${file}: ${message}`) });
    expect(told.toSorted()).toEqual([first, second].map((name) => `index/${name}.ptar: ${sentence(name)}`));
    expect(named(index)).toEqual([]);
  });

  it("of which one forged one supersedes all leave nothing to prune, and a backup finds the packs again", async () => {
    const storage = new MemoryStorage();
    const repository = await newRepository({ storage });
    await backedUp(repository, { a: "text" });
    await publishSections(
      writing(storage, first),
      [],
      repository.index.sources().map(({ name: source }) => Buffer.from(source).toString("hex")),
    );
    const robbed = await reopened(storage);
    expect(robbed.index.size).toBe(0);
    const { prune } = await import("../../src/repository/prune/prune.js");
    const owner = { host: "here", user: "me", process: 1 };
    expect(await refusal(() => prune(robbed, { pack, owner, grace: 0 }))).toMatch("PTAR_OBJECT_MISSING");
    await backedUp(await reopened(storage), { b: "other" });
    const healed = await reopened(storage);
    expect(await filesOf(healed, Buffer.from(repository.snapshot("latest").id).toString("hex"))).toHaveProperty("a");
    expect(healed.archives.limits).toBe(limits);
  });
});
