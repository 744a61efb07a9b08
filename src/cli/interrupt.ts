// Ctrl-C, and a terminal or connection that goes away: the first stops work in good order, the second at once. spec/10-verify.md#codes
import { unlinkSync } from "node:fs";
import { errorCodes } from "../errors/codes.js";
import { PtarError } from "../errors/ptar-error.js";

/** Signals of one run. */
export interface Interrupts {
  readonly signal: AbortSignal;
  /** Names a file, once it is known, that is removed also when nothing else is waited for. */
  readonly removeOnExit: (path: Promise<string>) => void;
  /** Gives the signals back to Node. */
  release(): void;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Listens for SIGINT, SIGTERM and SIGHUP. */
export function catchInterrupts(): Interrupts {
  const controller = new AbortController();
  const files: Promise<string | undefined>[] = [];
  const onSignal = () => {
    if (!controller.signal.aborted) return controller.abort(interrupted());
    // a file that is being opened this moment has no name yet, but will be there
    void Promise.all(files).then((paths) => {
      for (const path of paths) if (path !== undefined) removeQuietly(path);
      process.exit(errorCodes.PTAR_INTERRUPTED.exit);
    });
  };
  for (const name of signals) process.on(name, onSignal);
  return {
    signal: controller.signal,
    removeOnExit: (path) => files.push(path.catch(() => undefined)),
    release: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}

/** The error of a run that was stopped. */
export function interrupted(): PtarError {
  return new PtarError("PTAR_INTERRUPTED", "stopped on request");
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // it was published or removed already
  }
}
