// ptar info, ptar verify and ptar repo stats of repositories, by the real program.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { noise } from "../archive/engines.js";
import { type Place, placeIn } from "./run.js";
import { document } from "./schema.js";

let there: Place;
const at = (...names: readonly string[]) => join(there.folder, ...names);

async function done(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await there.ptar(...args);
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  return stdout;
}

beforeAll(async () => {
  there = placeIn(mkdtempSync(join(tmpdir(), "ptar-facts-")));
  mkdirSync(at("case", "mail"), { recursive: true });
  writeFileSync(at("case", "image"), noise(300_000));
  writeFileSync(at("case", "mail", "a"), "one");
  await done("keygen");
  await done("repo", "init", "repo");
  await done("repo", "backup", "repo", "case");
  writeFileSync(at("case", "mail", "b"), "two");
  await done("repo", "backup", "repo", "case");
});
afterAll(() => rmSync(there.folder, { recursive: true, force: true }));

describe("info", () => {
  it("describes a repository, and one snapshot of it", async () => {
    const lines = (await done("info", "repo")).split("\n");
    expect(lines).toEqual(expect.arrayContaining([expect.stringMatching(/^repository {2}[0-9a-f]{64}$/), "encrypted   no", "location    repo"]));
    expect(lines.join("\n")).toMatch(/^snapshots {3}2, \d{4}-.* to \d{4}-|^snapshots {3}2, of \d{4}-/m);
    const one = await done("info", "repo", "--snapshot", "latest");
    expect(one).toMatch(/^snapshot {4}[0-9a-f]{64}$/m);
    expect(one).toMatch(/^signed by {3}SHA256:\S+ \(your key\)$/m);
  });

  it("does so as a document", async () => {
    const all = document("info", await done("info", "repo", "--json"));
    expect(all).toMatchObject({ location: "repo", packs: { count: 2 }, snapshots: [{ vouched: true }, { vouched: true }] });
    expect(document("info", await done("info", "repo", "--json", "--snapshot", "latest"))).toMatchObject({
      id: all.id,
      snapshots: [{ vouched: true }],
    });
  });

  it("shows one snapshot of an archive where that is asked for", async () => {
    await done("create", "a.ptar", "case");
    const { snapshots } = document("info", await done("info", "a.ptar", "--json")) as unknown as {
      readonly snapshots: readonly { readonly id: string }[];
    };
    const id = snapshots[0]?.id as string;
    expect(document("info", await done("info", "a.ptar", "--json", "--snapshot", id.slice(0, 8)))).toMatchObject({ snapshots: [{ id }] });
    expect(await there.ptar("info", "a.ptar", "--snapshot", "00")).toMatchObject({ code: 7 });
  });

  it("tells what can be seen of an encrypted repository without its key", async () => {
    const none = { PTAR_PASSPHRASE: "" };
    await there.shell("PTAR_PASSPHRASE='orbit velvet crumb tunnel 47' ptar repo init sealed --passphrase && cp -r case case2", none);
    expect((await there.shell("PTAR_PASSPHRASE='orbit velvet crumb tunnel 47' ptar repo backup sealed case")).code).toBe(0);
    const locked = await there.shell("ptar info sealed </dev/null");
    expect(locked).toMatchObject({ code: 0, stdout: expect.stringMatching(/^encrypted {3}yes, 1 passphrase$/m) });
    expect(locked.stdout).toMatch(/^contents {4}encrypted, not opened$/m);
    const json = document("info", (await there.shell("ptar info sealed --json </dev/null")).stdout);
    expect(json).toMatchObject({ encryption: { keySource: "repository", passphrases: 1, opened: false } });
    expect(json.snapshots).toBeUndefined();
    const opened = await there.shell("PTAR_PASSPHRASE='orbit velvet crumb tunnel 47' ptar info sealed --json");
    expect(document("info", opened.stdout)).toMatchObject({ encryption: { opened: true }, snapshots: [{ vouched: true }] });
    expect(await there.shell("PTAR_PASSPHRASE='orbit velvet crumb tunnel 48' ptar info sealed")).toMatchObject({ code: 8 });
    expect(await there.shell("ptar info sealed --snapshot latest </dev/null")).toMatchObject({ code: 8 });
    expect(await there.shell("ptar verify sealed </dev/null")).toMatchObject({ code: 8 });
  });
});

