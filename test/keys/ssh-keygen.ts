// The real ssh-keygen, in a folder of its own; tests that need it are skipped where it is not installed.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** Reason to skip a test, or false; where CI is true nothing is skipped, so that a missing program is a failure. */
export const noSshKeygen = process.env.CI !== "true" && spawnSync("ssh-keygen", ["-?"]).error !== undefined && "ssh-keygen is not installed";

/** A new folder that is removed after the tests of the file. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "ptar-keys-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Standard output of `ssh-keygen args`; throws when it fails. */
export function sshKeygen(args: readonly string[], input = ""): string {
  return execFileSync("ssh-keygen", args, { input, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, TZ: "UTC" } });
}
