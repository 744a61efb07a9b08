// What a check found wrong. spec/15-repository.md#check
import type { Kind } from "../../format/object.js";
import { isFinding } from "../files/finding.js";

/** A path of a snapshot that needs what is missing or damaged. */
export interface AffectedPath {
  readonly snapshot: Uint8Array;
  /** Names joined by `/`; empty: the whole snapshot. */
  readonly path: Uint8Array;
}

/** One problem of a repository. */
export interface CheckProblem {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** File of the repository, `packs/….ptar`. */
  readonly file?: string;
  readonly object?: { readonly kind: Kind; readonly id: Uint8Array };
}

/** Most problems and paths that are kept; all are counted. */
export const keptFindings = 1000;

/** Gathers problems. */
export class CheckFindings {
  readonly problems: CheckProblem[] = [];
  count = 0;
  readonly exits = new Set<number>();

  /** Notes a failure of what is checked; another one is thrown on. @throws what is no PtarError, and codes of exit 1, 2, 7, 8 and 130 */
  note(error: unknown, about: Pick<CheckProblem, "file" | "object"> = {}): void {
    if (!isFinding(error)) throw error;
    const { code, message, hint, exitCode } = error;
    this.add({ code, message, ...(hint !== undefined && { hint }), ...about }, exitCode);
  }

  add(problem: CheckProblem, exitCode: number): void {
    this.exits.add(exitCode);
    this.count++;
    if (this.problems.length < keptFindings) this.problems.push(problem);
  }
}
