// The tool that mutates sources tells a check that a test notices from one that none does. CONTRIBUTING.md
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { repository } from "./planted.js";

const root = mkdtempSync(join(tmpdir(), "ptar-planted-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const source = `
const most = 10;
export function take(length: number): string {
  if (length > most) throw new RangeError("too long");
  if (length === 3) return "three";
  for (let i = length; i > 0; ) i -= 1;
  return "taken";
}
`;
const test = `
import { expect, it } from "vitest";
import { take } from "../../src/format/take.js";
it("takes what is short enough", () => expect(take(10)).toBe("taken"));
it("takes no more", () => expect(() => take(11)).toThrow(RangeError));
`;

it("finds the check that no test notices, and no other", () => {
  for (const [folder, name, text] of [
    ["src/format", "take.ts", source],
    ["test/format", "take.test.ts", test],
  ] as const) {
    mkdirSync(join(root, folder), { recursive: true });
    writeFileSync(join(root, folder, name), text);
  }
  symlinkSync(join(repository, "node_modules"), join(root, "node_modules"));
  const { stdout } = spawnSync(process.execPath, [join(repository, "scripts/mutation/main.mjs"), "--root", root, "src/format"], { encoding: "utf8" });
  const lines = stdout.trim().split("\n");
  expect(lines.filter((line) => line.startsWith("src/format/take.ts:"))).toEqual([
    "src/format/take.ts:5 take: length === 3 → never",
    "src/format/take.ts:5 take: 3 → + 1",
    "src/format/take.ts:5 take: 3 → - 1",
    "src/format/take.ts:6 take: i > 0 → >=",
    "src/format/take.ts:6 take: 0 → + 1",
    "src/format/take.ts:6 take: 0 → - 1",
    "src/format/take.ts:6 take: 1 → + 1",
  ]);
  expect(lines.at(-1)).toBe("all: 13 mutants, 6 killed, 0 explained, 7 survived, score 46.2 %");
});
