// A folder with files of every kind that batches and lanes may treat differently.
import { execFileSync } from "node:child_process";
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { filesSource } from "../../../src/connectors/node/source/files-source.js";
import type { Source } from "../../../src/tree/source.js";
import { noise } from "../../archive/engines.js";

const mebi = 1 << 20;

/** What is in the folder beside what always is. */
export type Crowd = "few" | "more than one batch of events";

/** The folder as a source; it is removed after the test. */
export function laneFolder(crowd: Crowd = "few"): () => Source {
  const folder = mkdtempSync(join(tmpdir(), "ptar-lanes-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  fill(folder);
  if (crowd !== "few") fillWithMany(join(folder, "b-many"));
  // without the folders above it, which others change, and without facts that are gathered by themselves
  return () => filesSource(["."], { cwd: folder, facts: "listing" });
}

function fill(folder: string): void {
  const path = (...names: readonly string[]) => join(folder, ...names);
  // three segments
  const long = noise(8 * mebi + 5);
  writeFileSync(path("a-long"), long);
  mkdirSync(path("c-texts"));
  for (let i = 0; i < 40; i++) writeFileSync(path("c-texts", `t${i}`), i % 9 === 0 ? "" : `line ${i % 30} of a text\n`.repeat((i % 30) * 300));
  // chunks of a-long, in other batches and in one batch twice
  writeFileSync(path("d-shifted"), Buffer.concat([noise(1000, 7), long.subarray(mebi), long.subarray(5 * mebi)]));
  linkSync(path("a-long"), path("c-texts", "link to a long one"));
  linkSync(path("c-texts", "t3"), path("e-link"));
  writeFileSync(path("f-sparse"), "at its beginning");
  truncateSync(path("f-sparse"), 9 * mebi);
  writeFileSync(path("g-text"), "one verdict, ".repeat(400_000));
  writeFileSync(path("h-refused"), "read by root alone");
  chmodSync(path("h-refused"), 0o000);
  symlinkSync("a-long", path("i-symlink"));
  execFileSync("mkfifo", [path("j-fifo")]);
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/k-`), Buffer.of(0xff)]), long.subarray(0, 3 * mebi));
}

function fillWithMany(folder: string): void {
  mkdirSync(folder);
  for (let i = 0; i < 300; i++) writeFileSync(join(folder, `f${i}`), `${i} `.repeat(i));
  for (let i = 0; i < 4000; i++) linkSync(join(folder, `f${i % 300}`), join(folder, `link${i}`));
}
