// A folder of their own for tests with real files.
import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

/** Whether tests may do what only root can. */
export const isRoot = process.getuid?.() === 0;
/** An id that owns nothing: "nobody". */
export const nobody = 65534;

/** A new empty folder, removed after the tests of the file. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "ptar-test-"));
  // Node itself cannot remove paths that are longer than one call takes
  afterAll(() => execFileSync("rm", ["-rf", folder]));
  return folder;
}

/** One byte per character. */
export function latin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** Bytes of a path below `folder`. */
export function below(folder: string, ...names: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat([Buffer.from(folder), ...names.flatMap((name) => [Buffer.from("/"), Buffer.from(name)])]);
}
