// Another program that uses the same storage.
import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { bundled } from "../connectors/child.js";
import type { Watch } from "./deadly.js";
import type { Job } from "./storage-jobs.js";

/** A program that does jobs. */
export interface OtherProgram<Name extends string = Job> {
  /** Does a job to its end; what it gives. */
  run(location: string, job: Name, ...numbers: readonly number[]): Promise<unknown>;
  /** Does a job and dies at its change number `at` of a file system; whether it died. */
  runUntil(at: number, location: string, job: Name): "killed" | "ended";
  /** The same program by way of a shell script, whose "$@" runs it: exit status and what it says. */
  runWithin(script: string, location: string, job: Name): { readonly status: number | null; readonly output: string };
  /** Does a job; all changes that it made, by way of a new file for them. */
  changesOf(file: string, location: string, job: Name): readonly string[];
  /** To be called in the end. */
  remove(): void;
}

/** How a program is built that does other jobs than those of storages. */
export interface ProgramOptions {
  /** Module with a function `doJob`. */
  readonly jobs?: string;
  /** What a kill counts, see {@link Watch}. */
  readonly counted?: Watch["counted"];
}

/** Builds a program; `opener` is TypeScript that makes a function `open` of a location. */
export function otherProgram<Name extends string = Job>(
  opener: string,
  { jobs = "./test/repository/storage-jobs.js", counted = "calls" }: ProgramOptions = {},
): OtherProgram<Name> {
  const { script, remove } = bundled(`
    import { writeFileSync } from "node:fs";
    import { watchChanges } from "./test/repository/deadly.js";
    import { doJob } from "${jobs}";
    ${opener}
    const [location, job, ...numbers] = process.argv.slice(2);
    const changes = [];
    const { DIE_AT, TOLD } = process.env;
    if (DIE_AT !== undefined || TOLD !== undefined) await watchChanges({ dieAt: Number(DIE_AT ?? 0), counted: "${counted}", onChange: (change) => changes.push(change) });
    if (TOLD !== undefined) process.on("exit", () => writeFileSync(TOLD, JSON.stringify(changes)));
    try {
      process.stdout.write(JSON.stringify((await doJob(job, open(location), numbers.map(Number))) ?? null));
    } catch (error) {
      console.error(error.code, error.message, error.hint);
      process.exitCode = 1;
    }
  `);
  const started = (location: string, job: Name, env: Readonly<Record<string, string>>) =>
    spawnSync(process.execPath, [script, location, job], { encoding: "utf8", env: { ...process.env, ...env } });
  return {
    async run(location, job, ...numbers) {
      const { stdout } = await promisify(execFile)(process.execPath, [script, location, job, ...numbers.map(String)]);
      return JSON.parse(stdout) as unknown;
    },
    runUntil(at, location, job) {
      const { status, signal, stderr } = started(location, job, { DIE_AT: String(at) });
      if (signal === "SIGKILL") return "killed";
      if (status !== 0) throw new Error(`${job}: ended with ${status}: ${stderr}`);
      return "ended";
    },
    runWithin(wrapper, location, job) {
      const { status, stdout, stderr } = spawnSync("sh", ["-c", wrapper, "sh", process.execPath, script, location, job], { encoding: "utf8" });
      return { status, output: stdout + stderr };
    },
    changesOf(file, location, job) {
      const { status, stderr } = started(location, job, { TOLD: file });
      if (status !== 0) throw new Error(`${job}: ended with ${status}: ${stderr}`);
      return JSON.parse(readFileSync(file, "utf8")) as readonly string[];
    },
    remove,
  };
}
