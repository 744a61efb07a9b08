// The spec check is red on dead citations, dead links and codes that chapters and table do not share. spec/10-verify.md#codes
import { describe, expect, it } from "vitest";
import { repository, runOver } from "./planted.js";

const codes = 'export const errorCodes = { PTAR_PLANTED_ONE: { exit: 4, meaning: "planted", spec: "02-planted.md#frame" } };\n';
const chapter = "# 2 · Planted\n\n## Frame\n\nRefused with `PTAR_PLANTED_ONE`, see [frame](#frame).\n";
const sound = { "src/errors/codes.ts": codes, "spec/02-planted.md": chapter };
const over = (files: Readonly<Record<string, string>>) => runOver("check-spec.mjs", { ...sound, ...files });
const rule = "# More\n\n## Rule\n\nA reader MUST look.\n";
const index = JSON.stringify([{ file: "frame/a.ptar", spec: "02-planted.md#frame" }]);
const cite = (what: string) => ["//", ` spec/${what}\n`].join("");

describe("check-spec", () => {
  it("accepts a chapter, a citation and a table that agree", () => {
    expect(over({ "src/bytes/a.ts": cite("02-planted.md#frame") }).status).toBe(0);
  });

  it.each([
    ["cites a heading that is not there", { "src/bytes/a.ts": cite("02-planted.md#nowhere") }, 'spec/02-planted.md has no heading or id "nowhere"'],
    ["cites a chapter that is not there", { "test/bytes/a.test.ts": cite("03-nothing.md") }, "there is no such file"],
    ["links to a heading that is not there", { "spec/03-more.md": "see [x](02-planted.md#gone)\n" }, "link 02-planted.md#gone"],
    ["links to a file that is not there", { "README.md": "see [x](spec/none.md)\n" }, "link spec/none.md: there is no such file"],
    ["names a code that is not in the table", { "spec/03-more.md": "`PTAR_PLANTED_TWO`\n" }, "PTAR_PLANTED_TWO is not in the table"],
    ["does not name a code of the table", { "spec/02-planted.md": "## Frame\n" }, "PTAR_PLANTED_ONE: no chapter names it"],
    ["has a rule that nothing cites", { "spec/03-more.md": rule }, "spec/03-more.md#rule: says what somebody MUST do"],
    [
      "has a rule before its first heading that nothing cites",
      { "spec/03-more.md": "A reader MUST look.\n" },
      "spec/03-more.md: says what somebody MUST do",
    ],
    ["cites a rule in a test only", { "spec/03-more.md": rule, "test/a.test.ts": cite("03-more.md#rule") }, "spec/03-more.md#rule: says what"],
    [
      "has vectors to which the chapter does not link",
      { "test-vectors/index.json": index },
      "spec/02-planted.md: does not link to its vectors, ../test-vectors/frame/",
    ],
    ["has a table that points nowhere", { "spec/02-planted.md": "`PTAR_PLANTED_ONE`\n" }, "PTAR_PLANTED_ONE: 02-planted.md#frame"],
  ])("refuses a tree that %s", (_what, files, reason) => {
    const run = over(files);
    expect(run.status).toBe(1);
    expect(run.output).toContain(reason);
  });

  it("knows the anchors of repeated headings, of code in headings and explicit ids", () => {
    const page = '# The `a` row, twice\n\n# Same\n\n# Same\n\n<a id="own"></a>\n\n[1](#the-a-row-twice) [2](#same-1) [3](#own)\n';
    expect(over({ "spec/03-more.md": page }).status).toBe(0);
  });

  it("accepts a rule that a source or a vector cites", () => {
    const linked = `${rule}\n[frame](../test-vectors/frame/)\n`;
    const vector = JSON.stringify([{ file: "frame/a.ptar", spec: "03-more.md#rule" }]);
    expect(over({ "spec/03-more.md": rule, "src/bytes/a.ts": cite("03-more.md#rule") }).status).toBe(0);
    expect(over({ "spec/03-more.md": linked, "test-vectors/index.json": vector, "test-vectors/frame/a.ptar": "" }).status).toBe(0);
  });

  it("lists codes that no test mentions without failing", () => {
    expect(over({}).output).toContain("1 codes of the chapters that no test mentions: PTAR_PLANTED_ONE");
  });

  it("finds this repository in order", () => {
    expect(runOver("check-spec.mjs", {}, "--root", repository)).toMatchObject({ status: 0 });
  });
});
