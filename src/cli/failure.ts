// What is said about an error, whatever was thrown. spec/10-verify.md#codes

import { ioError } from "../connectors/node/io-error.js";
import { PtarError } from "../errors/ptar-error.js";
import { interrupted } from "./interrupt.js";

/** `error` as an error of PTAR; whatever was thrown after Ctrl-C is the interruption. */
export function failureOf(error: unknown, signal: AbortSignal): PtarError {
  if (signal.aborted) return interrupted();
  if (error instanceof PtarError) return error;
  if (error instanceof Error && "syscall" in error) return ioError(error, subjectOf(error));
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new PtarError("PTAR_INTERNAL", `internal error: ${message}`, {
    hint: "this is a defect of ptar: run the command again with PTAR_DEBUG=1 and report what it prints",
    cause: error,
  });
}

/** The document of a failure with --json. */
export function failureJson(failure: PtarError): object {
  const { code, message, hint, details, exitCode } = failure;
  return { error: { code, message, hint: hint ?? null, details }, exitCode };
}

/** The stack of an error and of its causes, for PTAR_DEBUG=1. */
export function stackOf(error: unknown): string {
  const stacks: string[] = [];
  for (let cause = error; cause instanceof Error && stacks.length < 8; cause = cause.cause) stacks.push(cause.stack ?? cause.message);
  return stacks.join("\ncaused by ");
}

function subjectOf(error: Error & { readonly syscall?: unknown; readonly path?: unknown }): string {
  return String(error.path ?? error.syscall);
}
