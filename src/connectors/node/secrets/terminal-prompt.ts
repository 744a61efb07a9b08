// Questions on the controlling terminal, also while standard input and output are pipes. spec/14-encryption.md#opening
import { closeSync, openSync, writeSync } from "node:fs";
import { ReadStream } from "node:tty";
import { PtarError } from "../../../errors/ptar-error.js";
import { ioError } from "../io-error.js";
import { SecretLine, type Typed } from "./secret-line.js";

const subject = "terminal";
const devices =
  process.platform === "win32"
    ? ({ input: "\\\\.\\CONIN$", output: "\\\\.\\CONOUT$" } as const)
    : ({ input: "/dev/tty", output: "/dev/tty" } as const);

/** Whether there is a terminal to ask on. */
export function hasTerminal(): boolean {
  const fd = openTerminal();
  if (fd === undefined) return false;
  closeSync(fd);
  return true;
}

/** A file descriptor of the controlling terminal, to be closed by the caller; undefined when there is none. */
export function openTerminal(): number | undefined {
  try {
    return openSync(devices.input, "r+");
  } catch {
    return undefined;
  }
}

/**
 * Asks for a line that is not shown while it is typed. Backspace and Ctrl-U take back; the terminal is as it was before in every case.
 * @returns the line, possibly empty, and empty after Ctrl-D; undefined when there is no terminal
 * @throws PTAR_INTERRUPTED after Ctrl-C, PTAR_PASSPHRASE_INVALID for what is not UTF-8 or longer than 4,096 bytes, PTAR_IO_FAILED, the reason
 * of `signal`
 */
export async function askSecret(prompt: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<string | undefined> {
  signal?.throwIfAborted();
  const fd = openTerminal();
  if (fd === undefined) return undefined;
  const [input, output] = [new ReadStream(fd), openSync(devices.output, "r+")];
  const ask = () => {
    input.setRawMode(true);
    writeSync(output, prompt);
  };
  // a shell that stopped the program has put the terminal back: what is typed would be shown
  const onContinue = () => {
    input.setRawMode(false);
    ask();
  };
  try {
    process.on("SIGCONT", onContinue);
    const typed = typedLine(input, signal);
    // nobody waits for it when asking fails
    typed.catch(() => undefined);
    ask();
    return await typed;
  } finally {
    process.off("SIGCONT", onContinue);
    input.setRawMode(false);
    release(input, fd);
    leave(output);
  }
}

function typedLine(input: ReadStream, signal: AbortSignal | undefined): Promise<string> {
  const line = new SecretLine();
  let onAbort = () => {};
  const typed = new Promise<string>((resolve, reject) => {
    onAbort = () => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort);
    const settle = (what: Typed) => {
      if (what === "more") return;
      const failure = failureOf(what, line);
      if (failure === undefined) resolve(what === "closed" ? "" : (line.text() ?? ""));
      else reject(failure);
    };
    input.on("data", (bytes: Buffer) => {
      settle(line.take(bytes));
      bytes.fill(0);
    });
    input.on("end", () => settle("closed"));
    // it hung up; setRawMode reports that too, later on
    input.on("error", (error) => reject(ioError(error, subject)));
  });
  return typed.finally(() => {
    line.wipe();
    signal?.removeEventListener("abort", onAbort);
  });
}

function failureOf(typed: Typed, line: SecretLine): PtarError | undefined {
  if (typed === "interrupted") return new PtarError("PTAR_INTERRUPTED", "stopped on request");
  if (typed === "too long") return new PtarError("PTAR_PASSPHRASE_INVALID", `${subject}: more than 4096 bytes were typed`);
  if (typed === "done" && line.text() === undefined) return new PtarError("PTAR_PASSPHRASE_INVALID", `${subject}: what was typed is not UTF-8`);
  return undefined;
}

/** Where the stream has opened the terminal once more, the descriptor that it was given stays open. */
function release(input: ReadStream, fd: number): void {
  const { fd: own } = (input as unknown as { readonly _handle?: { readonly fd?: number } })._handle ?? {};
  input.destroy();
  if (own !== undefined && own !== fd) closeSync(fd);
}

/** Ends the line of the question. */
function leave(output: number): void {
  try {
    writeSync(output, "\n");
  } catch {
    // it has gone
  } finally {
    closeSync(output);
  }
}
