// The journey of a large tree and of somebody else's archive over three computers, each with keys of its own. spec/16-transfer.md
import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ptar, repository, temporaryFolder } from "./program.js";

const folder = temporaryFolder();
const [siteA, siteB, third] = ["site-a", "site-b", "third"].map((name) => join(folder, name)) as [string, string, string];
const stick = join(folder, "stick");

/** Other trees to carry, separated by colons: the source of Linux, for one. */
const others = (process.env.PTAR_TREES ?? "").split(":").filter((path) => path !== "");

/** A snapshot of `repo snapshots --json`. */
interface StoredSnapshot {
  readonly id: string;
  readonly vouched: boolean;
  readonly statements: readonly object[];
}

/** Runs the program on one of the computers; it has to succeed. */
function on(computer: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = ptar(join(computer, "config"), ...args);
  expect(status, `ptar ${args.join(" ")}\n${stderr}`).toBe(0);
  return stdout;
}

/** The document of a command. */
function told(computer: string, ...args: readonly string[]): Record<string, unknown> {
  return JSON.parse(on(computer, ...args, "--json"));
}

/** The public line of a computer's own key, and its fingerprint. */
function keyOf(computer: string): { readonly file: string; readonly fingerprint: string } {
  const file = join(computer, "config/ptar/id_ed25519.pub");
  const [, fingerprint = ""] = spawnSync("ssh-keygen", ["-lf", file], { encoding: "utf8" }).stdout.split(" ");
  expect(fingerprint).toMatch(/^SHA256:/);
  return { file, fingerprint };
}

/** Text that compresses as source does, for there to be something that a thin archive leaves out. */
function makeTree(top: string): void {
  for (let n = 0; n < 4000; n++) {
    const place = join(top, `part-${String(n % 40).padStart(2, "0")}`, `group-${n % 200}`);
    mkdirSync(place, { recursive: true });
    const lines = Array.from({ length: 40 + (n % 60) }, (_, i) => `${n} ${(n * 2_654_435_761 + i * 40_503) >>> 0}: ${"word ".repeat(i % 9)}\n`);
    writeFileSync(join(place, `file-${n}.txt`), lines.join(""));
  }
}

