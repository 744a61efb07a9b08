// Sealing by node:crypto alone, keys for tests, and the wrapped secret. spec/14-encryption.md
import { createCipheriv, hkdfSync } from "node:crypto";
import { generateIdentity, recipientOf, wrapForPassphrase, wrapForRecipients } from "../../src/crypto/age.js";
import { encodeKeysPlaintext } from "../../src/format/keys.js";
import type { KeyRing } from "../../src/keys/key-ring.js";

/** Somebody with an identity. */
export interface Party {
  readonly identity: string;
  readonly recipient: string;
}

async function party(): Promise<Party> {
  const identity = await generateIdentity("x25519");
  return { identity, recipient: await recipientOf(identity) };
}

/** Whom archives of tests are sealed for, and who has nothing to do with them. */
export const owner = await party();
export const stranger = await party();
export const secret = Uint8Array.from({ length: 32 }, (_, i) => 100 + i);
export const archiveId = new Uint8Array(32).fill(7);

/** Identities of these parties. */
export const ringOf = (...parties: readonly Party[]): KeyRing => ({ identities: parties.map(({ identity }) => identity) });

/** Payload of a KEYS frame for recipients. */
export function keysFor(parties: readonly Party[], plaintext = encodeKeysPlaintext(archiveId, secret)): Promise<Uint8Array> {
  return wrapForRecipients(
    plaintext,
    parties.map(({ recipient }) => recipient),
  );
}

/** Payload of a KEYS frame for a passphrase, cheaper to open than any real one. */
export function keysForPassphrase(passphrase: string, plaintext = encodeKeysPlaintext(archiveId, secret)): Promise<Uint8Array> {
  return wrapForPassphrase(plaintext, passphrase, { log2Cost: 10 });
}

/** Key and commitment of a session. */
export function sessionAlone(
  own: Uint8Array,
  session: { readonly archiveId: Uint8Array; readonly frame: number; readonly salt: Uint8Array },
): { readonly key: Uint8Array; readonly commitment: Uint8Array } {
  const number = Buffer.alloc(8);
  number.writeBigUInt64LE(BigInt(session.frame));
  const info = Buffer.concat([Buffer.from("ptar1/session\0\0\0"), session.salt, number]);
  const derived = new Uint8Array(hkdfSync("sha256", own, session.archiveId, info, 64));
  return { key: derived.subarray(0, 32), commitment: derived.subarray(32) };
}

/** Ciphertext and tag of a frame. */
export function sealAlone(frame: {
  readonly type: number;
  readonly number: number;
  readonly plaintext: Uint8Array;
  readonly key: Uint8Array;
}): Uint8Array {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64LE(BigInt(frame.number));
  const head = Buffer.alloc(24);
  head.set([0xf7, 0x50, 0x54, 0x46, frame.type]);
  head.writeBigUInt64LE(BigInt(frame.plaintext.length + 16), 8);
  head.writeBigUInt64LE(BigInt(frame.number), 16);
  const cipher = createCipheriv("aes-256-gcm", frame.key, nonce).setAAD(head);
  return new Uint8Array(Buffer.concat([cipher.update(frame.plaintext), cipher.final(), cipher.getAuthTag()]));
}
