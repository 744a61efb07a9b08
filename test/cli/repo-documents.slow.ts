// Repositories from the command line: the documents of --json satisfy their schemas, people are told what was done and what comes next. spec/15-repository.md
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { place, placeIn, root } from "./run.js";
import { document } from "./schema.js";

const hex = expect.stringMatching(/^[0-9a-f]{64}$/);
const folder = mkdtempSync(join(tmpdir(), "ptar-cli-"));
const here = placeIn(folder);

beforeAll(() => cpSync(join(root, "examples/case"), join(folder, "case"), { recursive: true, verbatimSymlinks: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a repo command with --json in `folder`; its document, which tells the exit code. */
async function json(name: string, ...args: readonly string[]) {
  const { code, stdout } = await here.ptar("repo", name, ...args, "--json");
  const value = document(`repo-${name}`, stdout);
  expect(value.exitCode).toBe(code);
  return value;
}

/** The document of a repo command that fails in `where`. */
async function failure(where: Pick<typeof here, "ptar">, ...args: readonly string[]) {
  const { code, stdout, stderr } = await where.ptar("repo", ...args, "--json");
  for (const line of stderr.trimEnd().split("\n")) expect(line).toMatch(/^ptar: /);
  const value = document("error", stdout);
  expect(value.exitCode).toBe(code);
  return value;
}

/** Turns one bit of the only file of a folder. */
function damage(place: string): void {
  const path = join(place, ...readdirSync(place).slice(0, 1));
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length / 4);
  bytes[at] = (bytes[at] as number) ^ 1;
  writeFileSync(path, bytes);
}

describe("documents of repo commands", () => {
  it("tell what was made, added and held", async () => {
    expect(await json("init", "a", "--pack-size", "1M", "--chunker", "fine")).toEqual({
      location: "a",
      id: hex,
      encrypted: false,
      recipients: [],
      passphrase: false,
      packSize: 1_048_576,
      chunker: "fine",
      exitCode: 0,
    });
    const first = await json("backup", "a", "case", "--tag", "weekly");
    expect(first).toMatchObject({ location: "a", parent: null, complete: true, entries: 18, problems: [] });
    const second = await json("backup", "a", "case", "--no-sign", "--parent", String(first.snapshot));
    expect(second).toMatchObject({ parent: first.snapshot, signers: [], addedObjects: 0, addedBytes: 0 });
    expect(await json("snapshots", "a")).toMatchObject({ snapshots: [{ id: first.snapshot, vouched: true }, { id: second.snapshot }] });
    const shown = await json("show", "a", String(first.snapshot).slice(0, 8));
    expect(shown).toMatchObject({ id: first.snapshot, statements: [{ role: "author" }], snapshot: { tags: ["weekly"] } });
    expect(await json("have", "a", "-o", "a.have")).toMatchObject({ list: "a.have", snapshots: 2, others: 0 });
    expect(await json("check", "a")).toMatchObject({
      level: "full",
      snapshots: 2,
      packs: 1,
      problemCount: 0,
      affected: { snapshots: [], paths: [] },
    });
    expect(await json("unlock", "a")).toEqual({ location: "a", lock: null, ageSeconds: null, temporaryFiles: 0, exitCode: 0 });
  });

  it("tell what went to another repository", async () => {
    await json("init", "b");
    await json("have", "b", "-o", "b.have");
    const exported = await json("export", "a", "latest", "-o", "x.ptar", "--for", "b.have");
    expect(exported).toMatchObject({ location: "a", archive: "x.ptar", id: hex, leftOut: 0 });
    const thin = await json("export", "a", "latest", "-o", "thin.ptar", "--for", "a.have");
    expect(thin).toMatchObject({ original: false, objects: 0, leftOut: 1 });
    expect(await json("import", "b", "x.ptar", "--any-signer")).toMatchObject({ added: [hex], known: [] });
    expect(await json("import", "b", "x.ptar", "--any-signer")).toMatchObject({ added: [], known: [hex], addedBytes: 0 });
    const whole = await json("export", "a", "latest", "-o", "whole.ptar");
    await json("init", "adopting");
    const adopt = () => json("import", "adopting", "whole.ptar", "--any-signer", "--adopt");
    expect(await adopt()).toMatchObject({ adopted: [{ id: whole.id, outcome: "kept" }] });
    expect(await adopt()).toMatchObject({ adopted: [{ id: whole.id, outcome: "there" }] });
    const original = await json("export", "adopting", "--original", "latest", "-o", "original.ptar");
    expect(original).toMatchObject({ original: true, id: whole.id, signers: [], objects: null, archiveBytes: whole.archiveBytes });
    const wish = await json("sync", "a", "b", "--dry-run");
    const nothing = { addedObjects: null, addedBytes: null };
    expect(wish).toMatchObject({
      same: false,
      taken: [
        { from: "a", to: "b", snapshots: [hex], ...nothing },
        { snapshots: [], ...nothing },
      ],
    });
    const done = await json("sync", "a", "b");
    expect(done).toMatchObject({ location: "a", other: "b", dryRun: false, same: true, taken: [{ addedObjects: 0, addedBytes: 0 }, {}] });
    expect((done.proofs as readonly string[])[0]).toBe((done.proofs as readonly string[])[1]);
  });

  it("tell what was forgotten and pruned, or would be", async () => {
    expect(await json("forget", "b", "--keep-last", "1", "--dry-run")).toMatchObject({ forgotten: [], kept: 2, dryRun: true });
    expect(await json("forget", "b", "latest")).toMatchObject({ forgotten: [hex], kept: 1, dryRun: false });
    await json("forget", "b", "latest");
    const look = await json("prune", "b", "--dry-run");
    expect(look).toMatchObject({ dryRun: true, grace: 86_400, deletedPacks: 0, markedPacks: 1 });
    expect(await json("prune", "b", "--grace", "0")).toMatchObject({ dryRun: false, grace: 0, deletedPacks: 1, markedPacks: 0 });
    expect(await json("snapshots", "b")).toMatchObject({ snapshots: [] });
  });

  it("tell whose lock was removed", async () => {
    const lock = { createdAt: "2026-11-22T09:00:00Z", ext: [], host: "h\u001b[2J", operation: "prune", process: 7, type: "lock", user: "u" };
    mkdirSync(join(folder, "a/locks"), { recursive: true });
    const write = () => writeFileSync(join(folder, "a/locks/prune.json"), JSON.stringify(lock));
    write();
    expect(await failure(here, "prune", "a")).toMatchObject({ exitCode: 11, error: { code: "PTAR_REPOSITORY_LOCKED" } });
    expect(await json("unlock", "a")).toMatchObject({ lock, ageSeconds: expect.any(Number), temporaryFiles: 0 });
    write();
    const { stdout } = await here.ptar("repo", "unlock", "a");
    expect(stdout).toMatch(/^removed the lock of process 7 of u on h\\x1b\[2J, since 2026-11-22T09:00:00Z, \d+ seconds ago\n$/);
    expect(await json("prune", "a", "--dry-run")).toMatchObject({ exitCode: 0 });
  });

  it("tell what is damaged and what it affects", async () => {
    cpSync(join(folder, "a"), join(folder, "damaged"), { recursive: true });
    damage(join(folder, "damaged/packs"));
    const checked = await json("check", "damaged");
    expect(checked).toMatchObject({ exitCode: 4, snapshots: 2, affected: { snapshots: [hex, hex] } });
    expect(checked.problems).toContainEqual(expect.objectContaining({ file: expect.stringMatching(/^packs\/[0-9a-f]{64}\.ptar$/) }));
    expect(checked.problemCount).toBe((checked.problems as readonly unknown[]).length);
    const { stdout, stderr } = await here.ptar("repo", "check", "damaged");
    expect(stdout).toMatch(/^damaged {3}2 snapshots, 1 pack, /);
    expect(stdout).toMatch(/^affected {2}snapshot [0-9a-f]{64}$/m);
    expect(stdout).toMatch(/^affected {2}[0-9a-f]{12} {2}\S/m);
    expect(stderr).toMatch(/^ptar: packs\/[0-9a-f]{64}\.ptar: .* \(PTAR_\w+\)$/m);
  });

  it("tell failures as those of other commands", async () => {
    const missing = "repository nowhere: there is no ptar-repository.json";
    for (const name of ["snapshots", "check", "prune", "unlock"])
      expect(await failure(here, name, "nowhere")).toMatchObject({ exitCode: 7, error: { code: "PTAR_REPOSITORY_NOT_FOUND", message: missing } });
    expect(await failure(here, "init", "a")).toMatchObject({ exitCode: 9, error: { code: "PTAR_TARGET_EXISTS" } });
    expect(await failure(here, "forget", "a")).toMatchObject({ exitCode: 2, error: { code: "PTAR_USAGE" } });
    expect(await failure(here, "show", "a", "ffffffff")).toMatchObject({ exitCode: 7, error: { code: "PTAR_SNAPSHOT_NOT_FOUND" } });
    await json("init", "empty");
    const refused = await failure(here, "import", "empty", "thin.ptar", "--any-signer", "--want-out", "want.ptar");
    expect(refused).toMatchObject({ exitCode: 7, error: { code: "PTAR_PREREQUISITE_MISSING", details: { missing: expect.any(Number) } } });
    expect(await json("export", "a", "latest", "--want", "want.ptar", "-o", "answer.ptar")).toMatchObject({ leftOut: 0 });
    expect(await json("import", "empty", "answer.ptar", "--any-signer")).toMatchObject({ added: [hex] });
  });

  it("tell whom a repository is encrypted for, and refuse without a key", async () => {
    const { ptar, shell } = place();
    const recipient = (await ptar("keygen", "--identity", "--out", "id.txt")).stdout.trim();
    const env = { PTAR_PASSPHRASE: "correct horse battery staple" };
    const made = await shell(`ptar repo init e --recipient ${recipient} --passphrase --json`, env);
    expect(document("repo-init", made.stdout)).toMatchObject({ encrypted: true, recipients: [recipient], passphrase: true });
    expect(await failure({ ptar }, "snapshots", "e")).toMatchObject({ exitCode: 8, error: { code: "PTAR_KEY_REQUIRED" } });
    expect((await ptar("repo", "snapshots", "e", "--identity", "id.txt")).stderr).toBe("ptar: there are no snapshots\n");
    const open = await failure({ ptar }, "have", "e", "--identity", "id.txt", "-o", "e.have");
    expect(open).toMatchObject({ exitCode: 2, error: { hint: "name the other side: --recipient age1…" } });
  });
});

describe("what people are told", () => {
  it("of a new repository: how it opens, and what to do next", async () => {
    const { ptar, shell } = place();
    const recipient = (await ptar("keygen", "--identity", "--out", "id.txt")).stdout.trim();
    const { stdout, stderr } = await shell(`ptar repo init "my case" --recipient ${recipient} --passphrase`, {
      PTAR_PASSPHRASE: "correct horse battery staple",
    });
    expect(stdout).toMatch(/^[0-9a-f]{64}\n$/);
    expect(stderr).toBe(
      [
        "ptar: made a repository in my case: encrypted for 1 recipient and a passphrase, packs of 67.1 MB",
        "ptar: hint: keep a copy of what opens it in a safe place: without it nobody can read a backup again",
        "ptar: hint: `ptar repo backup 'my case' PATH` adds the first snapshot",
        "",
      ].join("\n"),
    );
  });

  it("of an incomplete backup: how many, and how to see which", async () => {
    const { ptar, shell } = place();
    await ptar("repo", "init", "r");
    const { code, stdout, stderr } = await shell("mkdir d; printf a > d/a; ptar repo backup r /proc/self/mem d");
    expect(code).toBe(3);
    const id = stdout.trimEnd().split("\n").at(-1) ?? "";
    expect(stderr).toContain("failed and 0 unstable; the snapshot is signed as incomplete\n");
    expect(stderr).toContain(`ptar: hint: \`ptar list r --snapshot ${id.slice(0, 12)} --json\` shows what happened to each\n`);
  });

  it("of a backup of nothing", async () => {
    const { ptar, shell } = place();
    await ptar("repo", "init", "r");
    const { code, stderr } = await shell("mkdir d; ptar repo backup r d --exclude d");
    expect(code).toBe(0);
    expect(stderr).toContain("ptar: the sources are empty, or everything was excluded: the snapshot holds no entries\n");
  });

  it("of a backup of the folder that the repository is in: it is left out, and counted", async () => {
    const { ptar, shell } = place();
    await shell("mkdir d; printf a > d/a; ptar repo init d/r; ln -s d/r link");
    const backed = document("repo-backup", (await ptar("repo", "backup", "link", "d", "--json")).stdout);
    expect(backed).toMatchObject({ entries: 2, completeness: { seen: 3, stored: 2, excluded: 1 } });
    expect((await ptar("list", "d/r")).stdout).toBe("d/\nd/a\n");
  });

  it("of dry runs: what would be, and that nothing was", async () => {
    const { ptar, shell } = place();
    await shell("mkdir d; printf a > d/a; ptar repo init r; ptar repo init s; ptar repo backup r d --tag t");
    const forgot = await ptar("repo", "forget", "r", "latest", "--dry-run");
    expect(forgot.stderr).toBe("ptar: would forget 1 snapshot, 0 are kept\n");
    expect(forgot.stdout).toMatch(/^[0-9a-f]{64} {2}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}d {2}\[t\]\n$/);
    await ptar("repo", "forget", "r", "latest");
    const pruned = await ptar("repo", "prune", "r", "--dry-run");
    expect(pruned.stderr).toBe("ptar: a dry run: nothing was changed\n");
    expect(pruned.stdout).toMatch(/^would delete 0 packs, 0 B\nwould mark {3}1 pack, [\d.]+ kB\n$/);
    expect((await ptar("repo", "prune", "r", "--grace", "90")).stderr).toContain("deletes marked packs when run after 1:30\n");
    const carried = await shell("ptar repo backup s d --quiet; ptar repo sync s r --one-way --dry-run 2>&1");
    expect(carried.stdout).toMatch(/\nptar: r would take 1 snapshot of s\nsnapshots {7}[0-9a-f]{64} {2}s\nsnapshots {7}[0-9a-f]{64} {2}r\n$/);
  });
});
