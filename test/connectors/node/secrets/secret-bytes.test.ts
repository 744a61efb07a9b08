// Short secrets from files and programs. spec/14-encryption.md#opening
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { readSecretCommand, readSecretFile } from "../../../../src/connectors/node/secrets/secret-bytes.js";
import type { PtarError } from "../../../../src/errors/ptar-error.js";

const options = { subject: "secret", maxBytes: 8 } as const;
const shell = (command: string, more: { readonly signal?: AbortSignal; readonly env?: NodeJS.ProcessEnv } = {}) =>
  readSecretCommand(command, { ...options, env: process.env, ...more });

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "ptar-secret-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const sentenceOf = (error: unknown) => `${(error as PtarError).code}: ${(error as PtarError).message}`;

describe("a secret in a file", () => {
  it("is its bytes, up to a limit", async () => {
    const path = join(folder(), "f");
    writeFileSync(path, "12345678");
    expect(Buffer.from((await readSecretFile(path, options)) ?? []).toString()).toBe("12345678");
    writeFileSync(path, "123456789");
    expect(await readSecretFile(path, options)).toBeUndefined();
    writeFileSync(path, "");
    expect(await readSecretFile(path, options)).toEqual(new Uint8Array());
  });

  it("may be one without end", async () => {
    expect(await readSecretFile("/dev/zero", options)).toBeUndefined();
  });

  it("comes through a pipe, in pieces", async () => {
    const path = join(folder(), "pipe");
    execFileSync("mkfifo", [path]);
    const writing = shell(`{ printf 12; sleep 0.1; printf 34; } > '${path}'`);
    expect(Buffer.from((await readSecretFile(path, options)) ?? []).toString()).toBe("1234");
    await writing;
  });

  it("that is not there, or a folder, is named by its subject alone", async () => {
    const place = folder();
    const absent = await readSecretFile(join(place, "hunter2"), options).catch((error: unknown) => error);
    expect(sentenceOf(absent)).toBe("PTAR_KEY_NOT_FOUND: secret: no such file");
    expect(sentenceOf(await readSecretFile(place, options).catch((error: unknown) => error))).toMatch(/^PTAR_IO_FAILED: secret: .*\(EISDIR\)$/);
  });
});

describe("a secret that a program prints", () => {
  it("is what the shell's command prints, with the environment of the caller", async () => {
    const bytes = await shell('printf %s "$WORD" | tr a-z A-Z', { env: { PATH: process.env.PATH, WORD: "abc" } });
    expect(Buffer.from(bytes ?? []).toString()).toBe("ABC");
  });

  it("is refused when the program fails, without its output or its command line", async () => {
    const failed = await shell("echo hunter2; exit 3").catch((error: unknown) => error);
    expect(sentenceOf(failed)).toBe("PTAR_PASSPHRASE_INVALID: secret: exit code 3, expected 0");
    const killed = await shell("echo hunter2; kill -9 $$").catch((error: unknown) => error);
    expect(sentenceOf(killed)).toBe("PTAR_PASSPHRASE_INVALID: secret: was ended by SIGKILL");
    for (const error of [failed, killed] as PtarError[]) expect([error.stack, error.cause, error.hint].join()).not.toContain("hunter2");
  });

  it("is refused when the program cannot be started, without the command line", async () => {
    const error = await shell(`: hunter2 ${"x".repeat(4_000_000)}`).catch((thrown: unknown) => thrown);
    expect(sentenceOf(error)).toMatch(/^PTAR_PASSPHRASE_INVALID: secret: could not be run \(E\w+\)$/);
    expect([(error as PtarError).stack, (error as PtarError).cause].join()).not.toContain("hunter2");
  });

  it("is an interruption when Ctrl-C ended the program", async () => {
    for (const command of ["kill -INT $$; sleep 9", "exit 130"])
      expect(await shell(command).catch((thrown: unknown) => thrown)).toMatchObject({ code: "PTAR_INTERRUPTED" });
  });

  it("is not waited for to its end when it is too long", async () => {
    expect(await shell("yes hunter2 2> /dev/null")).toBeUndefined();
  });

  it("is not waited for after the signal, and its program is ended", async () => {
    const place = folder();
    const stop = new AbortController();
    const waiting = shell(`echo $$ > '${place}/pid'; exec sleep 60`, { signal: stop.signal }).catch((error: unknown) => error);
    while (!existsSync(join(place, "pid")) || readFileSync(join(place, "pid"), "utf8") === "") await setTimeout(5);
    const pid = Number(readFileSync(join(place, "pid"), "utf8"));
    stop.abort(new Error("enough"));
    expect(await waiting).toBe(stop.signal.reason);
    while (isThere(pid)) await setTimeout(5);
    expect(await shell("echo", { signal: stop.signal }).catch((error: unknown) => error)).toBe(stop.signal.reason);
  });

  it("reads nothing from standard input, where an archive may be", async () => {
    // this process has no controlling terminal where tests run in batches; with one the command reads that
    const bytes = await shell("[ -t 0 ] && printf tty || cat");
    expect(["", "tty"]).toContain(Buffer.from(bytes ?? []).toString());
  });
});

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
