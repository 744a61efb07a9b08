// KEYS: the secret of a sealed archive, wrapped in an age file. spec/14-encryption.md#keys

import { base64Bytes } from "../bytes/base64url.js";
import { Builder } from "../bytes/builder.js";
import { equalBytes } from "../bytes/compare.js";
import { label } from "../bytes/label.js";
import { PtarError } from "../errors/ptar-error.js";
import { type AgeStanza, decodeAgeFile } from "./age-file.js";
import type { Limits } from "./limits.js";

/** Length of what is wrapped: label, archive id, secret. */
const plainLength = 80;
const idOffset = 16;
const secretOffset = 48;
/** What follows the header of the age file: a nonce, and one sealed part of the plaintext. */
const payloadLength = 16 + plainLength + 16;

const keysLabel = label("ptar1/keys");

/** A KEYS frame as anybody can read it. */
export interface Keys {
  readonly kind: "recipients" | "passphrase";
  /** Type of each stanza, `X25519` or another word of age. */
  readonly types: readonly string[];
}

/** What a KEYS frame wraps. */
export function encodeKeysPlaintext(archiveId: Uint8Array, secret: Uint8Array): Uint8Array {
  return new Builder(plainLength).bytes(keysLabel).bytes(archiveId).bytes(secret).done();
}

/** The secret in an opened KEYS frame. @throws PTAR_KEYS_INVALID, PTAR_KEYS_MISMATCH */
export function decodeKeysPlaintext(plaintext: Uint8Array, place: { readonly frame: number; readonly archiveId: Uint8Array }): Uint8Array {
  const { frame, archiveId } = place;
  if (plaintext.length !== plainLength) throw invalid(frame, `wraps ${plaintext.length} bytes, expected ${plainLength}`);
  if (!equalBytes(plaintext.subarray(0, idOffset), keysLabel)) throw invalid(frame, "wraps something else than the secret of an archive");
  if (!equalBytes(plaintext.subarray(idOffset, secretOffset), archiveId))
    throw new PtarError("PTAR_KEYS_MISMATCH", `keys (frame ${frame}): they are those of another archive`, { details: { frame } });
  return plaintext.slice(secretOffset);
}

/**
 * Checks everything of a KEYS frame that needs no key.
 * @throws PTAR_KEYS_INVALID, PTAR_KEYS_WORK_FACTOR
 */
export function decodeKeys(payload: Uint8Array, frame: number, limits: Limits): Keys {
  const age = decodeAgeFile(payload, limits.keysStanzas);
  if (typeof age === "string") throw invalid(frame, age);
  if (age.payloadLength !== payloadLength)
    throw invalid(frame, `${age.payloadLength} bytes after the header of the age file, expected ${payloadLength}`);
  for (const stanza of age.stanzas) checkStanza(stanza, age.stanzas.length, { frame, limits });
  const types = age.stanzas.map(({ args }) => args[0] as string);
  return { kind: types[0] === "scrypt" ? "passphrase" : "recipients", types };
}

function checkStanza(stanza: AgeStanza, count: number, { frame, limits }: { readonly frame: number; readonly limits: Limits }): void {
  const [type, first, second] = stanza.args;
  if (type === "X25519") {
    // base64 of 32 bytes
    if (stanza.args.length !== 2 || !isBase64(first, 32) || stanza.body.length !== 32) throw invalid(frame, "a malformed stanza X25519");
    return;
  }
  if (type !== "scrypt") return;
  if (count !== 1) throw invalid(frame, `a passphrase among ${count} stanzas`);
  if (stanza.args.length !== 3 || !isBase64(first, 16) || stanza.body.length !== 32 || !/^[1-9][0-9]?$/.test(second ?? ""))
    throw invalid(frame, "a malformed stanza scrypt");
  // spec/14-encryption.md#keys
  if (Number(second) > limits.scryptLog2) {
    throw new PtarError("PTAR_KEYS_WORK_FACTOR", `keys (frame ${frame}): a passphrase of work factor ${second}, limit ${limits.scryptLog2}`, {
      details: { frame, limit: limits.scryptLog2 },
      hint: "opening it would take gigabytes of memory; its maker may have wanted just that",
    });
  }
}

function isBase64(text: string | undefined, bytes: number): boolean {
  return text !== undefined && base64Bytes(text)?.length === bytes;
}

function invalid(frame: number, problem: string): PtarError {
  return new PtarError("PTAR_KEYS_INVALID", `keys (frame ${frame}): ${problem}`, { details: { frame } });
}