/** Regular files below a folder, in the order of their names. */
function filesBelow(top: string): readonly string[] {
  return readdirSync(top, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

/** Changes each hundredth file; how many. */
function editHundredth(top: string): number {
  const chosen = filesBelow(top).filter((_, i) => i % 100 === 0);
  for (const file of chosen) appendFileSync(file, "edited at site A\n");
  return chosen.length;
}

function expectIdentical(one: string, other: string): void {
  const { status, stdout } = spawnSync("diff", ["-r", "--no-dereference", one, other], { encoding: "utf8" });
  expect({ status, stdout: stdout.slice(0, 1000) }).toEqual({ status: 0, stdout: "" });
}

describe.each(["a tree made for the test", ...others])("%s", (name) => {
  const tree = join(siteA, "tree");
  const [a, b] = [join(siteA, "repository"), join(siteB, "repository")];
  const have = join(stick, "b.have");
  let wholeBytes = 0;

  it("is backed up at site A and carried to site B", () => {
    for (const place of [siteA, siteB, third, stick]) rmSync(place, { recursive: true, force: true });
    for (const place of [siteA, siteB, third, stick]) mkdirSync(place);
    if (others.includes(name)) cpSync(name, tree, { recursive: true, verbatimSymlinks: true });
    else makeTree(tree);
    on(siteA, "repo", "init", a);
    const backed = told(siteA, "repo", "backup", a, tree);
    expect(backed).toMatchObject({ complete: true });
    on(siteB, "repo", "init", b);
    on(siteB, "repo", "have", b, "-o", have);
    const exported = told(siteA, "repo", "export", a, "latest", "--for", have, "-o", join(stick, "1.ptar"));
    expect(exported).toMatchObject({ leftOut: 0 });
    wholeBytes = Number(exported.archiveBytes);
    const { file } = keyOf(siteA);
    const untrusted = ptar(join(siteB, "config"), "repo", "import", b, join(stick, "1.ptar"));
    expect(untrusted.status).toBe(6);
    on(siteB, "trust", "add", file, "--name", "site A");
    expect(told(siteB, "repo", "import", b, join(stick, "1.ptar"))).toMatchObject({ added: [backed.snapshot] });
  });

  it("goes on as a thin archive after edits, and comes out at site B as it is at site A", () => {
    const edited = editHundredth(tree);
    expect(edited).toBeGreaterThan(0);
    const backed = told(siteA, "repo", "backup", a, tree);
    on(siteB, "repo", "have", b, "-o", have, "--force");
    const exported = told(siteA, "repo", "export", a, "latest", "--for", have, "-o", join(stick, "2.ptar"));
    console.info(`${name}: ${edited} files edited; ${wholeBytes} bytes whole, ${exported.archiveBytes} thin`);
    expect(exported.leftOut).toBeGreaterThan(0);
    expect(Number(exported.archiveBytes)).toBeLessThan(wholeBytes / 10);
    expect(statSync(join(stick, "2.ptar")).size).toBe(exported.archiveBytes);
    expect(on(siteB, "verify", join(stick, "2.ptar"))).toMatch(/^self-contained: no \(needs [\d ]+ objects?\)/m);
    expect(told(siteB, "verify", join(stick, "2.ptar"))).toMatchObject({ selfContained: { needs: exported.leftOut } });
    expect(told(siteB, "repo", "import", b, join(stick, "2.ptar"))).toMatchObject({ added: [backed.snapshot] });
    expect(told(siteB, "repo", "import", b, join(stick, "2.ptar"))).toMatchObject({ added: [], known: [backed.snapshot], addedBytes: 0 });
    const restored = join(siteB, "restored");
    on(siteB, "extract", b, "--snapshot", "latest", "-C", restored);
    expectIdentical(tree, join(restored, tree));
  });

  it("cannot be imported thin where the rest is missing: nothing changes, and a want-list is answered", () => {
    const c = join(third, "repository");
    on(third, "repo", "init", c);
    const [want, answer] = [join(stick, "want.ptar"), join(stick, "answer.ptar")];
    const args = ["repo", "import", c, join(stick, "2.ptar"), "--trust", keyOf(siteA).file];
    expect(ptar(join(third, "config"), ...args, "--want-out", want).status).toBe(7);
    expect(told(third, "repo", "snapshots", c)).toMatchObject({ snapshots: [] });
    on(siteA, "repo", "export", a, "latest", "--want", want, "-o", answer);
    on(third, ...args, answer);
    on(third, "extract", c, "-C", join(third, "restored"));
    expectIdentical(tree, join(third, "restored", tree));
  });

  it("shares the way with an archive of a third person, who is named at its end", () => {
    cpSync(join(repository, "examples/case"), join(third, "case"), { recursive: true, verbatimSymlinks: true });
    on(third, "create", join(stick, "third.ptar"), join(third, "case"), "--quiet");
    const author = keyOf(third);
    const imported = told(siteA, "repo", "import", a, join(stick, "third.ptar"), "--trust", author.file);
    const [snapshot = ""] = imported.added as readonly string[];
    // B reads what A wrote on the stick, and does not know the third person yet
    on(siteA, "repo", "export", a, snapshot, "-o", join(stick, "3.ptar"));
    const [fromA, atB] = [join(stick, "3.ptar"), join(stick, "4.ptar")];
    on(siteB, "trust", "add", author.file, "--name", "third person");
    expect(told(siteB, "repo", "import", b, fromA)).toMatchObject({ added: [snapshot] });
    on(siteB, "repo", "export", b, snapshot, "-o", atB);
    const verified = on(siteB, "verify", atB);
    const made = `contents signed by ${author.fingerprint} (trusted as "third person"); file made by ${keyOf(siteB).fingerprint} (your key)`;
    expect(verified).toContain(`\n${made}\n`);
    // as the third person signed it
    const snapshotOf = (archive: string) => (told(siteB, "verify", archive).snapshots as readonly object[])[0];
    expect(snapshotOf(atB)).toEqual(snapshotOf(join(stick, "third.ptar")));
    on(siteB, "extract", atB, "-C", join(siteB, "third"));
    expectIdentical(join(third, "case"), join(siteB, "third", third, "case"));
  });

  it("is the same on both sides after a sync, whole after a prune, and the signatures are still there", () => {
    expect(told(siteB, "repo", "sync", a, b)).toMatchObject({ same: true });
    on(siteB, "repo", "forget", b, "--keep-last", "1");
    on(siteB, "repo", "prune", b, "--grace", "0");
    expect(told(siteB, "repo", "check", b, "--level", "deep")).toMatchObject({ problemCount: 0, snapshots: 2 });
    const { snapshots } = told(siteB, "repo", "snapshots", b) as { readonly snapshots: readonly StoredSnapshot[] };
    expect(snapshots.map(({ vouched, statements: { length } }) => ({ vouched, length }))).toEqual(Array(2).fill({ vouched: true, length: 1 }));
    const [ours, theirs] = snapshots.map(({ id }, i) => {
      on(siteB, "extract", b, "--snapshot", id, "-C", join(siteB, `after-${i}`));
      return join(siteB, `after-${i}`);
    }) as [string, string];
    expectIdentical(tree, join(ours, tree));
    expectIdentical(join(third, "case"), join(theirs, third, "case"));
  });
});
