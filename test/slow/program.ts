// Runs the real program for the slow suites.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

export const repository = join(import.meta.dirname, "../..");
export const bin = join(repository, "bin/ptar.js");

/** A folder that is removed after the tests of a file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "ptar-slow-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What a finished run left. */
export interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program to its end; keys, trust and copies of indexes live in `config`. */
export function ptar(config: string, ...args: readonly string[]): Run {
  return spawnSync(process.execPath, [bin, ...args], { encoding: "utf8", env: environment(config), maxBuffer: 1 << 30 });
}

/** Starts the program. */
export function startPtar(config: string, ...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [bin, ...args], { env: environment(config), stdio: "ignore" });
}

function environment(config: string): NodeJS.ProcessEnv {
  return { ...process.env, XDG_CONFIG_HOME: config, XDG_CACHE_HOME: config };
}
