// Messages to and from an ssh-agent: the two requests that PTAR sends and their answers. spec/09-trust.md#agent
// The layout is described in draft-miller-ssh-agent §3.
import { concatBytes, equalBytes } from "../bytes/compare.js";
import { fromUtf8, toUtf8 } from "../bytes/utf8.js";
import { PtarError } from "../errors/ptar-error.js";
import { decodePublicKey, ed25519Type, encodePublicKey, wireString, wireU32 } from "./ssh-wire.js";
import { WireReader } from "./wire-reader.js";

/** A key that an agent holds. */
export interface AgentKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** As the agent gives it, possibly empty; escape it before printing. */
  readonly comment: string;
}

/** Bytes of the length that stands before each message. */
export const agentLengthBytes = 4;

/** Ceiling on an answer without its length: the longest message that OpenSSH's own agent sends. */
export const maxAgentAnswerBytes = 262_144;
const signatureBytes = 64;
const typeBytes = toUtf8(ed25519Type);

const message = { failure: 5, requestIdentities: 11, identitiesAnswer: 12, signRequest: 13, signResponse: 14 } as const;
const names: Readonly<Record<number, string>> = { [message.identitiesAnswer]: "its list of keys", [message.signResponse]: "a signature" };

/** The request for the list of keys. */
export function encodeListRequest(): Uint8Array {
  return encodeMessage(message.requestIdentities);
}

/** The request to sign `toSign` as it is, with flags 0: for this type of key that is plain Ed25519. */
// spec/09-trust.md#agent
export function encodeSignRequest(publicKey: Uint8Array, toSign: Uint8Array): Uint8Array {
  return encodeMessage(message.signRequest, wireString(encodePublicKey(publicKey)), wireString(toSign), wireU32(0));
}

/**
 * How many bytes follow the first four of an answer.
 * @throws PTAR_KEY_INVALID for none and for more than 256 KiB
 */
export function decodeAnswerLength(head: Uint8Array, subject: string): number {
  const length = new WireReader(head, subject).u32("the length of the answer");
  // an agent must not make this process hold whatever it likes to send
  if (length < 1 || length > maxAgentAnswerBytes)
    throw invalid(subject, `an answer of 1 to ${maxAgentAnswerBytes} bytes was expected and ${length} were announced`);
  return length;
}

/**
 * The Ed25519 keys in an answer to `encodeListRequest`; keys of other types are passed over.
 * @throws PTAR_KEY_INVALID
 */
export function decodeKeyList(answer: Uint8Array, subject: string): readonly AgentKey[] {
  const body = openAnswer(answer, message.identitiesAnswer, subject);
  const count = body.u32("the number of keys");
  const keys: AgentKey[] = [];
  for (let i = 0; i < count; i++) {
    const publicKey = decodePublicKey(body.string(`key ${i + 1} of ${count}`));
    const comment = body.string(`the comment of key ${i + 1}`);
    if (publicKey !== undefined) keys.push({ publicKey, comment: fromUtf8(comment) ?? "" });
  }
  requireEnd(body, subject);
  return keys;
}

/**
 * The 64-byte signature in an answer to `encodeSignRequest`, not verified; undefined when the agent refuses to sign.
 * @throws PTAR_KEY_INVALID
 */
export function decodeSignature(answer: Uint8Array, subject: string): Uint8Array | undefined {
  if (answer.length === 1 && answer[0] === message.failure) return undefined;
  const body = openAnswer(answer, message.signResponse, subject);
  const signature = new WireReader(body.string("the signature"), subject);
  requireEnd(body, subject);
  if (!equalBytes(signature.string("the type of the signature"), typeBytes)) throw invalid(subject, `the signature is not of type ${ed25519Type}`);
  const bytes = signature.string("the bytes of the signature");
  requireEnd(signature, subject);
  if (bytes.length !== signatureBytes) throw invalid(subject, `a signature of ${signatureBytes} bytes was expected and ${bytes.length} were found`);
  return bytes.slice();
}

function encodeMessage(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return wireString(concatBytes(Uint8Array.of(type), ...parts));
}

function openAnswer(answer: Uint8Array, expected: number, subject: string): WireReader {
  const body = new WireReader(answer, subject);
  const type = body.u8();
  if (type !== expected) throw invalid(subject, `an answer of type ${expected}, ${names[expected]}, was expected and type ${type} was found`);
  return body;
}

function requireEnd(reader: WireReader, subject: string): void {
  if (reader.left !== 0) throw invalid(subject, `${reader.left} bytes follow the end of the answer`);
}

function invalid(subject: string, problem: string): PtarError {
  return new PtarError("PTAR_KEY_INVALID", `${subject}: ${problem}`);
}
