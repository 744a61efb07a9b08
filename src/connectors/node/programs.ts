// Programs of the system that tell or set what Node cannot. spec/06-snapshot.md#captured
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import type { Readable } from "node:stream";
import { PtarError } from "../../errors/ptar-error.js";

/** How a program is run. Lines have one character for each byte and no newline. */
export interface ProgramOptions {
  readonly arguments: readonly string[];
  /** What it reads from standard input. */
  readonly input?: Uint8Array;
  /** File descriptors that it inherits, as 3, 4, 5 and so on. */
  readonly descriptors?: readonly number[];
  readonly onLine?: (line: string) => void;
  readonly onErrorLine?: (line: string) => void;
  /** Ends it and all that it has started. */
  readonly signal?: AbortSignal | undefined;
  /** After this time it is taken for stuck; default ten minutes. */
  readonly patienceMilliseconds?: number;
}

/** Longest line that is taken. An extended attribute of 65,536 bytes has 131,072 characters in hex. */
const maxLineChars = 1 << 20;
const defaultPatienceMilliseconds = 600_000;

/**
 * Absolute path of the program `name`, from PATH; undefined when there is none. Relative parts of PATH are passed over: a
 * program must not come from the directory that is being collected.
 */
export function findProgram(name: string): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

/**
 * Runs a program to its end; its exit status, or undefined when it could not be started, was killed, got stuck or wrote a line
 * without end. @throws PTAR_INTERRUPTED when `signal` is aborted
 */
export async function runProgram(program: string, options: ProgramOptions): Promise<number | undefined> {
  refuseAborted(options.signal);
  const status = await ended(program, options);
  refuseAborted(options.signal);
  return status;
}

function ended(program: string, options: ProgramOptions): Promise<number | undefined> {
  const { signal, input, onLine = ignore, onErrorLine = ignore, patienceMilliseconds = defaultPatienceMilliseconds } = options;
  return new Promise((resolve) => {
    const child = started(program, options);
    const end = (status: number | undefined) => {
      clearTimeout(patience);
      signal?.removeEventListener("abort", stop);
      resolve(status);
    };
    const stop = () => {
      killAll(child);
      end(undefined);
    };
    const patience = setTimeout(stop, patienceMilliseconds);
    signal?.addEventListener("abort", stop);
    if (child === undefined) return end(undefined);
    takeLines(child.stdout, { onLine, onEndless: stop });
    takeLines(child.stderr, { onLine: onErrorLine, onEndless: stop });
    child.on("error", () => end(undefined)).on("close", (status) => end(status ?? undefined));
    // it may end before it has read everything
    child.stdin?.on("error", ignore).end(input);
  });
}

/** In a process group of its own, so that it can be ended together with what it starts. */
function started(program: string, { arguments: args, descriptors = [] }: ProgramOptions): ChildProcess | undefined {
  const env = { LC_ALL: "C", PATH: process.env.PATH };
  try {
    return spawn(program, args, { stdio: ["pipe", "pipe", "pipe", ...descriptors], detached: true, env });
  } catch {
    return undefined;
  }
}

function takeLines(
  stream: Readable | null,
  { onLine, onEndless }: { readonly onLine: (line: string) => void; readonly onEndless: () => void },
): void {
  let rest = "";
  stream?.setEncoding("latin1").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
    if (rest.length > maxLineChars) onEndless();
  });
  stream?.on("end", () => {
    if (rest !== "") onLine(rest);
  });
}

function killAll(child: ChildProcess | undefined): void {
  try {
    if (child?.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    child?.kill("SIGKILL");
  }
  // what left its group may hold the pipes open
  for (const stream of child?.stdio ?? []) stream?.destroy();
}

function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new PtarError("PTAR_INTERRUPTED", "walk: stopped on request", { cause: signal.reason });
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function ignore(): void {}
