// ptar create.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Place, place, root } from "./run.js";
import { document } from "./schema.js";

function caseFolder(): Place {
  const made = place();
  cpSync(join(root, "examples/case"), join(made.folder, "case"), { recursive: true, verbatimSymlinks: true });
  return made;
}

describe("ptar create", () => {
  it("makes a key on first use and says so once", async () => {
    const { folder, ptar } = caseFolder();
    const first = await ptar("create", "a.ptar", "case");
    expect(first.code).toBe(0);
    expect(first.stderr).toContain(`ptar: made a signing key in ${join(folder, ".config/ptar/id_ed25519")}\n`);
    expect((await ptar("create", "b.ptar", "case")).stderr).toBe("");
  });

  it("prints a summary, and the id as the last line", async () => {
    const { ptar } = caseFolder();
    const { stdout } = await ptar("create", "a.ptar", "case");
    expect(stdout).toMatch(
      /^read {6}18 entries, 23\.5 kB in one pass\npacked {4}[\d.]+ kB {3}dedup 0 % {3}zstd\ncomplete {2}yes {3}seen 18, stored 18, failed 0, unstable 0, excluded 0\nsigned {4}SHA256:\S{43} \(your key\)\nptar1( [0-9a-f]{4}){16}\n$/,
    );
  });

  it("prints only the id with --quiet", async () => {
    const { ptar } = caseFolder();
    const { stdout, stderr } = await ptar("create", "a.ptar", "case", "--quiet");
    expect(stdout).toMatch(/^ptar1( [0-9a-f]{4}){16}\n$/);
    expect(stderr).toBe("");
  });

  it("gives one document with --json, whose id is that of verify", async () => {
    const { ptar } = caseFolder();
    const created = document("create", (await ptar("create", "a.ptar", "case", "--json", "--tag", "t", "--no-sign")).stdout);
    expect(created).toMatchObject({ archive: "a.ptar", complete: true, signers: [], exitCode: 0 });
    const verified = document("verify", (await ptar("verify", "a.ptar", "--allow-unsigned", "--json")).stdout);
    expect(verified).toMatchObject({ id: created.id, snapshots: [{ id: created.snapshot, snapshot: { tags: ["t"] } }] });
  });

  it("leaves out what --exclude names, and counts it", async () => {
    const { ptar } = caseFolder();
    const created = document("create", (await ptar("create", "a.ptar", "case", "--exclude", "*.csv", "--exclude", "/case/mail", "--json")).stdout);
    expect(created).toMatchObject({ completeness: { excluded: 3, stored: 13, seen: 16 } });
    expect((await ptar("list", "a.ptar")).stdout).not.toMatch(/csv|mail/);
  });

  it("never packs the archive into itself", async () => {
    const { ptar } = caseFolder();
    const created = document("create", (await ptar("create", "case/a.ptar", "case", "--json")).stdout);
    expect(created).toMatchObject({ completeness: { excluded: 1 }, exitCode: 0 });
  });

  it("does not pack the archive that it replaces into the new one", async () => {
    const { ptar, shell } = place();
    await shell("mkdir self && echo one > self/a && ptar create self/a.ptar self --quiet && ptar create --force self/a.ptar self --quiet");
    expect((await ptar("list", "self/a.ptar")).stdout).toBe("self/\nself/a\n");
  });

  it("does not replace an archive without --force, nor anything but a file with it", async () => {
    const { folder, ptar } = caseFolder();
    writeFileSync(join(folder, "a.ptar"), "mine");
    const refused = await ptar("create", "a.ptar", "case");
    expect(refused).toMatchObject({ code: 9, stdout: "" });
    expect(refused.stderr).toMatch(/^ptar: a\.ptar: exists\nptar: hint: .*--force/);
    expect(readFileSync(join(folder, "a.ptar"), "utf8")).toBe("mine");
    expect((await ptar("create", "a.ptar", "case", "--force")).code).toBe(0);
    expect((await ptar("create", "case", "a.ptar", "--force")).code).toBe(9);
  });

  it("records host, user, command line and paths only with --provenance", async () => {
    const { folder, ptar } = caseFolder();
    await ptar("create", "a.ptar", "case", "--codec", "store");
    const bytes = readFileSync(join(folder, "a.ptar")).toString("latin1");
    for (const word of [hostname(), folder, "create a.ptar"]) expect(bytes).not.toContain(word);
    await ptar("create", "b.ptar", "case", "--provenance");
    const { stdout } = await ptar("info", "b.ptar");
    expect(stdout).toContain(`host        ${hostname()}\n`);
    expect(stdout).toContain("command     ptar create b.ptar case --provenance\n");
    expect(stdout).toContain(`source      case (${join(folder, "case")})\n`);
  });

  it("records the case fields", async () => {
    const { ptar } = caseFolder();
    const fields = ["--case", "26-1187", "--exhibit", "JD/4", "--examiner", "J. Doe", "--authority", "warrant 7", "--note", "sealed"];
    await ptar("create", "a.ptar", "case", ...fields);
    const info = document("info", (await ptar("info", "a.ptar", "--json")).stdout);
    const given = { case: "26-1187", exhibit: "JD/4", examiner: "J. Doe", authority: "warrant 7", note: "sealed" };
    expect(info).toMatchObject({ snapshots: [{ snapshot: { case: given } }] });
  });

  it("gives the same bytes for the same tree and key with --reproducible", async () => {
    const { folder, ptar, shell } = caseFolder();
    await ptar("create", "a.ptar", "case", "--reproducible");
    await ptar("create", "b.ptar", "case", "--reproducible");
    await shell("ptar create c.ptar case --reproducible", { SOURCE_DATE_EPOCH: "86400" });
    const [a, b, c] = ["a", "b", "c"].map((name) => readFileSync(join(folder, `${name}.ptar`)));
    expect(a).toEqual(b);
    expect(c).not.toEqual(a);
    expect((await ptar("info", "c.ptar")).stdout).toContain("1970-01-02T00:00:00Z");
  });

  it.each([
    ["a source that is not there", ["create", "a.ptar", "case", "nope"], 7, "PTAR_SOURCE_NOT_FOUND"],
    ["two sources of one name", ["create", "a.ptar", "case/notes.md", "./x/../case/notes.md", "y/case"], 7, "PTAR_SOURCE_NOT_FOUND"],
    ["a key that is not there", ["create", "a.ptar", "case", "--key", "nope"], 7, "PTAR_KEY_NOT_FOUND"],
    ["a public key as the key", ["create", "a.ptar", "case", "--key", "k.pub"], 7, "PTAR_KEY_NOT_FOUND"],
    ["a folder that is not there", ["create", "no/a.ptar", "case"], 1, "PTAR_IO_FAILED"],
  ])("leaves nothing behind after %s", async (_, args, exitCode, code) => {
    const { folder, ptar } = caseFolder();
    await ptar("keygen", "--out", "k");
    const before = readdirSync(folder).sort();
    const { stdout, stderr, code: exit } = await ptar(...args, "--json");
    expect(document("error", stdout)).toMatchObject({ error: { code }, exitCode });
    expect(exit).toBe(exitCode);
    expect(stderr).toMatch(/^ptar: .+\n/);
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  it("warns of a private key that others may read", async () => {
    const { folder, ptar, shell } = caseFolder();
    await ptar("keygen", "--out", "k");
    await shell("chmod 644 k");
    expect((await ptar("create", "a.ptar", "case", "--key", "k")).stderr).toBe(
      "ptar: key k: other users may read it (mode 644)\nptar: hint: chmod 600 k\n",
    );
    renameSync(join(folder, "k"), join(folder, "my key"));
    expect((await ptar("create", "b.ptar", "case", "--key", "my key", "--quiet")).stderr).toBe(
      "ptar: key my key: other users may read it (mode 644)\nptar: hint: chmod 600 'my key'\n",
    );
  });
});

describe("sources that are left out", () => {
  it.each([[], ["--quiet"]])("are named, with %j", async (...more) => {
    const { ptar, shell } = place();
    await shell("mkdir -p src/sub; touch src/sub/a src/b c");
    const left = async (...args: readonly string[]) => {
      const { code, stderr } = await ptar("create", "a.ptar", "--no-sign", "--force", ...more, ...args);
      expect(code).toBe(0);
      return stderr;
    };
    const note = (source: string) => `ptar: source ${source}: is excluded, the archive holds nothing of it\n`;
    expect(await left("src", "c", "--exclude", "/c")).toBe(note("c"));
    expect(await left("src/sub/a", "c", "--exclude", "src/sub/")).toBe(note("src/sub/a"));
    expect(await left("src", "a.ptar")).toBe(note("a.ptar"));
    expect(await left("src", "--exclude", "sub")).toBe("");
    expect(await left(".", "--exclude", "*")).toBe("ptar: everything was excluded: the archive holds no entries\n");
    expect(await left("c", "--exclude", "c")).toBe(`${note("c")}ptar: everything was excluded: the archive holds no entries\n`);
    await shell("mkdir empty");
    expect(await left("empty/.", "--exclude", "x")).toBe("");
  });
});

describe("an incomplete collection", () => {
  it("says recorded where nobody signs, also when a file without a size could not be read", async () => {
    const { ptar } = place();
    const { code, stderr } = await ptar("create", "m.ptar", "/proc/self/mem", "--no-sign");
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr:
        "ptar: proc/self/mem: read: EIO\nptar: incomplete: 1 failed and 0 unstable; the archive is recorded as incomplete\n" +
        "ptar: hint: ptar list --json shows what happened to each\n",
    });
    expect((await ptar("list", "m.ptar", "--json")).stdout).toContain('"errors":[{"code":"EIO","length":1,"offset":0,"operation":"read"}]');
    expect((await ptar("verify", "m.ptar", "--allow-unsigned", "--level", "deep")).code).toBe(3);
  });

  it("exits 3 now and at every verify, with the failures named", async () => {
    const { folder, ptar } = place();
    // deeper than the format goes, which nobody can collect, root neither
    const deep = `src${"/d".repeat(257)}`;
    mkdirSync(join(folder, deep), { recursive: true });
    writeFileSync(join(folder, deep, "lost"), "x");
    writeFileSync(join(folder, "src/good"), "x");
    const created = await ptar("create", "a.ptar", "src");
    expect(created.code).toBe(3);
    expect(created.stdout).toMatch(/\ncomplete {2}no {4}seen \d+, stored \d+, failed 1, unstable 0/);
    expect(created.stderr).toMatch(/ptar: src\/d\S+: .*\nptar: incomplete: 1 failed and 0 unstable; the archive is signed as incomplete\n/);
    const verified = await ptar("verify", "a.ptar", "--json");
    expect(verified.code).toBe(3);
    expect(document("verify", verified.stdout)).toMatchObject({ completeness: { status: "incomplete", counters: { failed: 1 } }, exitCode: 3 });
    expect((await ptar("list", "a.ptar", "--long")).stdout).toMatch(/ {2}\[list: E[A-Z]+\]\n/);
    const extracted = await ptar("extract", "a.ptar", "-C", "out", "--json");
    expect(extracted.code).toBe(3);
    expect(document("extract", extracted.stdout)).toMatchObject({ incomplete: 1, exitCode: 3 });
    expect(existsSync(join(folder, "out/src/good"))).toBe(true);
  });
});
