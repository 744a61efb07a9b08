// Programs that tests run as another user or in another mount namespace.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buildSync } from "esbuild";

/** How a program ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Bundles TypeScript that imports from the repository ("./src/…") into a script that any user can run. */
export function bundled(code: string): { readonly script: string; readonly node: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "ptar-child-"));
  chmodSync(folder, 0o755);
  const script = join(folder, "program.mjs");
  buildSync({
    stdin: { contents: code, resolveDir: resolve(import.meta.dirname, "../.."), loader: "ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: script,
    logLevel: "error",
  });
  const node = join(folder, "node");
  copyFileSync(process.execPath, node);
  return { script, node, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Runs a bundled program, as another user where `uid` is given, or by way of `wrapper`. */
export function runChild(code: string, options: { uid?: number; wrapper?: readonly string[]; args?: readonly string[] } = {}): Ended {
  const { script, node, remove } = bundled(code);
  try {
    const [command = node, ...args] = [...(options.wrapper ?? []), node, script, ...(options.args ?? [])];
    const ids = options.uid === undefined ? {} : { uid: options.uid, gid: options.uid };
    const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", cwd: "/", ...ids });
    return { status, stdout, stderr };
  } finally {
    remove();
  }
}
