// Programs that are called: whether they are there, their versions, and untimed runs of them.
import { spawnSync } from "node:child_process";

/** Runs a command to its end and gives its standard output. Throws when it fails. */
export function run([program, ...args], { cwd, env = {} } = {}) {
  const child = spawnSync(program, args, { cwd, env: { ...process.env, LC_ALL: "C.UTF-8", ...env }, encoding: "utf8", maxBuffer: 1 << 28 });
  if (child.error !== undefined) throw child.error;
  if (child.status === 0) return child.stdout;
  throw new Error(`${[program, ...args].join(" ")}: exit ${child.status ?? child.signal}\n${child.stderr}`);
}

/**
 * Version of a program, by running it; "unknown" where it says none (Debian's GNU time).
 * Throws when it is missing, with the package that has it.
 */
export function versionOf({ command, debian }) {
  const child = spawnSync(command[0], command.slice(1), { encoding: "utf8" });
  if (child.error?.code === "ENOENT") throw new Error(`${command[0]}: not found; Debian's package is ${debian}`);
  if (child.error !== undefined) throw child.error;
  const version = (child.stdout + child.stderr).match(/\d+(\.\d+)+/)?.[0];
  // unsquashfs prints its version and exits 1
  if (child.status === 0 || version !== undefined) return version ?? "unknown";
  throw new Error(`${command.join(" ")}: exit ${child.status ?? child.signal}\n${child.stderr}`);
}
