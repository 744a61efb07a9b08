// Runs commands alternately and measures each: only ratios of one run mean anything on a shared machine.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";

/** GNU time: the kernel's figures of a command with all its children. */
export const timeProgram = "/usr/bin/time";

/**
 * One command under test. `before` puts things as they were and `after` looks at or removes what was made: neither is timed.
 * @typedef {{ name: string, command: readonly string[], cwd?: string, env?: Record<string, string>,
 *   before?: () => void, after?: () => void }} Contender
 */

/** The signal that came, and the process group that runs. */
const interruption = { signal: undefined, group: undefined };

/**
 * Runs `work` so that Ctrl-C and SIGTERM end the measured command and then `work`, by an error: what it cleans up in `finally` is cleaned up.
 * The exit code is 130 then, 1 after another error, which is printed.
 */
export async function interruptible(work) {
  const stop = (signal) => {
    interruption.signal = signal;
    try {
      if (interruption.group !== undefined) process.kill(-interruption.group, "SIGTERM"); // shells let background children ignore SIGINT
    } catch {} // it has just ended
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, stop);
  try {
    await work();
  } catch (error) {
    console.error(`bench: ${interruption.signal === undefined ? error.message : `interrupted by ${interruption.signal}`}`);
    process.exitCode = interruption.signal === undefined ? 1 : 130;
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, stop);
  }
}

/**
 * Runs `contenders` in turn for `rounds` rounds after a warm-up (`warmUp: "none"` leaves it out), every second round backwards.
 * Gives a list of runs for each: wall and CPU time in seconds, peak memory of the largest process in bytes.
 * Rejects when a command fails: a figure of a failed command is worse than none.
 */
export async function alternate(contenders, { rounds, figuresFile, env = {}, warmUp = "one" }) {
  const runs = contenders.map(() => []);
  for (let round = warmUp === "one" ? -1 : 0; round < rounds; round++) {
    const order = [...contenders.entries()];
    for (const [i, contender] of round % 2 === 0 ? order : order.reverse()) {
      contender.before?.();
      const run = await timed(contender, figuresFile, env);
      contender.after?.();
      if (round >= 0) runs[i].push(run);
    }
  }
  return runs;
}

async function timed({ name, command, cwd, env: own }, figuresFile, env) {
  if (interruption.signal !== undefined) throw new Error(`interrupted by ${interruption.signal}`);
  const words = ["-q", "-o", figuresFile, "-f", "%U %S %M", "--", ...command];
  const start = performance.now();
  const { code, stderr } = await finished(words, { cwd, env: { ...measuredEnvironment(), ...env, ...own } });
  const wall = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`${name}: ${command.join(" ")}: exit ${code}\n${stderr}`);
  const [user, system, kibibytes] = readFileSync(figuresFile, "utf8").trim().split(" ").map(Number);
  return { wall, cpu: user + system, memory: kibibytes * 1024 };
}

/** In a process group of its own, so that an interruption ends the measured programs and not only GNU time. */
function finished(words, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(timeProgram, words, { ...options, detached: true, stdio: ["ignore", "ignore", "pipe"] });
    interruption.group = child.pid;
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (part) => {
      stderr = (stderr + part).slice(-8192);
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      interruption.group = undefined;
      resolve({ code: code ?? signal, stderr });
    });
  });
}

/** What changes how programs start or sort stays out of the measurement. */
function measuredEnvironment() {
  const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...rest } = process.env;
  return { ...rest, LC_ALL: "C.UTF-8", TZ: "UTC" };
}
