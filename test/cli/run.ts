// Runs the real program as a child process, with folders of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** The repository. */
export const root = join(import.meta.dirname, "..", "..");
const program = join(root, "bin", "ptar.js");

/** What a run gave. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder for one test with a config folder in it. */
export interface Place {
  readonly folder: string;
  /** Runs `ptar` with `args` in the folder. */
  ptar(...args: readonly string[]): Promise<Outcome>;
  /** Starts `ptar` and leaves it running. */
  start(...args: readonly string[]): { readonly child: ChildProcess; readonly outcome: Promise<Outcome> };
  /** Runs a shell script in the folder, where `ptar` is the program. */
  shell(script: string, env?: Readonly<Record<string, string>>): Promise<Outcome>;
}

/** A fresh folder; it is removed after the test. */
export function place(): Place {
  const folder = mkdtempSync(join(tmpdir(), "ptar-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return placeIn(folder);
}

/** The same in a folder of the caller's. */
export function placeIn(folder: string): Place {
  const config = join(folder, ".config");
  mkdirSync(config, { recursive: true });
  const env = { PATH: process.env.PATH, HOME: folder, XDG_CONFIG_HOME: config, LANG: "C.UTF-8", TZ: "UTC" };
  const start = (...args: readonly string[]) => run(process.execPath, [program, ...args], { cwd: folder, env });
  return {
    folder,
    start,
    ptar: (...args) => start(...args).outcome,
    shell: (script, more = {}) => {
      const text = `ptar() { "${process.execPath}" "${program}" "$@"; }\nset -u\n${script}`;
      return run("/bin/bash", ["-c", text], { cwd: folder, env: { ...env, ...more } }).outcome;
    },
  };
}

function run(command: string, args: readonly string[], options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }) {
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (part: string) => {
      text[name] += part;
    });
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...text }));
  });
  return { child, outcome };
}
