// The sessions of README.md are run, in order, in one fresh copy of examples/case.
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { placeIn, root } from "./run.js";

/** A command of a `console` block and the lines below it. */
interface Step {
  readonly command: string;
  readonly expected: readonly string[];
}

/** The sessions below one heading. */
interface Section {
  readonly heading: string;
  readonly steps: readonly Step[];
}

function sectionsOf(markdown: string): readonly Section[] {
  return markdown.split(/^#+ /m).flatMap((text) => {
    const steps = stepsOf(text);
    return steps.length === 0 ? [] : [{ heading: text.slice(0, text.indexOf("\n")), steps }];
  });
}

function stepsOf(markdown: string): readonly Step[] {
  const blocks = [...markdown.matchAll(/^```console\n(.*?)^```$/gms)].map(([, body = ""]) => body);
  return blocks
    .flatMap((block) => block.split(/^\$ /m).slice(1))
    .map((part) => {
      const [command = "", ...expected] = part.trimEnd().split("\n");
      return { command, expected };
    });
}

/** `…` stands for anything: within its line, or for any lines when it is alone. */
function patternOf(lines: readonly string[]): RegExp {
  const quoted = lines.map((line) => (line === "…" ? "(?:.*\n)*" : `${line.split("…").map(escapeRegExp).join(".*")}\n`));
  return new RegExp(`^${quoted.join("")}$`);
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** The order of the two outputs is not promised. */
function sorted(lines: readonly string[]): readonly string[] {
  return [...lines.filter((line) => line.startsWith("ptar: ")), ...lines.filter((line) => !line.startsWith("ptar: "))];
}

const sections = sectionsOf(readFileSync(join(root, "README.md"), "utf8"));
const folder = mkdtempSync(join(tmpdir(), "ptar-cli-"));
const { shell } = placeIn(folder);

beforeAll(() => cpSync(join(root, "examples", "case"), join(folder, "case"), { recursive: true, verbatimSymlinks: true }));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

it("has sessions to run", () => {
  expect(sections.map(({ heading }) => heading)).toEqual(["PTAR", "A session", "Seal an archive", "Repositories"]);
});

it.each(sections)("does what README.md shows: $heading", { timeout: 180_000 }, async ({ steps }) => {
  for (const { command, expected } of steps) {
    const { stdout, code } = await shell(`${command} 2>&1`);
    expect({ command, code }).toEqual({ command, code: 0 });
    const printed = stdout.trimEnd() === "" ? [] : stdout.trimEnd().split("\n");
    const text = sorted(printed).map((line) => `${line}\n`);
    expect(text.join(""), command).toMatch(patternOf(sorted(expected)));
  }
});
