// Several programs that back up, import, sync, forget, read and prune at once, without a lock: nothing that one of them reported is lost. spec/15-repository.md#publishing
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { folderStorage } from "../../src/connectors/node/storage/folder-storage.js";
import { Repository } from "../../src/repository/repository.js";
import { native, noise } from "../archive/engines.js";
import { digestOf, filesOf } from "../repository/repositories.js";
import { type Outcome, type Place, place } from "./run.js";

const milliseconds = 15_000;
/** On a slow machine until a prune has deleted something, but no longer than this. */
const mostMilliseconds = 90_000;
/** Longer than a writer needs between its last look at the marks and its snapshot, shorter than it needs for all of it. */
const graceSeconds = "3";
const contents = Array.from({ length: 6 }, (_, i) => noise(200_000 + 150_000 * i, 100 + i));
const digests = contents.map((content) => digestOf(content));

/** What is in the files of snapshots that were reported, by their ids. */
type Reported = Map<string, Readonly<Record<string, string>>>;

/** Writes a folder of three files out of the few contents, so that programs store and forget the same things; digests by path. */
function tree(folder: string, name: string, seed: number): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  mkdirSync(join(folder, name), { recursive: true });
  for (const [file, step] of Object.entries({ a: 1, b: 2, c: 5 })) {
    const chosen = (seed * step) % contents.length;
    writeFileSync(join(folder, name, file), contents[chosen] as Uint8Array);
    files[`${name}/${file}`] = digests[chosen] as string;
  }
  writeFileSync(join(folder, name, "seed"), `${name} ${seed}`);
  return { ...files, [`${name}/seed`]: digestOf(new TextEncoder().encode(`${name} ${seed}`)) };
}

/** Whether a command succeeded. One that was overtaken by a prune says so, and is to be run again. */
function succeeded({ code, stdout, stderr }: Outcome, what: string): boolean {
  if (code === 0) return true;
  expect(`${stdout}${stderr}`, what).toContain("a prune has deleted packs that this run relied on");
  return false;
}

async function backUp({ ptar }: Place, repository: string, name: string): Promise<string | undefined> {
  const outcome = await ptar("repo", "backup", repository, name, "--quiet");
  return succeeded(outcome, `backup of ${name}`) ? outcome.stdout.trim() : undefined;
}

test("whoever writes, reads and prunes at once loses nothing", async () => {
  const here = place();
  const { folder, ptar } = here;
  for (const location of ["r", "other"]) expect(await ptar("repo", "init", location, "--pack-size", "1M")).toMatchObject({ code: 0 });
  const reported: Reported = new Map();
  const steady = tree(folder, "steady", 3);
  const stable = (await backUp(here, "r", "steady")) as string;
  reported.set(stable, steady);
  const archives: { readonly path: string; readonly files: Readonly<Record<string, string>> }[] = [];
  for (let i = 0; i < 6; i++) {
    const files = tree(folder, `made${i}`, i + 2);
    expect(await ptar("create", `made${i}.ptar`, `made${i}`, "--quiet")).toMatchObject({ code: 0 });
    archives.push({ path: `made${i}.ptar`, files });
  }
  const began = Date.now();
  const counts = { backups: 0, overtaken: 0, imports: 0, syncs: 0, forgotten: 0, reads: 0, deletedPacks: 0, prunes: 0 };
  const until = async (work: (turn: number) => Promise<void>): Promise<void> => {
    const goesOn = () => Date.now() - began < (counts.deletedPacks > 0 ? milliseconds : mostMilliseconds);
    for (let turn = 0; goesOn(); turn++) await work(turn);
  };

  const backups = (name: string, repository: string, first: number) =>
    until(async (turn) => {
      const files = tree(folder, name, first + turn);
      const id = await backUp(here, repository, name);
      if (id === undefined) counts.overtaken++;
      else reported.set(id, files);
      counts.backups++;
    });
  const imports = (first: number) =>
    until(async (turn) => {
      const one = archives[(first + turn) % archives.length];
      if (one === undefined) return;
      const outcome = await ptar("repo", "import", "r", one.path, "--json");
      if (!succeeded(outcome, "import")) return;
      const { added, known } = JSON.parse(outcome.stdout) as { readonly added: readonly string[]; readonly known: readonly string[] };
      for (const id of [...added, ...known]) reported.set(id, one.files);
      counts.imports++;
    });
  const syncs = () =>
    until(async () => {
      if (succeeded(await ptar("repo", "sync", "other", "r"), "sync")) counts.syncs++;
    });
  /** Leaves behind what others are about to need. */
  const forgets = () =>
    until(async (turn) => {
      tree(folder, "passing", turn);
      const id = await backUp(here, "r", "passing");
      if (id === undefined) return;
      expect(await ptar("repo", "forget", "r", id)).toMatchObject({ code: 0 });
      counts.forgotten++;
    });
  const reads = () =>
    until(async (turn) => {
      const out = join(folder, `read${turn}`);
      const ways = [
        ["extract", "r", "--snapshot", stable, "-C", out],
        ["list", "r", "--snapshot", "latest"],
        ["repo", "check", "r", "--level", "standard", "--json"],
      ];
      const { code, stdout, stderr } = await ptar(...(ways[turn % ways.length] ?? []));
      expect({ code, problems: code === 0 ? "" : stdout + stderr }).toEqual({ code: 0, problems: "" });
      counts.reads++;
    });
  const prunes = () =>
    until(async () => {
      const { code, stdout, stderr } = await ptar("repo", "prune", "r", "--grace", graceSeconds, "--json");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      counts.deletedPacks += (JSON.parse(stdout) as { readonly deletedPacks: number }).deletedPacks;
      counts.prunes++;
      await sleep(200);
    });

  await Promise.all([
    backups("one", "r", 0),
    backups("two", "r", 1),
    backups("three", "other", 2),
    imports(0),
    imports(3),
    syncs(),
    forgets(),
    reads(),
    prunes(),
  ]);
  console.info(JSON.stringify(counts));
  expect(counts.deletedPacks).toBeGreaterThan(0);
  expect(counts.backups).toBeGreaterThan(counts.overtaken);

  const check = await ptar("repo", "check", "r", "--level", "deep", "--json");
  expect(JSON.parse(check.stdout)).toMatchObject({ problems: [], exitCode: 0 });
  expect(await ptar("repo", "sync", "other", "r")).toMatchObject({ code: 0 });
  expect(await ptar("repo", "prune", "r", "--grace", "0")).toMatchObject({ code: 0 });
  const repository = await Repository.open(folderStorage(join(folder, "r")), { engine: native });
  for (const [id, files] of reported) expect(await filesOf(repository, id), id).toEqual(files);
  await repository.close();
  expect(await ptar("extract", "r", "--snapshot", stable, "-C", "out")).toMatchObject({ code: 0 });
});
