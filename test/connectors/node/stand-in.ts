// Programs that stand in for those of the system, to see what comes of one that fails.
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { vi } from "vitest";

/** Where a program of the system is. */
export function realProgram(name: string): string {
  return execFileSync("sh", ["-c", `command -v "$1"`, "sh", name], { encoding: "utf8" }).trim();
}

/** Puts a shell script before the program `name`, until the test has ended; `$REAL` in it is the program itself. */
export function standIn(folder: string, name: string, script: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `#!/bin/sh\nREAL=${realProgram(name)}\n${script}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
}

/** Leaves only these programs of the system, until the test has ended. */
export function onlyPrograms(folder: string, names: readonly string[]): void {
  mkdirSync(folder);
  for (const name of names) symlinkSync(realProgram(name), join(folder, name));
  vi.stubEnv("PATH", folder);
}
