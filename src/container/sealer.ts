// Seals the frames of one session. spec/14-encryption.md#seal
import type { Aead, Crypto } from "../crypto/crypto.js";
import { encodeFrameHeader, frameTypes, payloadLimit } from "../format/frame.js";
import { indexPageLength } from "../format/index-page.js";
import { limits } from "../format/limits.js";
import { encodeSealedPlaintext, paddedLength, type SealedType, sealNonce, tagLength } from "../format/sealed.js";
import { deriveSession, type SessionFacts } from "./session-key.js";

/** A frame before it is sealed. */
export interface ToSeal {
  readonly type: SealedType;
  readonly number: number;
  readonly payload: Uint8Array;
  /** Length of the padded plaintext; default: Padmé. */
  readonly padTo?: number | undefined;
}

/** Every index page has the length of a full one: the last would tell how many objects there are. spec/14-encryption.md#padding */
function lengthOf(type: SealedType, payload: number): number {
  return paddedLength(type === "indexPage" ? Math.max(payload, indexPageLength) : payload, payloadLimit(frameTypes[type], limits));
}

/** The sealing side of a session. */
export class Sealer {
  /** 32 bytes, for the SESSION payload. */
  readonly commitment: Uint8Array;
  readonly #cipher: Aead;
  #last: number;

  constructor(crypto: Crypto, secret: Uint8Array, session: SessionFacts) {
    const { cipher, commitment } = deriveSession(crypto, secret, session);
    this.#cipher = cipher;
    this.commitment = commitment;
    this.#last = session.frame;
  }

  /** Frame header and sealed payload. Frames come in the order of their numbers. */
  async seal({ type, number, payload, padTo }: ToSeal): Promise<{ readonly head: Uint8Array; readonly sealed: Uint8Array }> {
    // a nonce used twice gives away both plaintexts and the authentication key: a defect that must never reach a file
    if (number <= this.#last) throw new TypeError(`frame ${number}: sealed once already, or after frame ${this.#last}`);
    this.#last = number;
    const plaintext = encodeSealedPlaintext(payload, padTo ?? lengthOf(type, payload.length));
    const head = encodeFrameHeader({ type: frameTypes[type], payloadLength: plaintext.length + tagLength, number });
    return { head, sealed: await this.#cipher.seal({ nonce: sealNonce(number), bound: head, bytes: plaintext }) };
  }
}
