// Signs with a key that an ssh-agent holds: the key never enters this process. spec/09-trust.md#agent
import { once } from "node:events";
import { createConnection, type Socket } from "node:net";
import type { Crypto } from "../../../crypto/crypto.js";
import { PtarError } from "../../../errors/ptar-error.js";
import {
  type AgentKey,
  agentLengthBytes,
  decodeAnswerLength,
  decodeKeyList,
  decodeSignature,
  encodeListRequest,
  encodeSignRequest,
  maxAgentAnswerBytes,
} from "../../../keys/agent-wire.js";
import type { Signer } from "../../../keys/signer.js";
import { fingerprintOf } from "../../../keys/ssh-wire.js";
import { errnoOf } from "../io-error.js";
import { shellWord } from "../shell-word.js";

/** Where the agent is, and how it is waited for. */
export interface AgentOptions {
  /** Path of the socket, the value of SSH_AUTH_SOCK; undefined or empty: there is no agent. */
  readonly socket: string | undefined;
  /** Ends the waiting: an agent may ask its user for confirmation, which takes as long as it takes. */
  readonly signal?: AbortSignal;
  /** Private key file that hints name; default FILE. */
  readonly keyFile?: string;
  /** Called when an answer takes longer than two seconds. */
  readonly onWait?: () => void;
}

const subject = "ssh-agent";
const patienceMilliseconds = 2000;
const again = "try again, or start another agent";

/**
 * The Ed25519 keys that the agent holds; keys of other types are passed over.
 * @throws PTAR_KEY_NOT_FOUND without an agent, PTAR_KEY_INVALID for a malformed answer, PTAR_IO_FAILED, and the reason of `signal`
 */
export async function listAgentKeys(options: AgentOptions): Promise<readonly AgentKey[]> {
  return decodeKeyList(await exchange(encodeListRequest(), options), subject);
}

/**
 * A signer of the key with this fingerprint, `SHA256:…`. Each signature is plain Ed25519 over the message itself and is verified
 * before it is given out.
 * @throws PTAR_KEY_NOT_FOUND when the agent does not hold the key, and like `listAgentKeys`
 */
export async function agentSigner(fingerprint: string, crypto: Crypto, options: AgentOptions): Promise<Signer> {
  const keys = await listAgentKeys(options);
  const key = keys.find(({ publicKey }) => fingerprintOf(publicKey, crypto) === fingerprint);
  if (key === undefined)
    throw new PtarError("PTAR_KEY_NOT_FOUND", `${subject}: does not hold the key ${fingerprint} (Ed25519 keys that it holds: ${keys.length})`, {
      hint: `load it: ssh-add ${shellWord(options.keyFile ?? "FILE")} (ssh-add -l lists the keys that are loaded)`,
    });
  return { ...key, sign: (message) => signWith(key, message, { crypto, options }) };
}

async function signWith(
  { publicKey }: AgentKey,
  message: Uint8Array,
  { crypto, options }: { readonly crypto: Crypto; readonly options: AgentOptions },
): Promise<Uint8Array> {
  const signature = decodeSignature(await exchange(encodeSignRequest(publicKey, message), options), subject);
  const fingerprint = fingerprintOf(publicKey, crypto);
  if (signature === undefined)
    throw new PtarError("PTAR_KEY_INVALID", `${subject}: refuses to sign with the key ${fingerprint}`, {
      hint: "it may be locked, its user may have said no, or the key was loaded for some hosts only: see ssh-add -l",
    });
  // whatever answers on the socket: a signature that nobody can verify must not get into an archive. spec/09-trust.md#agent
  if (!crypto.verify(message, signature, publicKey))
    throw new PtarError("PTAR_KEY_INVALID", `${subject}: its signature is not valid for the key ${fingerprint}`);
  return signature;
}

/** Sends one request and reads the one answer, without the length before it. What comes after it is not read. */
async function exchange(request: Uint8Array, options: AgentOptions): Promise<Uint8Array> {
  const { signal, onWait } = options;
  const socket = await connect(options);
  const patience = onWait && setTimeout(onWait, patienceMilliseconds);
  try {
    socket.write(request);
    return await readAnswer(socket);
  } catch (error) {
    throw failureOf(error, signal);
  } finally {
    clearTimeout(patience);
    socket.destroy();
  }
}

async function connect({ socket: path, signal, keyFile }: AgentOptions): Promise<Socket> {
  if (path === undefined || path === "") throw noAgent("is not running (SSH_AUTH_SOCK is not set)", { keyFile });
  const socket = createConnection({ path, ...(signal && { signal }) });
  try {
    await once(socket, "connect");
    return socket;
  } catch (error) {
    socket.destroy();
    signal?.throwIfAborted();
    throw noAgent(`nothing answers at ${path} (${errnoOf(error)})`, { keyFile, cause: error });
  }
}

async function readAnswer(socket: Socket): Promise<Uint8Array> {
  const held = new Uint8Array(agentLengthBytes + maxAgentAnswerBytes);
  let at = 0;
  for await (const bytes of socket as AsyncIterable<Uint8Array>) {
    const room = bytes.subarray(0, held.length - at);
    held.set(room, at);
    at += room.length;
    if (at < agentLengthBytes) continue;
    const end = agentLengthBytes + decodeAnswerLength(held.subarray(0, agentLengthBytes), subject);
    if (at >= end) return held.slice(agentLengthBytes, end);
  }
  throw new PtarError("PTAR_IO_FAILED", `${subject}: hung up after ${at} bytes of its answer`, { hint: again });
}

function failureOf(error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof PtarError) return error;
  // a socket that is closed while it is written to and one that is closed later are one thing to a person
  return new PtarError("PTAR_IO_FAILED", `${subject}: hung up (${errnoOf(error)})`, { hint: again, cause: error });
}

function noAgent(problem: string, { keyFile = "FILE", cause }: { readonly keyFile: string | undefined; readonly cause?: unknown }): PtarError {
  return new PtarError("PTAR_KEY_NOT_FOUND", `${subject}: ${problem}`, {
    hint: `start one and load the key: eval "$(ssh-agent)" && ssh-add ${shellWord(keyFile)}`,
    cause,
  });
}
