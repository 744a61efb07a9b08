// A small tree with a planted defect, and the verdict of one script over it.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Root of this repository. */
export const repository = join(import.meta.dirname, "../..");

/** Exit status and output of `scripts/<script>` run over a tree of these files (path → text or bytes). */
export function runOver(
  script: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  ...args: readonly string[]
): { status: number | null; output: string } {
  const root = mkdtempSync(join(tmpdir(), "ptar-planted-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const run = spawnSync(process.execPath, [join(repository, "scripts", script), "--root", root, ...args], { encoding: "utf8" });
    return { status: run.status, output: run.stdout + run.stderr };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
