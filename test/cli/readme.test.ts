// The sessions of README.md are run, in order, in one fresh copy of examples/case.
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { place, root } from "./run.js";

/** A command of a `console` block and the lines below it. */
interface Step {
  readonly command: string;
  readonly expected: readonly string[];
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

it("does what README.md shows", async () => {
  const steps = stepsOf(readFileSync(join(root, "README.md"), "utf8"));
  expect(steps.length).toBeGreaterThan(5);
  const { folder, shell } = place();
  cpSync(join(root, "examples", "case"), join(folder, "case"), { recursive: true, verbatimSymlinks: true });
  for (const { command, expected } of steps) {
    const { stdout, code } = await shell(`${command} 2>&1`);
    expect({ command, code }).toEqual({ command, code: 0 });
    // the order of the two outputs is not promised
    const sorted = (lines: readonly string[]) => [
      ...lines.filter((line) => line.startsWith("ptar: ")),
      ...lines.filter((line) => !line.startsWith("ptar: ")),
    ];
    expect(`${sorted(stdout.trimEnd().split("\n")).join("\n")}\n`, command).toMatch(patternOf(sorted(expected)));
  }
});
