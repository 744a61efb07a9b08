// --exclude and --exclude-from, beside what git makes of the same patterns.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { compileRules, patternOfLine } from "../../src/cli/exclude-rules.js";
import { place } from "./run.js";

const rulesOf = (lines: readonly (string | Uint8Array)[]) =>
  compileRules(
    lines.flatMap((line) => {
      const pattern = patternOfLine(typeof line === "string" ? toUtf8(line) : line);
      return pattern === undefined ? [] : [{ pattern, origin: "test" }];
    }),
  );

describe("lines of a gitignore file", () => {
  it.each([
    ["# comment", undefined],
    ["", undefined],
    ["   ", undefined],
    ["\\#x", "\\#x"],
    ["\\!x", "\\!x"],
    ["!x", "!x"],
    ["x  ", "x"],
    ["x\\ ", "x\\ "],
    ["x\\  ", "x\\ "],
    ["x\\\\ ", "x\\\\"],
    [" x", " x"],
    ["x\t", "x\t"],
    // what git never matches is passed over; on the command line it is refused
    ["/", undefined],
    ["!", undefined],
    ["[a", undefined],
    ["a\\", undefined],
  ])("%j", (line, pattern) => {
    expect(patternOfLine(toUtf8(line))).toBe(pattern);
  });

  it("match names that are not UTF-8 by their bytes", () => {
    const name = Uint8Array.of(0x63, 0xe9, 0x2e, 0xff);
    expect(rulesOf([name])(name, false)).toBe(true);
    expect(rulesOf([name])(Uint8Array.of(0x63, 0xe9, 0x2e, 0xfe), false)).toBe(false);
    expect(rulesOf([Uint8Array.of(0x63, 0x3f, 0x2e, 0x2a)])(name, false)).toBe(true);
    // a whole character beside stray bytes is still one
    expect(rulesOf(["dé/*"])(Uint8Array.of(...toUtf8("dé/"), 0xe9), false)).toBe(true);
    expect(rulesOf(["d?/*"])(Uint8Array.of(...toUtf8("dé/"), 0xe9), false)).toBe(true);
  });
});

const names = ["a", "b", "ab", "a.c", "[a]", "a b", "a "];
let repository: string;
const paths: { readonly path: string; readonly isDirectory: boolean }[] = [];

function plant(above: string, depth: number): void {
  for (const name of names) {
    const path = above === "" ? name : `${above}/${name}`;
    const isDirectory = depth < 3 && ["a", "b", "ab"].includes(name);
    paths.push({ path, isDirectory });
    if (isDirectory) {
      mkdirSync(join(repository, path));
      plant(path, depth + 1);
    } else writeFileSync(join(repository, path), "");
  }
}

function git(args: readonly string[], input = ""): string {
  const env = { PATH: process.env.PATH, HOME: repository, GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null", LC_ALL: "C" };
  const { error, status, stdout, stderr } = spawnSync("git", args, { cwd: repository, env, input, encoding: "utf8", maxBuffer: 1 << 26 });
  if (error !== undefined || (status ?? 128) > 1) throw error ?? new Error(stderr);
  return stdout;
}

/** Paths that git leaves out, asked about all of them. */
function leftOutByGit(lines: readonly string[]): readonly string[] {
  writeFileSync(join(repository, ".gitignore"), `${lines.join("\n")}\n`);
  const fields = git(["check-ignore", "--no-index", "-z", "-v", "-n", "--stdin"], paths.map(({ path }) => `${path}\0`).join("")).split("\0");
  const found: string[] = [];
  for (let at = 0; at + 3 < fields.length; at += 4) {
    const [pattern = "", path = ""] = fields.slice(at + 2, at + 4);
    if (pattern !== "" && !pattern.startsWith("!")) found.push(path);
  }
  return found;
}

/** The same as a walk does it: what is below a directory that was left out is not asked for. */
function leftOutByWalk(lines: readonly string[]): readonly string[] {
  const matches = rulesOf(lines);
  const out = new Set<string>();
  for (const { path, isDirectory } of paths)
    if (out.has(path.slice(0, Math.max(0, path.lastIndexOf("/")))) || matches(toUtf8(path), isDirectory)) out.add(path);
  return paths.flatMap(({ path }) => (out.has(path) ? [path] : []));
}

const part = fc.constantFrom(
  "a",
  "b",
  "ab",
  ".",
  "c",
  "*",
  "?",
  "[ab]",
  "[!a]",
  "[a-c]",
  "[[:alpha:]]",
  "[]a]",
  "\\a",
  "\\[",
  "\\*",
  " ",
  "\\ ",
  "/",
  "/",
  "**/",
  "/**",
);
const pattern = fc
  .tuple(fc.constantFrom("", "", "!", "/", "!/", "\\!", "#"), fc.array(part, { minLength: 1, maxLength: 5 }), fc.constantFrom("", "", "/", " "))
  .map(([start, parts, end]) => start + parts.join("") + end)
  // after a literal beginning git takes two stars for more than its manual says
  .filter((text) => !/[^/!]\*\*/.test(text));

describe("patterns", () => {
  beforeAll(() => {
    repository = mkdtempSync(join(tmpdir(), "ptar-git-"));
    git(["init", "-q"]);
    plant("", 0);
  });
  afterAll(() => rmSync(repository, { recursive: true, force: true }));

  it("leave out what git leaves out", ({ skip }) => {
    if (spawnSync("git", ["--version"]).error !== undefined && process.env.CI !== "true") return skip("git is not here");
    fc.assert(
      fc.property(fc.array(pattern, { minLength: 1, maxLength: 6 }), (lines) => {
        expect(leftOutByWalk(lines)).toEqual(leftOutByGit(lines));
      }),
      { numRuns: 150, seed: 3 },
    );
  });
});

describe("ptar create", () => {
  it("takes patterns from files and from the command line in the order given", async () => {
    const { ptar, shell } = place();
    await shell(
      "mkdir src; touch src/{a,b,c}.log src/keep.log src/x '#y' && printf '\\xef\\xbb\\xbf*.log\\r\\n# a comment\\r\\n!/src/b.log\\r\\n' > rules",
    );
    const left = async (...args: readonly string[]) => {
      const { code, stderr } = await ptar("create", "a.ptar", "src", "--no-sign", "--force", "--quiet", ...args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      return (await ptar("list", "a.ptar")).stdout.split("\n").filter((line) => !line.endsWith("/") && line !== "");
    };
    expect(await left("--exclude-from", "rules")).toEqual(["src/b.log", "src/x"]);
    expect(await left("--exclude-from", "rules", "--exclude", "!keep.log", "--exclude", "b.*")).toEqual(["src/keep.log", "src/x"]);
    expect(await left("--exclude=!keep.log", "--exclude-from=rules")).toEqual(["src/b.log", "src/x"]);
  });

  it("reads patterns from standard input, and says which line is wrong", async () => {
    const { shell } = place();
    const { stdout } = await shell(
      "mkdir src; touch src/a src/b; echo a | ptar create - src --no-sign --exclude-from - 2>/dev/null | ptar list - 2>/dev/null",
    );
    expect(stdout).toBe("src/\nsrc/b\n");
    const { stderr } = await shell(
      "printf 'x\\n%5000s\\n' y | tr ' ' y | ptar create z.ptar src --exclude-from -; ptar create z.ptar src --exclude-from none; ls *.ptar",
    );
    expect(stderr).toMatch(/^ptar: --exclude-from - line 2: "y{80}" has 5000 characters, at most 4096\nptar: --exclude-from none: no such file\n/);
  });
});
