// Which failures say something about a file of a repository, not about the run. spec/15-repository.md#check
import { toHex } from "../../bytes/hex.js";
import { PtarError } from "../../errors/ptar-error.js";

/** Told of a file of the repository that cannot be read. */
export type OnProblem = (file: string, error: PtarError) => void;

/** Damaged, badly signed, over a limit, not supported. */
const exits: readonly number[] = [4, 5, 9, 10];

/** Whether a failure is one of what was read: whoever reads many things can note it and go on with the others. */
export function isFinding(error: unknown): error is PtarError {
  return error instanceof PtarError && exits.includes(error.exitCode);
}

/** A failure, with the file of the repository that it is about. */
export function inFile(error: unknown, path: string): unknown {
  // what failed on the way to the file, or was stopped, says so itself
  if (!(error instanceof PtarError) || [1, 130].includes(error.exitCode) || error.message.includes(path)) return error;
  const { code, message, hint, details } = error;
  return new PtarError(code, `repository: ${path}: ${message}`, { details, cause: error, ...(hint !== undefined && { hint }) });
}

/** Path of an archive of a repository, for people. */
export function fileOf(place: "packs" | "adopted" | "index" | "snapshots", name: Uint8Array): string {
  return `${place}/${toHex(name)}.ptar`;
}
