// ptar verify --report: the files, when they are written, and what is left alone.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { placeIn, root } from "./run.js";
import { document } from "./schema.js";

const folder = mkdtempSync(join(tmpdir(), "ptar-report-"));
const { ptar } = placeIn(folder);
const names = ["report.html", "report.json", "report.txt"];
const read = (...path: readonly string[]) => readFileSync(join(folder, ...path), "utf8");

beforeAll(async () => {
  cpSync(join(root, "examples/case"), join(folder, "case"), { recursive: true, verbatimSymlinks: true });
  await ptar("keygen", "--out", "k", "--comment", "lab");
  await ptar("create", "a.ptar", "case", "--key", "k", "--case", "26-1187", "--quiet");
  const archive = readFileSync(join(folder, "a.ptar"));
  writeFileSync(join(folder, "cut.ptar"), archive.subarray(0, -1));
  writeFileSync(join(folder, "none.ptar"), "no archive\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("ptar verify --report", () => {
  it("writes three files to a folder that it makes, and prints the verdicts all the same", async () => {
    const { code, stdout, stderr } = await ptar("verify", "a.ptar", "--trust", "k.pub", "--report", "new/report");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "ptar: report.html, report.json and report.txt are in new/report\n" });
    expect(stdout).toMatch(/^integrity {5}ok /);
    expect(readdirSync(join(folder, "new/report")).sort()).toEqual(names);
    const value = document("report", read("new/report/report.json"));
    expect(value).toMatchObject({
      archive: { name: "a.ptar", bytes: statSync(join(folder, "a.ptar")).size },
      check: { command: "ptar verify a.ptar --trust k.pub --report new/report", level: "full", versions: { node: process.versions.node } },
      exitCode: 0,
    });
    const { stdout: listed } = await ptar("list", "a.ptar", "--json");
    expect(value.entries).toEqual(document("list", listed).entries);
    const last = stdout.trimEnd().split("\n").at(-1) as string;
    for (const name of names) expect(read("new/report", name)).toContain(last);
  });

  it.each([
    ["an unknown key", ["a.ptar"], 6, "unknown key"],
    ["damage", ["cut.ptar", "--trust", "k.pub"], 4, "damaged"],
    ["another fingerprint", ["a.ptar", "--trust", "k.pub", "--expect", "0".repeat(64)], 4, "PTAR_VERIFY_UNEXPECTED"],
  ])("does not change the exit code of %s", async (_, args, exitCode, word) => {
    const target = mkdtempSync(join(folder, "r-"));
    expect((await ptar("verify", ...args, "--report", target)).code).toBe(exitCode);
    expect(document("report", readFileSync(join(target, "report.json"), "utf8")).exitCode).toBe(exitCode);
    for (const name of names) expect(readFileSync(join(target, name), "utf8").toLowerCase()).toContain(word.toLowerCase());
  });

  it("leaves the digest of the file out where it was not read whole", async () => {
    await ptar("verify", "a.ptar", "--trust", "k.pub", "--level", "standard", "--report", "standard");
    expect(document("report", read("standard/report.json"))).toMatchObject({ archive: { sha256: null } });
    expect(read("standard/report.txt")).toContain("not computed at level standard");
  });

  it("prints one document with --json", async () => {
    const { code, stdout } = await ptar("verify", "a.ptar", "--trust", "k.pub", "--json", "--report", "it's json");
    expect(document("verify", stdout).exitCode).toBe(code);
    const value = document("report", read("it's json/report.json"));
    expect(value.verification).toEqual(JSON.parse(stdout));
    expect(value.check).toMatchObject({ command: "ptar verify a.ptar --trust k.pub --json --report 'it'\\''s json'" });
  });

  it.each(names)("does not replace %s without --force, and says so before a long check", async (name) => {
    const target = mkdtempSync(join(folder, "there-"));
    writeFileSync(join(target, name), "mine");
    const refused = await ptar("verify", "a.ptar", "--trust", "k.pub", "--report", target, "--json");
    expect(document("error", refused.stdout)).toMatchObject({ error: { code: "PTAR_TARGET_EXISTS" }, exitCode: 9 });
    expect(refused.code).toBe(9);
    expect(readdirSync(target)).toEqual([name]);
    expect(readFileSync(join(target, name), "utf8")).toBe("mine");
    expect((await ptar("verify", "a.ptar", "--trust", "k.pub", "--report", target, "--force")).code).toBe(0);
    expect(readdirSync(target).sort()).toEqual(names);
    expect(readFileSync(join(target, name), "utf8")).not.toBe("mine");
  });

  it.each([["none.ptar"], ["nope.ptar"]])("leaves no file and no folder behind when %s cannot be checked", async (archive) => {
    mkdirSync(join(folder, "kept"), { recursive: true });
    expect((await ptar("verify", archive, "--report", "kept/x/y")).code).not.toBe(0);
    expect(readdirSync(join(folder, "kept"))).toEqual([]);
    await ptar("verify", archive, "--report", "kept");
    expect(existsSync(join(folder, "kept"))).toBe(true);
  });

  it("refuses a folder that is a file", async () => {
    const { stdout } = await ptar("verify", "a.ptar", "--report", "k.pub", "--json");
    expect(document("error", stdout)).toMatchObject({ error: { code: "PTAR_TARGET_EXISTS" } });
    expect((await ptar("verify", "a.ptar", "--report", "k.pub/x")).code).toBe(1);
  });

  it("does not replace the archive that it checks", async () => {
    mkdirSync(join(folder, "own"));
    cpSync(join(folder, "a.ptar"), join(folder, "own/report.json"));
    const { code, stderr } = await ptar("verify", "own/report.json", "--trust", "k.pub", "--report", "own", "--force");
    expect({ code, stderr }).toEqual({ code: 9, stderr: "ptar: own/report.json: is the archive that is read\nptar: hint: choose another folder\n" });
    expect(readFileSync(join(folder, "own/report.json")).equals(readFileSync(join(folder, "a.ptar")))).toBe(true);
  });

  it("says in its help what has no report", async () => {
    expect((await ptar("verify", "--help")).stdout.replaceAll(/\s+/g, " ")).toContain("exit code 10 writes none");
  });

  it("refuses --force without --report", async () => {
    const { code, stderr } = await ptar("verify", "a.ptar", "--force");
    expect({ code, first: stderr.split("\n")[0] }).toEqual({ code: 2, first: "ptar: --force: replaces reports and needs --report" });
  });
});
