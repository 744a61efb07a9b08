// The error check is red on codes without a throw, a row or a test; the published table is the one in the source. spec/10-verify.md#codes
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { errorCodes } from "../../src/errors/codes.js";
import { repository, runOver } from "./planted.js";

const codes = 'export const errorCodes = { PTAR_PLANTED_ONE: { exit: 4, meaning: "planted", spec: "02-planted.md" } };\n';
const source = 'export const fail = () => new PtarError("PTAR_PLANTED_ONE", "planted");\n';
const sound = { "src/errors/codes.ts": codes, "src/bytes/a.ts": source, "test/bytes/a.test.ts": '"PTAR_PLANTED_ONE"' };
const over = (files: Readonly<Record<string, string>>) => runOver("check-errors.mjs", { ...sound, ...files });

describe("check-errors", () => {
  it("accepts a code that is listed, thrown and expected", () => {
    expect(over({}).status).toBe(0);
  });

  it.each([
    ["thrown nowhere", { "src/bytes/a.ts": '// "PTAR_PLANTED_ONE"\n' }, "PTAR_PLANTED_ONE: listed, but nothing in src throws it"],
    ["thrown but not listed", { "src/bytes/b.ts": source.replace("ONE", "TWO") }, "src/bytes/b.ts:1: PTAR_PLANTED_TWO is not in src/errors/codes.ts"],
    ["promised but not listed", { "src/bytes/b.ts": "/** @throws PTAR_PLANTED_TWO always */\n" }, "@throws PTAR_PLANTED_TWO"],
    ["expected by no test", { "test/bytes/a.test.ts": "" }, "PTAR_PLANTED_ONE: no test expects it"],
  ])("refuses a code that is %s", (_what, files, reason) => {
    const run = over(files);
    expect(run.status).toBe(1);
    expect(run.output).toContain(reason);
  });
});

describe("spec/errors.json", () => {
  it("is the table of the source", () => {
    const published: unknown = JSON.parse(readFileSync(join(repository, "spec/errors.json"), "utf8"));
    expect(published).toEqual(Object.entries(errorCodes).map(([code, row]) => ({ code, ...row })));
  });
});
