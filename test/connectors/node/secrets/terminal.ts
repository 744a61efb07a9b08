// Programs on a pseudo-terminal: what a person at the keyboard sees and types.
import { spawn } from "node:child_process";
import { join } from "node:path";

/** What is done once a text has been shown. */
export interface Step {
  readonly wait: string;
  readonly type?: string;
  readonly signal?: "SIGTERM" | "SIGCONT";
  readonly close?: true;
}

/** How a program ended, and what was on its terminal. */
export interface TerminalRun {
  readonly screen: string;
  readonly stdout: string;
  readonly stderr: string;
  /** Negative: the signal that ended it; null: it did not end within 20 s. */
  readonly code: number | null;
  /** Whether the terminal shows again what is typed. */
  readonly echo: boolean | null;
}

/** Runs a program whose controlling terminal is a new one; standard input is a pipe with `stdin`, or that terminal. */
export async function onTerminal(
  argv: readonly string[],
  steps: readonly Step[],
  options: { readonly stdin?: string; readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Promise<TerminalRun> {
  const child = spawn("python3", [join(import.meta.dirname, "on-terminal.py")], { stdio: ["pipe", "pipe", "inherit"] });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  const ended = new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));
  child.stdin.end(JSON.stringify({ argv, steps, env: process.env, ...options }));
  await ended;
  return JSON.parse(printed) as TerminalRun;
}
