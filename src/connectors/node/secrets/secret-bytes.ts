// Short secrets from files, standard input and programs; copies on the way are overwritten. spec/14-encryption.md#opening
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import { PtarError } from "../../../errors/ptar-error.js";
import { errnoOf, ioError } from "../io-error.js";
import { stdinChunks, stdinName } from "../stdin-chunks.js";
import { openTerminal } from "./terminal-prompt.js";

/** How a secret is read. */
export interface SecretOptions {
  /** How errors name it. */
  readonly subject: string;
  /** Undefined instead of the bytes when there are more. */
  readonly maxBytes: number;
  /** Ends waiting for bytes that do not come. */
  readonly signal?: AbortSignal;
}

/** How a program is run. */
export interface CommandOptions extends SecretOptions {
  readonly env: NodeJS.ProcessEnv;
}

type Ended = readonly [code: number | null, signalName: string | null];

interface Started {
  readonly child: ChildProcess;
  readonly stdout: Readable;
  readonly ended: Promise<Ended>;
}

const interruptedStatus = 130;

/**
 * The bytes of the file at `path`, which may be a pipe, or of standard input for `-`: overwrite them when they are no longer needed.
 * A named pipe to which nobody writes is waited for in spite of `signal`: the system gives no other way.
 * @throws PTAR_KEY_NOT_FOUND, PTAR_IO_FAILED, and the reason of `signal`
 */
export async function readSecretFile(path: string, options: SecretOptions): Promise<Uint8Array | undefined> {
  const { subject, signal } = options;
  try {
    return await readAtMost(path === "-" ? stdinChunks(options) : createReadStream(path, { ...(signal && { signal }) }), options);
  } catch (error) {
    signal?.throwIfAborted();
    if (path === "-") throw ioError(error, `${subject}: ${stdinName}`);
    if (errnoOf(error) !== "ENOENT") throw ioError(error, subject);
    throw new PtarError("PTAR_KEY_NOT_FOUND", `${subject}: no such file`, { hint: "check the spelling of the path", cause: error });
  }
}

/**
 * What a command line prints to standard output, run by the shell; it may ask on the terminal, and its standard error is that of this program.
 * @throws PTAR_PASSPHRASE_INVALID when it fails, PTAR_INTERRUPTED when Ctrl-C ended it, the reason of `signal`. They quote neither command
 * nor output.
 */
export async function readSecretCommand(command: string, options: CommandOptions): Promise<Uint8Array | undefined> {
  const { signal, subject } = options;
  signal?.throwIfAborted();
  let stop = () => {};
  const onAbort = () => stop();
  signal?.addEventListener("abort", onAbort);
  try {
    const { child, stdout, ended } = startShell(command, options.env);
    stop = () => {
      child.kill();
      // what the shell has started may hold the pipe open
      stdout.destroy();
    };
    const bytes = await readAtMost(stdout, options);
    if (bytes === undefined) stop();
    else refuseFailed(await ended, subject);
    return bytes;
  } catch (error) {
    signal?.throwIfAborted();
    // not as its cause: errors of starting a program hold the command line
    throw error instanceof PtarError ? error : new PtarError("PTAR_PASSPHRASE_INVALID", `${subject}: could not be run (${errnoOf(error)})`);
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/** Not in a process group of its own: it would have no terminal to ask on. */
function startShell(command: string, env: NodeJS.ProcessEnv): Started {
  const terminal = openTerminal();
  try {
    const stdio: StdioOptions = [terminal ?? "ignore", "pipe", "inherit"];
    const child = process.platform === "win32" ? spawn(command, { stdio, env, shell: true }) : spawn("/bin/sh", ["-c", command], { stdio, env });
    const ended = once(child, "close").then(([code, signalName]): Ended => [code, signalName]);
    // it may fail before anybody waits for it
    ended.catch(() => undefined);
    return { child, stdout: child.stdout as Readable, ended };
  } finally {
    if (terminal !== undefined) closeSync(terminal);
  }
}

function refuseFailed([code, name]: Ended, subject: string): void {
  if (code === 0) return;
  if (name === "SIGINT" || code === interruptedStatus) throw new PtarError("PTAR_INTERRUPTED", "stopped on request");
  throw new PtarError("PTAR_PASSPHRASE_INVALID", `${subject}: ${name === null ? `exit code ${code}, expected 0` : `was ended by ${name}`}`);
}

async function readAtMost(chunks: AsyncIterable<Uint8Array>, { maxBytes }: SecretOptions): Promise<Uint8Array | undefined> {
  const held = new Uint8Array(maxBytes);
  let length = 0;
  try {
    for await (const chunk of chunks) {
      const fits = length + chunk.length <= maxBytes;
      if (fits) held.set(chunk, length);
      chunk.fill(0);
      if (!fits) return undefined;
      length += chunk.length;
    }
    return held.slice(0, length);
  } finally {
    held.fill(0);
  }
}
