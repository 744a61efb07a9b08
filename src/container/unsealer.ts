// Opens sealed frames: finds the session of each. spec/14-encryption.md#seal
import { equalBytes } from "../bytes/compare.js";
import type { Aead, Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import { encodeFrameHeader, frameTypeName } from "../format/frame.js";
import { decodeSealedPlaintext, isSealedType, sealNonce, sealOverhead } from "../format/sealed.js";
import type { Frame } from "./frame-reader.js";
import type { FoundSession } from "./generation.js";
import { deriveSession } from "./session-key.js";

interface OpenSession {
  readonly frame: number;
  readonly cipher: Aead;
}

/** The opening side of all sessions of an archive. */
export class Unsealer {
  /** By frame number, increasing. */
  readonly #sessions: readonly OpenSession[];

  private constructor(sessions: readonly OpenSession[]) {
    this.#sessions = sessions;
  }

  /** Derives the keys of all sessions. @throws PTAR_KEY_COMMITMENT */
  static of(crypto: Crypto, secret: Uint8Array, archive: { readonly archiveId: Uint8Array; readonly sessions: readonly FoundSession[] }): Unsealer {
    const { archiveId, sessions } = archive;
    return new Unsealer(
      sessions.map(({ number, session }) => {
        const { cipher, commitment } = deriveSession(crypto, secret, { archiveId, frame: number, salt: session.salt });
        // spec/14-encryption.md#opening
        if (equalBytes(commitment, session.commitment)) return { frame: number, cipher };
        throw commitmentError(number);
      }),
    );
  }

  /** The frame with its payload opened; frames that are not sealed as they are. @throws PTAR_FRAME_SEAL, PTAR_FRAME_LENGTH, PTAR_FRAME_RESERVED */
  async open(frame: Frame): Promise<Frame> {
    if (!isSealedType(frame.type)) return frame;
    checkSealedLength(frame);
    const { number, offset, type, payload } = frame;
    const session = this.#before(number);
    const bound = encodeFrameHeader({ type, payloadLength: payload.length, number });
    const plaintext = await session?.cipher.open({ nonce: sealNonce(number), bound, bytes: payload });
    if (plaintext === undefined) {
      throw new PtarError(
        "PTAR_FRAME_SEAL",
        `frame ${number} at offset ${offset}: ${frameTypeName(type)} does not open with the key of its session`,
        {
          details: { frame: number, offset },
          hint: "the key is right, the frame is not: it was changed, moved or taken from elsewhere",
        },
      );
    }
    return { ...frame, payload: decodeSealedPlaintext(plaintext, frame) };
  }

  /** The last session before a frame; an archive may have millions. */
  #before(number: number): OpenSession | undefined {
    let low = 0;
    let high = this.#sessions.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((this.#sessions[middle] as OpenSession).frame < number) low = middle + 1;
      else high = middle;
    }
    return this.#sessions[low - 1];
  }
}

/** The failure of a secret that is not the one of the session in `frame`. */
export function commitmentError(frame: number): PtarError {
  return new PtarError("PTAR_KEY_COMMITMENT", `session (frame ${frame}): was sealed with another secret than the one of this key`, {
    details: { frame },
    hint: "the wrapped keys or the session were exchanged; the key may be right all the same",
  });
}

/** Refuses a sealed frame that is too short to be one; needs no key. @throws PTAR_FRAME_LENGTH */
export function checkSealedLength({ type, number, offset, payload }: Frame): void {
  if (!isSealedType(type) || payload.length > sealOverhead) return;
  throw new PtarError("PTAR_FRAME_LENGTH", `frame ${number} at offset ${offset}: ${payload.length} bytes are too few for a sealed payload`, {
    details: { frame: number, offset },
  });
}
