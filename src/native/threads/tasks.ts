// What is asked of a thread, and what it answers.
import type { LanePlan, PackedBlock } from "../../archive/lanes.js";
import type { BlockObject } from "../../block/pack.js";
import type { OpenedBlock } from "../../block/unpack.js";
import type { ErrorCode } from "../../errors/codes.js";
import { type ErrorDetails, PtarError } from "../../errors/ptar-error.js";
import type { Limits } from "../../format/limits.js";
import type { DigestColumns, PieceColumns } from "./columns.js";

/** How a thread's engine is made: `portable` has the encoders whose output is the same everywhere. */
export type Encoders = "native" | "portable";

/** Tasks by name: what they need and what they give. Those of one run stand between its `open` and its `close`. */
export interface Tasks {
  /** The buffers are shared by all threads of a run. */
  readonly open: {
    readonly needs: { readonly run: number; readonly plan: LanePlan; readonly buffers: readonly SharedArrayBuffer[] };
    readonly gives: undefined;
  };
  readonly digest: {
    readonly needs: { readonly run: number; readonly buffer: number; readonly batch: number; readonly pieces: PieceColumns };
    readonly gives: DigestColumns;
  };
  /** Chunks at these places in buffers, as columns. What stands in no buffer is in `apart`, in order. */
  readonly pack: {
    readonly needs: {
      readonly run: number;
      readonly apart: readonly Uint8Array[];
      /** Number of the buffer; -1 for chunks of `apart`. */
      readonly buffers: Int32Array;
      readonly offsets: Uint32Array;
      readonly lengths: Uint32Array;
    };
    readonly gives: PackedBlock;
  };
  readonly packObjects: { readonly needs: { readonly run: number; readonly objects: readonly BlockObject[] }; readonly gives: PackedBlock };
  /** Limits are those of the format where none are given. */
  readonly openBlock: {
    readonly needs: {
      readonly payload: Uint8Array;
      readonly frame: number;
      readonly holds: "data" | "meta";
      readonly limits: Limits | undefined;
      readonly want: "objects" | "ids";
    };
    readonly gives: OpenedBlock;
  };
  readonly close: { readonly needs: { readonly run: number }; readonly gives: undefined };
}

export type TaskName = keyof Tasks;

/** A task on its way to a thread. */
export interface Asked<Name extends TaskName = TaskName> {
  readonly task: Name;
  readonly needs: Tasks[Name]["needs"];
}

/** What comes back, one for each task in order. */
export type Answer = { readonly gives: Tasks[TaskName]["gives"] } | { readonly failure: Failure };

/** An error as it crosses threads. */
export interface Failure {
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly details: ErrorDetails | undefined;
  readonly hint: string | undefined;
  readonly stack: string | undefined;
}

/** An error for another thread. */
export function failureOf(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? error.stack : undefined;
  if (!(error instanceof PtarError)) return { code: undefined, message, details: undefined, hint: undefined, stack };
  return { code: error.code, message, details: error.details, hint: error.hint, stack };
}

/** The error of another thread. */
export function errorOf({ code, message, details, hint, stack }: Failure): Error {
  const cause = stack === undefined ? {} : { cause: new Error(stack) };
  if (code === undefined) return new Error(message, cause);
  return new PtarError(code, message, { ...(details !== undefined && { details }), ...(hint !== undefined && { hint }), ...cause });
}
