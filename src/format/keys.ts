// KEYS: the secret of a sealed archive or of a repository, wrapped in an age file. spec/14-encryption.md#keys

import { base64Bytes } from "../bytes/base64url.js";
import { Builder } from "../bytes/builder.js";
import { equalBytes } from "../bytes/compare.js";
import { label } from "../bytes/label.js";
import { type ErrorDetails, PtarError } from "../errors/ptar-error.js";
import { type AgeStanza, decodeAgeFile } from "./age-file.js";
import type { Limits } from "./limits.js";

/** Length of what is wrapped: label, id, secret. */
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

/** Where wrapped keys stand: the number of a KEYS frame, or the path of a file of a repository. */
export type KeysPlace = number | string;

/** What is wrapped: a secret, and the id of the archive or repository whose it is. */
export function encodeKeysPlaintext(owner: Uint8Array, secret: Uint8Array): Uint8Array {
  return new Builder(plainLength).bytes(keysLabel).bytes(owner).bytes(secret).done();
}

/** The secret in opened keys; `owner` is the id that must stand beside it. @throws PTAR_KEYS_INVALID, PTAR_KEYS_MISMATCH */
export function decodeKeysPlaintext(plaintext: Uint8Array, place: KeysPlace, owner: Uint8Array): Uint8Array {
  if (plaintext.length !== plainLength) throw invalidKeys(place, `wraps ${plaintext.length} bytes, expected ${plainLength}`);
  if (!equalBytes(plaintext.subarray(0, idOffset), keysLabel)) throw invalidKeys(place, "wraps something else than the secret of an archive");
  if (!equalBytes(plaintext.subarray(idOffset, secretOffset), owner)) {
    const whose = typeof place === "number" ? "archive" : "repository";
    throw new PtarError("PTAR_KEYS_MISMATCH", `${keysSubject(place)}: they are those of another ${whose}`, { details: detailsOf(place) });
  }
  return plaintext.slice(secretOffset);
}

/**
 * Checks everything of wrapped keys that needs no key.
 * @throws PTAR_KEYS_INVALID, PTAR_KEYS_WORK_FACTOR
 */
export function decodeKeys(payload: Uint8Array, place: KeysPlace, limits: Limits): Keys {
  const age = decodeAgeFile(payload, limits.keysStanzas);
  if (typeof age === "string") throw invalidKeys(place, age);
  if (age.payloadLength !== payloadLength)
    throw invalidKeys(place, `${age.payloadLength} bytes after the header of the age file, expected ${payloadLength}`);
  for (const stanza of age.stanzas) checkStanza(stanza, age.stanzas.length, { place, limits });
  const types = age.stanzas.map(({ args }) => args[0] as string);
  return { kind: types[0] === "scrypt" ? "passphrase" : "recipients", types };
}

function checkStanza(stanza: AgeStanza, count: number, { place, limits }: { readonly place: KeysPlace; readonly limits: Limits }): void {
  const [type, first, second] = stanza.args;
  if (type === "X25519") {
    // base64 of 32 bytes
    if (stanza.args.length !== 2 || !isBase64(first, 32) || stanza.body.length !== 32) throw invalidKeys(place, "a malformed stanza X25519");
    return;
  }
  if (type !== "scrypt") return;
  if (count !== 1) throw invalidKeys(place, `a passphrase among ${count} stanzas`);
  if (stanza.args.length !== 3 || !isBase64(first, 16) || stanza.body.length !== 32 || !/^[1-9][0-9]?$/.test(second ?? ""))
    throw invalidKeys(place, "a malformed stanza scrypt");
  // spec/14-encryption.md#keys
  if (Number(second) > limits.scryptLog2) {
    throw new PtarError("PTAR_KEYS_WORK_FACTOR", `${keysSubject(place)}: a passphrase of work factor ${second}, limit ${limits.scryptLog2}`, {
      details: { ...detailsOf(place), limit: limits.scryptLog2 },
      hint: "opening it would take gigabytes of memory; its maker may have wanted just that",
    });
  }
}

function isBase64(text: string | undefined, bytes: number): boolean {
  return text !== undefined && base64Bytes(text)?.length === bytes;
}

/** What wrapped keys are called in sentences. */
export function keysSubject(place: KeysPlace): string {
  return typeof place === "number" ? `keys (frame ${place})` : place;
}

function detailsOf(place: KeysPlace): ErrorDetails {
  return typeof place === "number" ? { frame: place } : { file: place };
}

/** The failure of wrapped keys that are malformed. */
export function invalidKeys(place: KeysPlace, problem: string): PtarError {
  return new PtarError("PTAR_KEYS_INVALID", `${keysSubject(place)}: ${problem}`, { details: detailsOf(place) });
}
