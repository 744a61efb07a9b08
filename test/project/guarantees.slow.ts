// The spec check is red on guarantees that name no test, or one that does not exist.
import { beforeAll, describe, expect, it } from "vitest";
import { runOver } from "./planted.js";

const suite = [
  'import { shared } from "./shared.js";',
  'describe.runIf(true).each([1])("a lock of %i", () => {',
  '  it("holds", () => undefined);',
  '  describe("that is old", () => void it.each([1])("goes", () => undefined));',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it stands so in the source that is planted
  "  test(`says ${word}, twice`, () => undefined);",
  '  it.skip("left out", () => undefined);',
  '  it.todo("to come");',
  "});",
  'describe.skip("asleep", () => void it("dreams", () => undefined));',
  "shared();",
];
const sound = {
  "src/errors/codes.ts": "export const errorCodes = {};\n",
  "spec/02-planted.md": "# 2 · Planted\n\n## Lock\n",
  "test/keys/lock.test.ts": `${suite.join("\n")}\n`,
  "test/keys/shared.ts": 'export const shared = () => void it("is shared", () => undefined);\n',
  "test/keys/alone.ts": 'it("is alone", () => undefined);\n',
};
const promise = "a lock [holds](02-planted.md#lock)";
const proof = "`keys/lock.test.ts` › `holds`";
const firstRow = 5;

/** Exit status and output over a page of these rows: a promise and what proves it. */
function over(rows: readonly (readonly string[])[]) {
  const lines = rows.map((cells) => `| ${cells.join(" | ")} |\n`);
  return runOver("check-spec.mjs", { ...sound, "spec/guarantees.md": `# Guarantees\n\n| promise | proved by |\n|---|---|\n${lines.join("")}` });
}

describe("check-spec accepts guarantees", () => {
  it("that name tests by their own titles, and by those of the groups that they stand in", () => {
    const proofs = [
      "`keys/lock.test.ts` › `a lock of %i` › `holds`",
      "`keys/lock.test.ts` › `goes`",
      "`keys/lock.test.ts` › `a lock of %i` › `that is old` › `goes`",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as above
      "`keys/lock.test.ts` › `says ${word}, twice`",
      `${proof}<br>\`keys/shared.ts\` › \`is shared\``,
    ];
    const run = over(proofs.map((one) => [promise, one]));
    expect(run.status, run.output).toBe(0);
    expect(run.output).toContain(`${proofs.length} guarantees, each test is there`);
  });
});

describe("check-spec refuses a guarantee", () => {
  const refused: readonly (readonly [what: string, row: readonly string[], reason: string])[] = [
    ["names no test", [promise, ""], "the promise names no test"],
    ["names a file alone", [promise, "`keys/lock.test.ts`"], "is not of the form"],
    ["names two tests without parting them", [promise, `${proof}, ${proof}`], "is not of the form"],
    ["names a file that is not there", [promise, "`keys/key.test.ts` › `holds`"], "test/keys/key.test.ts: there is no such file"],
    ["names a title that is not there", [promise, "`keys/lock.test.ts` › `hold`"], 'test/keys/lock.test.ts: has no test "hold"'],
    ["names a second test that is not there", [promise, `${proof}<br>\`keys/lock.test.ts\` › \`bolts\``], 'has no test "bolts"'],
    ["names a test in another group", [promise, "`keys/lock.test.ts` › `that is old` › `holds`"], 'has no test "that is old › holds"'],
    ["names a group alone", [promise, "`keys/lock.test.ts` › `that is old`"], 'has no test "that is old"'],
    ["names a test that is skipped", [promise, "`keys/lock.test.ts` › `left out`"], '"left out" is skipped'],
    ["names a test that is to come", [promise, "`keys/lock.test.ts` › `to come`"], '"to come" is skipped'],
    ["names a test of a skipped group", [promise, "`keys/lock.test.ts` › `dreams`"], '"dreams" is skipped'],
    ["names a file that nothing runs", [promise, "`keys/alone.ts` › `is alone`"], "test/keys/alone.ts: no test run begins with it or imports it"],
    ["links to nothing", ["a lock holds", proof], "the promise links to nothing that says so"],
    ["has a cell too many", [promise, proof, "x"], "the row has 3 cells"],
  ];
  let run: ReturnType<typeof runOver>;
  beforeAll(() => {
    run = over(refused.map(([, row]) => row));
  });

  it.each(refused.map(([what, , reason], i) => [what, i + firstRow, reason] as const))("that %s", (_what, line, reason) => {
    const [problem = "none"] = run.output.split("\n").filter((text) => text.startsWith(`spec: spec/guarantees.md:${line}: `));
    expect(problem).toContain(reason);
    expect(run.status).toBe(1);
  });

  it("that links to what is not there", () => {
    const dead = over([["a lock [holds](02-planted.md#key)", proof]]);
    expect(dead).toMatchObject({ status: 1, output: expect.stringContaining("link 02-planted.md#key") });
  });
});
