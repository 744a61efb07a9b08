// The age stanza of a passphrase, with a scrypt that does not block: the library's own takes seconds in which no signal is heard.
// age-encryption.org/v1, "The scrypt recipient type"; spec/14-encryption.md#stanza-types
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { type Identity, type Recipient, Stanza } from "age-encryption";
import { base64Bytes, toBase64url } from "../bytes/base64url.js";
import { concatBytes } from "../bytes/compare.js";
import { toUtf8 } from "../bytes/utf8.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Scrypt } from "./crypto.js";
import { portableCrypto } from "./portable.js";

const stanzaType = "scrypt";
const saltLabel = toUtf8("age-encryption.org/v1/scrypt");
const saltBytes = 16;
const bodyBytes = 32;
/** A key is used once, so its nonce is fixed. */
const nonce = new Uint8Array(12);
/** The most that is worked for: 1 GiB of memory. */
export const maxLog2Cost = 20;

/** Wraps a file key for `passphrase`. */
export function passphraseRecipient(passphrase: string, scrypt: Scrypt, log2Cost: number): Recipient {
  return {
    async wrapFileKey(fileKey) {
      const salt = portableCrypto.randomBytes(saltBytes);
      const key = await keyOf(passphrase, scrypt, { salt, log2Cost });
      return [new Stanza([stanzaType, base64(salt), String(log2Cost)], chacha20poly1305(key, nonce).encrypt(fileKey))];
    },
  };
}

/** Unwraps a file key with `passphrase`, by one scrypt at most. A malformed stanza throws, as the library asks of identities. */
export function passphraseIdentity(passphrase: string, scrypt: Scrypt): Identity {
  return {
    async unwrapFileKey(stanzas) {
      const stanza = stanzas.find(({ args }) => args[0] === stanzaType);
      if (stanza === undefined) return null;
      const [, saltText = "", cost = ""] = stanza.args;
      const salt = base64Bytes(saltText);
      const log2Cost = /^[1-9][0-9]?$/.test(cost) ? Number(cost) : Number.NaN;
      const wellFormed = stanzas.length === 1 && stanza.args.length === 3 && salt?.length === saltBytes && stanza.body.length === bodyBytes;
      if (!wellFormed || !(log2Cost <= maxLog2Cost)) throw new Error("a malformed stanza scrypt");
      const key = await keyOf(passphrase, scrypt, { salt, log2Cost });
      try {
        return chacha20poly1305(key, nonce).decrypt(stanza.body);
      } catch {
        return null;
      }
    },
  };
}

async function keyOf(
  passphrase: string,
  scrypt: Scrypt,
  { salt, log2Cost }: { readonly salt: Uint8Array; readonly log2Cost: number },
): Promise<Uint8Array> {
  const text = toUtf8(passphrase);
  try {
    return await scrypt(text, concatBytes(saltLabel, salt), log2Cost);
  } catch {
    // no memory: that says nothing about passphrase or file
    throw new PtarError("PTAR_IO_FAILED", `passphrase: work factor ${log2Cost} takes ${2 ** log2Cost / 1024} MiB of memory, which cannot be had`, {
      hint: "close other programs, or use a machine with more memory",
    });
  } finally {
    text.fill(0);
  }
}

function base64(bytes: Uint8Array): string {
  return toBase64url(bytes).replaceAll("-", "+").replaceAll("_", "/");
}
