// AES-256-GCM in plain JavaScript and of WebCrypto, with the same bytes. spec/14-encryption.md#seal
import { gcm } from "@noble/ciphers/aes.js";
import type { Aead, AeadMessage } from "./crypto.js";
import { checkNonce, ownKey, tagBytes } from "./gcm-sizes.js";

/** From here on a message is worth the way to WebCrypto and back. */
const webBytes = 4096;

/** The cipher under `key`: WebCrypto for long messages where there is one (browsers without TLS have none), JavaScript otherwise. */
export function portableGcm(key: Uint8Array): Aead {
  const short = nobleGcm(key);
  if (globalThis.crypto?.subtle === undefined) return short;
  const long = webGcm(key);
  const fitting = ({ bytes }: AeadMessage) => (bytes.length < webBytes ? short : long);
  return {
    seal: (message) => fitting(message).seal(message),
    open: (message) => fitting(message).open(message),
  };
}

/** The cipher of @noble/ciphers. */
export function nobleGcm(key: Uint8Array): Aead {
  const own = ownKey(key);
  return {
    seal(message) {
      checkNonce(message);
      return gcm(own, message.nonce, message.bound).encrypt(message.bytes);
    },
    open(message) {
      checkNonce(message);
      try {
        return gcm(own, message.nonce, message.bound).decrypt(message.bytes);
      } catch {
        return undefined;
      }
    },
  };
}

/** The cipher of WebCrypto. A message must not change until its promise is settled. */
export function webGcm(key: Uint8Array): Aead {
  const { subtle } = globalThis.crypto;
  const own = ownKey(key);
  let imported: Promise<CryptoKey> | undefined;
  const ready = () => {
    imported ??= subtle.importKey("raw", own, "AES-GCM", false, ["encrypt", "decrypt"]);
    return imported;
  };
  return {
    seal(message) {
      checkNonce(message);
      return ready().then(async (webKey) => new Uint8Array(await subtle.encrypt(paramsOf(message), webKey, unshared(message.bytes))));
    },
    open(message) {
      checkNonce(message);
      return ready().then(async (webKey) => {
        try {
          return new Uint8Array(await subtle.decrypt(paramsOf(message), webKey, unshared(message.bytes)));
        } catch (error) {
          // WebCrypto's word for a wrong tag; anything else is not the message's fault
          if (error instanceof DOMException && error.name === "OperationError") return undefined;
          throw error;
        }
      });
    },
  };
}

function paramsOf({ nonce, bound }: AeadMessage): AesGcmParams {
  return { name: "AES-GCM", iv: unshared(nonce), additionalData: unshared(bound), tagLength: 8 * tagBytes };
}

/** WebCrypto takes no shared memory. */
function unshared(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : Uint8Array.from(bytes);
}
