// How many threads long commands use.
import { availableParallelism } from "node:os";
import { PtarError } from "../errors/ptar-error.js";
import type { Arguments, Command } from "./command.js";

/** `--workers`, for commands that can share their work among threads. */
export const workersOption: NonNullable<Command["options"]> = {
  workers: { type: "text", describe: "threads that share the work, 0 to 64 (default: one for each processor, up to 8)" },
};

const most = 64;
/** More threads than this mostly wait. */
const usualMost = 8;

/** The number of threads that was asked for, or the usual one. @throws PTAR_USAGE */
export function workersOf(args: Arguments): number {
  const text = args.text("workers");
  if (text === undefined) return Math.min(availableParallelism(), usualMost);
  if (/^\d{1,2}$/.test(text) && Number(text) <= most) return Number(text);
  throw new PtarError("PTAR_USAGE", `--workers ${text}: is not a number from 0 to ${most}`, { hint: "0 does everything in one thread" });
}
