// Agents to sign through: the real ssh-agent on a socket of its own, and one that answers whatever a test wants.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { concatBytes } from "../../../../src/bytes/compare.js";
import { toUtf8 } from "../../../../src/bytes/utf8.js";
import { encodePublicKey, wireString, wireU32 } from "../../../../src/keys/ssh-wire.js";

const isMissing = ["ssh-agent", "ssh-add", "ssh-keygen"].some((name) => spawnSync("sh", ["-c", `command -v ${name}`]).status !== 0);

/** Reason to skip a test, or false; where CI is true nothing is skipped, so that a missing program is a failure. */
export const noSshAgent = isMissing && process.env.CI !== "true" && "ssh-agent, ssh-add or ssh-keygen is not installed";

/** An ssh-agent that ends with the test. */
export interface RealAgent {
  readonly folder: string;
  readonly socket: string;
  /** Makes a key of OpenSSH in the folder; its file. */
  makeKey(name: string, ...args: readonly string[]): string;
  /** Loads a key file, with its passphrase. */
  add(file: string, passphrase?: string, ...args: readonly string[]): void;
}

/** Starts ssh-agent with `env` on a socket in a new folder, which is removed after the test. */
export async function realAgent(env: Readonly<Record<string, string>> = {}): Promise<RealAgent> {
  const folder = tempFolder();
  const socket = join(folder, "agent");
  const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore", env: { ...process.env, ...env } });
  const ended = new Promise((resolve) => agent.on("close", resolve).on("error", resolve));
  onTestFinished(async () => {
    agent.kill();
    await ended;
  });
  // status 2: cannot be reached
  while (agent.exitCode === null && spawnSync("ssh-add", ["-l"], { env: { ...process.env, SSH_AUTH_SOCK: socket } }).status === 2)
    await setTimeout(5);
  writeFileSync(join(folder, "askpass"), '#!/bin/sh\necho "$PASSPHRASE"\n', { mode: 0o700 });
  return {
    folder,
    socket,
    makeKey(name, ...args) {
      const file = join(folder, name);
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, ...args, "-f", file]);
      return file;
    },
    add(file, passphrase = "", ...args) {
      const asking = { SSH_ASKPASS: join(folder, "askpass"), SSH_ASKPASS_REQUIRE: "force", DISPLAY: ":0", PASSPHRASE: passphrase };
      execFileSync("ssh-add", ["-q", ...args, file], { env: { ...process.env, SSH_AUTH_SOCK: socket, ...asking }, stdio: "pipe" });
    },
  };
}

/** What a test's own agent does with a request: its type, its bytes after that, and the connection to answer on. */
export type Answering = (type: number, body: Uint8Array, connection: Socket) => void;

/**
 * Starts an agent that does what `answering` does; the path of its socket. It ends with the test. A longer request than
 * `patienceBytes` makes it hang up before it has read the rest.
 */
export async function fakeAgent(answering: Answering, patienceBytes = Number.POSITIVE_INFINITY): Promise<string> {
  const path = join(tempFolder(), "agent");
  const connections = new Set<Socket>();
  const server = createServer((connection) => {
    connections.add(connection);
    let held: Uint8Array = new Uint8Array();
    connection.on("error", () => undefined);
    connection.on("data", (bytes) => {
      held = concatBytes(held, bytes);
      if (held.length > patienceBytes) return void connection.destroy();
      if (held.length < 5 || held.length < 4 + lengthIn(held)) return;
      answering(held[4] as number, held.subarray(5), connection);
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(async () => {
    for (const connection of connections) connection.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return path;
}

/** Requests and answers by the names of their types. */
export const types = { failure: 5, requestIdentities: 11, identitiesAnswer: 12, signRequest: 13, signResponse: 14 } as const;

/** An answer without the length before it: a list of Ed25519 keys. */
export function keyListAnswer(...keys: readonly Uint8Array[]): Uint8Array {
  const listed = keys.map((key) => concatBytes(wireString(encodePublicKey(key)), wireString(toUtf8("fake"))));
  return concatBytes(Uint8Array.of(types.identitiesAnswer), wireU32(keys.length), ...listed);
}

/** An answer without the length before it: a signature. */
export function signatureAnswer(signature: Uint8Array, type = "ssh-ed25519"): Uint8Array {
  return concatBytes(Uint8Array.of(types.signResponse), wireString(concatBytes(wireString(toUtf8(type)), wireString(signature))));
}

/** The message in the body of a sign request, which names one Ed25519 key. */
export function messageOf(body: Uint8Array): Uint8Array {
  const at = 4 + lengthIn(body);
  return body.slice(at + 4, at + 4 + lengthIn(body.subarray(at)));
}

function lengthIn(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, false);
}

function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "ptar-agent-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
