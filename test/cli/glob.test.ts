// Patterns of --exclude.
import { describe, expect, it } from "vitest";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { compileRules } from "../../src/cli/exclude-rules.js";

const matcher = (...patterns: readonly string[]) => compileRules(patterns.map((pattern) => ({ pattern, origin: "--exclude" })));
const excludes = (pattern: string, path: string | Uint8Array, kind: "file" | "directory" = "file") =>
  matcher(pattern)(typeof path === "string" ? toUtf8(path) : path, kind === "directory");

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
    ["[a-]x", ["ax", "-x"], ["bx"]],
    ["[\\]a]x", ["]x", "ax"], ["\\x"]],
    ["[a-\\c]x", ["bx"], ["dx"]],
    ["[[:digit:]_]x", ["7x", "_x"], ["ax", ":x"]],
    ["[![:upper:]]x", ["ax"], ["Ax"]],
    ["[[:]x", ["[x", ":x"], ["ax"]],
    ["\\[b", ["[b"], ["b"]],
    ["a/***/b", ["a/b", "a/x/y/b"], ["a/xb"]],
    ["**a/b", ["xa/b", "a/b"], ["x/a/b"]],
    ["*", ["a", "a/b"], []],
    ["a*b*c", ["abc", "axbxc", "d/abbc"], ["acb", "ab/c"]],
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

  it.each([[""], ["/"], ["!"], ["!/"], ["a[b"], ["[[:nope:]]"], ["a\\"], ["a".repeat(4097)]])("refuses %j", (pattern) => {
    expect(() => matcher(pattern)).toThrowError(expect.objectContaining({ code: "PTAR_USAGE" }));
  });

  it("excludes nothing without patterns", () => {
    expect(matcher()(toUtf8("a"), false)).toBe(false);
  });

  it.each([
    [["*.log", "!keep.log"], "keep.log", false],
    [["!keep.log", "*.log"], "keep.log", true],
    [["/a/*", "!/a/b", "b"], "a/b", true],
    [["b", "!/a/b"], "a/b", false],
    [["x*y*z", "!x*", "*z"], "xyz", true],
    [["x*y*z", "!x*"], "xyz", false],
    [["!x*", "x*y*z"], "xyz", true],
    [["a/*/c", "!a/b/*"], "a/b/c", false],
  ])("lets the last of %j that matches decide", (patterns, path, excluded) => {
    expect(matcher(...patterns)(toUtf8(path), false)).toBe(excluded);
  });

  it("lets a pattern for directories decide about directories only", () => {
    const matches = matcher("tmp", "!tmp/");
    expect([matches(toUtf8("tmp"), true), matches(toUtf8("tmp"), false)]).toEqual([false, true]);
  });

  it("finds the last among many patterns of all kinds", () => {
    const patterns = Array.from({ length: 500 }, (_, i) => [`n${i}`, `*.e${i}`, `p${i}*`, `/d${i}/f`, `/d${i}/*.o`, `a*${i}*b`]).flat();
    const matches = matcher(...patterns);
    for (const path of ["x/n7", "x/y.e499", "p12rest", "d3/f", "d3/x.o", "q/a-17-b"]) expect(matches(toUtf8(path), false)).toBe(true);
    for (const path of ["n500", "y.e500", "x/d3/f", "d3/q/f", "d3/x/y.o", "a-17-bc"]) expect(matches(toUtf8(path), false)).toBe(false);
  });
});
