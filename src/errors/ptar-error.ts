// The one error class. spec/10-verify.md#codes
import { type ErrorCode, errorCodes } from "./codes.js";

/** Facts about an error that a program can use: offsets, numbers, expected and found values. Nothing secret. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

/** What may be given with an error. */
export interface ErrorOptions {
  /** What a person can do next. */
  readonly hint?: string;
  readonly details?: ErrorDetails;
  readonly cause?: unknown;
}

/** Every failure that PTAR reports. Misuse by a programmer throws `TypeError` instead. */
export class PtarError extends Error {
  override readonly name = "PtarError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? {};
  }

  /** Exit code of the command line tool for this error. */
  get exitCode(): number {
    return errorCodes[this.code].exit;
  }
}
