// Patterns of --exclude.
import { describe, expect, it } from "vitest";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { compileGlobs } from "../../src/cli/glob.js";

const excludes = (pattern: string, path: string | Uint8Array, kind: "file" | "directory" = "file") =>
  compileGlobs([pattern])(typeof path === "string" ? toUtf8(path) : path, kind === "directory");

describe("--exclude", () => {
  it.each([
    ["*.log", ["a.log", "case/a.log", ".log"], ["a.logs", "a.log/b"]],
    ["note?.md", ["note1.md", "x/noteé.md"], ["note.md", "note12.md"]],
    ["/case", ["case"], ["x/case", "case/x"]],
    ["case/*.md", ["case/a.md"], ["x/case/a.md", "case/x/a.md"]],
    ["**/tmp", ["tmp", "a/tmp", "a/b/tmp"], ["atmp", "a/tmpx"]],
    ["case/**", ["case/a", "case/a/b"], ["case", "cases/a"]],
    ["a/**/b", ["a/b", "a/x/b", "a/x/y/b"], ["ab", "a/xb", "x/a/b"]],
    ["[a-c]x", ["ax", "d/bx"], ["dx", "x"]],
    ["[!a-c]x", ["dx"], ["ax", "/x"]],
    ["[]-]x", ["]x", "-x"], ["ax"]],
    ["a[b", ["a[b"], ["ab"]],
    ["\\*x", ["*x"], ["ax"]],
    ["\\!x", ["!x"], ["x"]],
    ["a**b", ["ab", "axxb"], ["a/b"]],
    ["**", ["a", "a/b"], []],
  ])("%s", (pattern, yes, no) => {
    expect(yes.filter((path) => !excludes(pattern, path))).toEqual([]);
    expect(no.filter((path) => excludes(pattern, path))).toEqual([]);
  });

  it("means directories only with a slash at the end", () => {
    expect(excludes("build/", "x/build", "directory")).toBe(true);
    expect(excludes("build/", "x/build", "file")).toBe(false);
    expect(excludes("/a/b/", "a/b", "directory")).toBe(true);
  });

  it("matches names that are not UTF-8", () => {
    expect(excludes("*.bin", Uint8Array.of(0xff, 0xfe, ...toUtf8(".bin")))).toBe(true);
    expect(excludes("?.bin", Uint8Array.of(0xff, ...toUtf8(".bin")))).toBe(true);
  });

  it("takes steps linear in the path for patterns that make backtracking explode", () => {
    const pattern = `${"*a".repeat(200)}b`;
    // 2^200 ways for a backtracking matcher
    expect(excludes(pattern, "a".repeat(1000))).toBe(false);
    expect(excludes(`${"**/".repeat(50)}x`, `${"a/".repeat(500)}y`)).toBe(false);
  });

  it.each([["!x"], [""], ["/"], ["a".repeat(4097)]])("refuses %j", (pattern) => {
    expect(() => compileGlobs([pattern])).toThrowError(expect.objectContaining({ code: "PTAR_USAGE" }));
  });

  it("excludes nothing without patterns", () => {
    expect(compileGlobs([])(toUtf8("a"), false)).toBe(false);
  });
});
