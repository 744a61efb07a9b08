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

  it("refuses codes that are thrown nowhere, not listed, promised only or expected by no test, and says which", () => {
    const row = (spec: string) => `{ exit: 4, meaning: "planted", spec: "02-${spec}.md" }`;
    const listed = ["ONE", "UNTHROWN", "UNTESTED"].map((name) => `PTAR_PLANTED_${name}: ${row("planted")}`);
    const thrown = (name: string) => source.replace("ONE", name);
    const run = over({
      "src/errors/codes.ts": `export const errorCodes = { ${listed.join(", ")} };\n`,
      "src/bytes/b.ts": thrown("UNLISTED"),
      "src/bytes/c.ts": "/** @throws PTAR_PLANTED_PROMISED always */\n",
      "src/bytes/d.ts": thrown("UNTESTED"),
      "src/bytes/e.ts": '// "PTAR_PLANTED_UNTHROWN"\n',
      "test/bytes/b.test.ts": '"PTAR_PLANTED_UNTHROWN"',
    });
    expect(run.status).toBe(1);
    for (const reason of [
      "PTAR_PLANTED_UNTHROWN: listed, but nothing in src throws it",
      "src/bytes/b.ts:1: PTAR_PLANTED_UNLISTED is not in src/errors/codes.ts",
      "@throws PTAR_PLANTED_PROMISED",
      "PTAR_PLANTED_UNTESTED: no test expects it",
    ])
      expect(run.output).toContain(reason);
    expect(run.output).not.toContain("PTAR_PLANTED_ONE");
  });
});

describe("spec/errors.json", () => {
  it("is the table of the source", () => {
    const published: unknown = JSON.parse(readFileSync(join(repository, "spec/errors.json"), "utf8"));
    expect(published).toEqual(Object.entries(errorCodes).map(([code, row]) => ({ code, ...row })));
  });
});