describe("verify", () => {
  it("gives five verdicts about all snapshots of a repository", async () => {
    const lines = (await done("verify", "repo")).split("\n");
    const words = lines.map((line) => line.split(/\s+/).slice(0, 2).join(" "));
    expect(words.slice(0, 5)).toEqual(["integrity ok", "signature trusted", "time claimed", "completeness complete", "custody none"]);
    expect(lines.filter((line) => /^snapshot [0-9a-f]{64} of \S+ signed by SHA256:\S+ \(your key\)$/.test(line))).toHaveLength(2);
  });

  it.each(["standard", "full", "deep"])("gives them as a document at level %s", async (level) => {
    const all = document("verify", await done("verify", "repo", "--level", level, "--json"));
    expect(all).toMatchObject({ location: "repo", archiveId: null, level, selfContained: { status: "yes" }, generations: [], exitCode: 0 });
    const one = document("verify", await done("verify", "repo", "--level", level, "--json", "--snapshot", "latest"));
    expect(one.snapshots).toHaveLength(1);
  });

  it("exits as of an archive when nobody trusts the signer", async () => {
    await done("keygen", "--out", "other");
    const { code, stderr, stdout } = await there.ptar("verify", "repo", "--trust", "other.pub");
    expect(code).toBe(6);
    expect(stdout).toMatch(/^signature {5}unknown key/m);
    expect(stderr).toMatch(/hint: once its owner has confirmed SHA256:\S+: ptar trust add 'ssh-ed25519/);
    expect(await there.ptar("verify", "repo", "--any-signer", "--json")).toMatchObject({ code: 0 });
    expect(await there.ptar("verify", "repo", "--any-signer", "--trust", "other.pub")).toMatchObject({ code: 2 });
    expect(await there.shell("rm -rf alone; mkdir alone; XDG_CONFIG_HOME=$PWD/alone ptar verify a.ptar")).toMatchObject({ code: 6 });
    expect(await there.shell("XDG_CONFIG_HOME=$PWD/alone ptar verify a.ptar --any-signer")).toMatchObject({ code: 0 });
  });

  it.each([
    [["--expect", `ptar1 ${"0".repeat(64)}`], /--expect: is about the file of an archive/],
    [["--report", "r"], /--report: is about the file of an archive/],
    [["--snapshot", "00"], /no snapshot 00/],
  ])("refuses %j of a repository", async (args, message) => {
    const { code, stderr } = await there.ptar("verify", "repo", ...args);
    expect([code, stderr]).toEqual([args[0] === "--snapshot" ? 7 : 2, expect.stringMatching(message)]);
    expect(existsSync(at("r"))).toBe(false);
  });

  it("refuses --snapshot of an archive, which is verified whole", async () => {
    expect(await there.ptar("verify", "a.ptar", "--snapshot", "latest")).toMatchObject({ code: 2 });
  });

  it("finds damage, and does not take an older snapshot for the latest one", async () => {
    await there.shell("cp -r repo damaged; cp -r repo lost");
    for (const name of readdirSync(at("damaged", "packs"))) {
      const path = at("damaged", "packs", name);
      const bytes = readFileSync(path);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
      rmSync(path);
      writeFileSync(path, bytes);
    }
    const damaged = await there.ptar("verify", "damaged", "--json");
    expect([damaged.code, document("verify", damaged.stdout)]).toMatchObject([4, { integrity: { status: "damaged" } }]);
    for (const name of readdirSync(at("lost", "snapshots"))) writeFileSync(at("lost", "snapshots", name), "", { flag: "a" });
    const [name] = readdirSync(at("lost", "snapshots")) as [string];
    rmSync(at("lost", "snapshots", name));
    writeFileSync(at("lost", "snapshots", name), "nothing of that kind");
    const left = document("info", await done("info", "repo", "--json")) as unknown as { readonly snapshots: readonly { readonly id: string }[] };
    for (const args of [[], ["--snapshot", "latest"]]) expect((await there.ptar("verify", "lost", ...args)).code).not.toBe(0);
    const outcomes = await Promise.all(left.snapshots.map(({ id }) => there.ptar("verify", "lost", "--snapshot", id)));
    expect(outcomes.map(({ code }) => code).sort()).toEqual([0, 7]);
    expect(outcomes.find(({ code }) => code === 0)?.stderr).toContain(`warning: snapshots/${name}`);
  });
});

describe("stats", () => {
  it("count what a repository holds", async () => {
    const stdout = await done("repo", "stats", "repo");
    expect(stdout).toMatch(/^contents {4}600\.0 kB in 2 snapshots$/m);
    expect(stdout).toMatch(/^unique {6}300\.0 kB: deduplication saves \d+ % \(2\.00 times\)$/m);
    expect(stdout).toMatch(/^ {2}300\.0 kB {2}case\/image$/m);
    expect(stdout.match(/^[0-9a-f]{12} {2}\d{4}-/gm)).toHaveLength(2);
  });

  it("are a document", async () => {
    const stats = document("stats", await done("repo", "stats", "repo", "--json"));
    expect(stats).toMatchObject({ location: "repo", contentBytes: 600_009, uniqueBytes: 300_006, deduplication: 2, garbageBytes: 0 });
    expect(stats.snapshots).toHaveLength(2);
  });

  it("of an empty repository are a document too", async () => {
    await done("repo", "init", "empty");
    expect(document("stats", await done("repo", "stats", "empty", "--json"))).toMatchObject({
      deduplication: null,
      compression: null,
      snapshots: [],
    });
    expect(await done("repo", "stats", "empty")).toMatch(/^objects {5}none$/m);
    expect(await there.ptar("verify", "empty")).toMatchObject({ code: 7 });
  });

  it("escape names", async () => {
    mkdirSync(at("odd"));
    writeFileSync(at("odd", "a\u001b[2Jb"), "x");
    await done("repo", "init", "oddly");
    await done("repo", "backup", "oddly", "odd");
    expect(await done("repo", "stats", "oddly")).toContain("odd/a\\x1b[2Jb");
  });
});
