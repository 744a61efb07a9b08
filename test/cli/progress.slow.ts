// Progress on a real terminal, and none elsewhere.
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { place, root } from "./run.js";

it("shows phase, percent, rate, remaining time, entries and errors while it packs, verifies and extracts", async () => {
  const { folder, shell } = place();
  mkdirSync(join(folder, "src"));
  for (let i = 0; i < 4; i++) {
    const file = join(folder, `src/\x1b[31m${i}`);
    writeFileSync(file, "");
    truncateSync(file, 60_000_000);
  }
  const program = `"${process.execPath}" "${join(root, "bin/ptar.js")}"`;
  // script(1) gives the program a terminal
  const run = (args: string) => shell(`script -qec 'stty cols 200; ${program} ${args}' /dev/null </dev/null`);
  const packed = await run("create a.ptar src");
  expect(packed.stdout).toMatch(/packing {2}\d+ % {2}[\d.]+ MB of 240\.0 MB {2}[\d.]+ [kM]B\/s {2}ETA \d+:\d\d {2}\d entr(y|ies) {2}0 errors/);
  const extracted = await run("extract a.ptar -C out");
  expect(extracted.stdout).toMatch(/extracting {2}\d+ % {2}[\d.]+ M?B of 240\.0 MB/);
  for (const { stdout } of [packed, extracted]) {
    expect(stdout).not.toContain("\x1b[31m");
    // the line is gone before the summary
    expect(stdout.includes("\r\x1b[Kread ") || stdout.includes("\r\x1b[Kextracted ")).toBe(true);
  }
  const quiet = await run("create b.ptar src --quiet");
  expect(quiet.stdout).toMatch(/^ptar1( [0-9a-f]{4}){16}\r\n$/);
});
