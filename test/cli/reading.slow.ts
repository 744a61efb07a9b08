// ptar info, list, cat and extract.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorCodes } from "../../src/errors/codes.js";
import { placeIn, root } from "./run.js";
import { document } from "./schema.js";

const folder = mkdtempSync(join(tmpdir(), "ptar-cli-"));
const { ptar, shell } = placeIn(folder);
/** ESC, a line end, a bidi override, a C1 byte and a byte that is not UTF-8. */
const rawName = Buffer.concat([Buffer.from("evil\x1b[31m\n\u202egpj\\"), Buffer.from([0x9b, 0xff])]);
const shownName = "evil\\x1b[31m\\n\\u{202e}gpj\\\\\\x9b\\xff";
const hostile = Buffer.concat([Buffer.from(`${join(folder, "case")}/`), rawName]);

beforeAll(async () => {
  cpSync(join(root, "examples/case"), join(folder, "case"), { recursive: true, verbatimSymlinks: true });
  writeFileSync(hostile, "hostile name\n");
  writeFileSync(join(folder, "case/binary"), Buffer.from([0, 1, 2, 0x1b]));
  await ptar("create", "a.ptar", "case");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A line as sha256sum prints it: names with a backslash or a line end are escaped, and the line says so. */
function sumLine(sha256: string, path: string | undefined, pathRaw: string | undefined): Buffer {
  const name = (path === undefined ? Buffer.from(pathRaw ?? "", "base64url") : Buffer.from(path)).toString("latin1");
  const escaped = name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
  return Buffer.from(`${escaped === name ? "" : "\\"}${sha256}  ${escaped}\n`, "latin1");
}

describe("ptar info", () => {
  it("shows ids, format and snapshots; whose it is goes to standard error", async () => {
    const { stdout, stderr } = await ptar("info", "a.ptar");
    expect(stdout).toMatch(/^id {10}ptar1( [0-9a-f]{4}){16}\narchive id {2}[0-9a-f]{64}\nformat {6}PTAR 1\.0\n/);
    expect(stdout).toContain("complete    yes, seen 20, stored 20, failed 0, unstable 0, excluded 0\n");
    expect(stderr).toMatch(/^ptar: signed by SHA256:\S{43} \(your key\)\n$/);
  });

  it("gives one document", async () => {
    document("info", (await ptar("info", "a.ptar", "--json")).stdout);
  });
});

describe("ptar list", () => {
  it("escapes names", async () => {
    const { stdout } = await ptar("list", "a.ptar");
    expect(stdout.split("\n")).toContain(`case/${shownName}`);
    expect(stdout.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it("shows mode, owner, size, time and link target with --long", async () => {
    const { stdout } = await ptar("list", "a.ptar", "case/latest-report", "--long");
    expect(stdout).toMatch(/^lrwxrwxrwx {2}\d+:\d+ +\S+ {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}case\/latest-report -> report\/.+\n$/);
  });

  it("lists one path and what is below it", async () => {
    const { stdout } = await ptar("list", "a.ptar", "./case/photos/");
    expect(stdout).toBe("case/photos/\ncase/photos/gauge.png\ncase/photos/overview.png\n");
  });

  it("gives one document, with digests that agree and exact bytes of names that are not UTF-8", async () => {
    const { stdout } = await ptar("list", "a.ptar", "--json");
    const entries = document("list", stdout).entries as readonly { path?: string; pathRaw?: string; sha256?: string; type: string }[];
    const raw = entries.find(({ pathRaw }) => pathRaw !== undefined);
    expect(Buffer.from(raw?.pathRaw ?? "", "base64url")).toEqual(Buffer.concat([Buffer.from("case/"), rawName]));
    const files = entries.filter(({ type, path }) => type === "file" && path !== undefined);
    expect(files.length).toBe(13);
    for (const { path, sha256 } of files)
      expect(
        createHash("sha256")
          .update(readFileSync(join(folder, path ?? "")))
          .digest("hex"),
      ).toBe(sha256);
  });

  it("gives digests that sha256sum finds in the extracted tree", async () => {
    await ptar("extract", "a.ptar", "-C", "summed");
    const entries = JSON.parse((await ptar("list", "a.ptar", "--json")).stdout).entries as readonly {
      path?: string;
      pathRaw?: string;
      sha256?: string;
    }[];
    const lines = entries.flatMap(({ path, pathRaw, sha256 }) => (sha256 === undefined ? [] : [sumLine(sha256, path, pathRaw)]));
    expect(lines.length).toBe(14);
    writeFileSync(join(folder, "SHA256SUMS"), Buffer.concat(lines));
    const checked = spawnSync("sha256sum", ["--check", "--strict", "--quiet", "../SHA256SUMS"], { cwd: join(folder, "summed"), encoding: "utf8" });
    expect(checked).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });

  it("ends quietly when its reader goes away", async () => {
    const { stdout, stderr, code } = await shell(
      "set -o pipefail; ptar list a.ptar 2>&1 >/dev/full | cat; ptar list a.ptar 2>err | head -1; echo $PIPESTATUS; cat err",
    );
    expect(stdout).toContain("ptar: standard output: the disk is full (ENOSPC)\n");
    expect(stdout).toMatch(/\ncase\/\n0\nptar: signed by .*\n$/);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  });

  it("exits 7 for a path that is not there", async () => {
    const { code, stdout, stderr } = await ptar("list", "a.ptar", "case/nope", "--json");
    expect(code).toBe(7);
    expect(document("error", stdout)).toMatchObject({ error: { code: "PTAR_PATH_NOT_FOUND" }, exitCode: 7 });
    expect(stderr).toContain("case/nope");
  });
});

describe("--snapshot", () => {
  it("takes the beginning of an id", async () => {
    const { snapshots } = document("info", (await ptar("info", "a.ptar", "--json")).stdout) as unknown as { snapshots: readonly { id: string }[] };
    const beginning = snapshots[0]?.id.slice(0, 12) ?? "";
    expect((await ptar("list", "a.ptar", "case/photos", "--snapshot", beginning)).stdout).toContain("case/photos/gauge.png\n");
  });

  it.each([
    ["list", ["a.ptar"]],
    ["cat", ["a.ptar", "case/binary"]],
    ["extract", ["a.ptar", "-C", "never"]],
  ])("%s exits 7 for a snapshot that is not there", async (command, args) => {
    const { code, stdout } = await ptar(command, ...args, "--snapshot", "0000", ...(command === "cat" ? ["--output", "never"] : []), "--json");
    expect(code).toBe(7);
    expect(document("error", stdout).error).toMatchObject({ code: "PTAR_SNAPSHOT_NOT_FOUND" });
    expect(existsSync(join(folder, "never"))).toBe(false);
  });
});

describe("ptar list --json of an archive whose damage shows half-way", () => {
  it("is still one document, with the error at its end", async () => {
    mkdirSync(join(folder, "many"));
    // metadata for three blocks: the second is damaged, the last leads there
    for (let i = 0; i < 8000; i++) writeFileSync(join(folder, "many", `file-${String(i).padStart(5, "0")}`), "");
    await ptar("create", "m.ptar", "many", "--codec", "store");
    const whole = readFileSync(join(folder, "m.ptar"));
    const at = whole.indexOf("file-04500");
    expect(at).toBeGreaterThan(0);
    whole[at + 5] = 0x58;
    writeFileSync(join(folder, "m.ptar"), whole);
    const { code, stdout, stderr } = await ptar("list", "m.ptar", "--json");
    const value = document("list", stdout);
    expect((value.entries as readonly unknown[]).length).toBeGreaterThan(100);
    expect(value).toMatchObject({ error: { code: "PTAR_FRAME_CHECK" }, exitCode: 4 });
    expect(code).toBe(4);
    expect(stderr).toMatch(/^ptar: signed by .*\nptar: /);
  });
});

describe("ptar cat", () => {
  it("prints a file, by the name that list prints", async () => {
    expect((await ptar("cat", "a.ptar", "case/notes.md")).stdout).toBe(readFileSync(join(folder, "case/notes.md"), "utf8"));
    expect((await ptar("cat", "a.ptar", `case/${shownName}`)).stdout).toBe("hostile name\n");
  });

  it("writes to a new file, and replaces none without --force", async () => {
    expect((await ptar("cat", "a.ptar", "case/binary", "--output", "b")).code).toBe(0);
    expect(readFileSync(join(folder, "b"))).toEqual(Buffer.from([0, 1, 2, 0x1b]));
    expect((await ptar("cat", "a.ptar", "case/notes.md", "--output", "b")).code).toBe(9);
    expect((await ptar("cat", "a.ptar", "case/notes.md", "--output", "b", "--force")).code).toBe(0);
    expect(readFileSync(join(folder, "b"))).toEqual(readFileSync(join(folder, "case/notes.md")));
  });

  it("gives one document about the file that it wrote", async () => {
    const { stdout } = await ptar("cat", "a.ptar", "case/binary", "--output", "binary.out", "--json");
    const sha256 = createHash("sha256")
      .update(readFileSync(join(folder, "binary.out")))
      .digest("hex");
    expect(document("cat", stdout)).toMatchObject({ path: "case/binary", output: "binary.out", size: 4, sha256 });
    expect((await ptar("cat", "a.ptar", "case/binary", "--json")).code).toBe(errorCodes.PTAR_USAGE.exit);
  });

  it("sends no binary data to a terminal", async () => {
    // script(1) gives the program a terminal
    const program = join(root, "bin/ptar.js");
    const run = (path: string) => shell(`script -qec '"${process.execPath}" "${program}" cat a.ptar ${path}' /dev/null </dev/null`);
    const refused = await run("case/binary");
    expect(refused.code).toBe(errorCodes.PTAR_TARGET_TERMINAL.exit);
    expect(refused.stdout).toContain(
      "ptar: standard output: binary data is not written to a terminal\r\nptar: hint: use --output FILE, or a pipe\r\n",
    );
    expect(refused.stdout).not.toContain("\x1b[3");
    const shown = await run("case/inventory.csv");
    expect(shown.code).toBe(0);
  });

  it.each([["case/mail"], ["case/latest-report"], ["nope"]])("exits 7 for %s, which is no file", async (path) => {
    expect((await ptar("cat", "a.ptar", path)).code).toBe(7);
  });
});

describe("ptar extract", () => {
  it("writes what was packed, with modes and times", async () => {
    const { code, stdout } = await ptar("extract", "a.ptar", "-C", "out");
    expect(code).toBe(0);
    expect(stdout).toBe("extracted 20 entries, 14 files, 23.5 kB to out; times to the microsecond\n");
    expect(
      (
        await shell(
          "diff -r --no-dereference case out/case && (cd case && find . -printf '%P %m %l %Ts\\n' | sort) > 1; (cd out/case && find . -printf '%P %m %l %Ts\\n' | sort) > 2; cmp 1 2",
        )
      ).code,
    ).toBe(0);
  });

  it("writes chosen paths only", async () => {
    await ptar("extract", "a.ptar", "case/photos", `case/${shownName}`, "-C", "some");
    expect(readdirSync(join(folder, "some/case"), { encoding: "buffer" }).sort(Buffer.compare)).toEqual([rawName, Buffer.from("photos")]);
  });

  it("writes nothing with --dry-run, and gives one document", async () => {
    const { stdout } = await ptar("extract", "a.ptar", "-C", "dry", "--dry-run", "--json");
    expect(document("extract", stdout)).toMatchObject({ dryRun: true, folder: null, entries: 20, exitCode: 0 });
    expect(existsSync(join(folder, "dry"))).toBe(false);
  });

  it("exits 9 for a folder that is not empty, and 7 for a path that is not there", async () => {
    mkdirSync(join(folder, "full"));
    writeFileSync(join(folder, "full/mine"), "mine");
    const refused = await ptar("extract", "a.ptar", "-C", "full", "--json");
    expect(document("error", refused.stdout)).toMatchObject({ error: { code: "PTAR_TARGET_EXISTS" }, exitCode: 9 });
    expect(readdirSync(join(folder, "full"))).toEqual(["mine"]);
    expect((await ptar("extract", "a.ptar", "case/nope", "-C", "none")).code).toBe(7);
    expect(existsSync(join(folder, "none"))).toBe(false);
  });
});

it("says of an unsigned archive that nobody signed it", async () => {
  await ptar("create", "u.ptar", "case/notes.md", "--no-sign");
  expect((await ptar("list", "u.ptar")).stderr).toBe("ptar: signed by nobody\n");
});
