// Finds the secret of a sealed archive. spec/14-encryption.md#opening
import { equalBytes } from "../bytes/compare.js";
import { toHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import type { KeyRing } from "../keys/key-ring.js";
import type { Container } from "./container.js";
import { repositoryKeyName } from "./encryption.js";
import type { FoundSession } from "./generation.js";
import { deriveSession } from "./session-key.js";
import { commitmentError } from "./unsealer.js";
import { remembered, unwrapSecret, type WrappedSecret } from "./unwrap.js";

/**
 * The secret, 32 bytes, of a container that is sealed. Costs one scrypt for each passphrase frame at most, and none when an identity opens it.
 * @throws PTAR_KEY_REQUIRED, PTAR_IDENTITY_WRONG, PTAR_PASSPHRASE_WRONG, PTAR_KEYS_UNSIGNED, PTAR_KEYS_INVALID, PTAR_KEYS_MISMATCH, PTAR_KEY_COMMITMENT,
 * and what the key ring's passphrase throws
 */
export async function findSecret(container: Container, ring: KeyRing, signal?: AbortSignal): Promise<Uint8Array> {
  const [first] = container.sessions;
  // with the commitment: anybody can give an archive the id of another
  const name = toHex(container.header.archiveId) + toHex(first?.session.commitment ?? new Uint8Array());
  return remembered(ring, name, () => {
    if (container.keySource === "repository") throw ofRepository(first as FoundSession);
    return unwrapSecret(wrappedIn(container), ring, { scrypt: container.input.crypto.scrypt, signal });
  });
}

/** The secret of an archive, as its KEYS frames hold it. */
function wrappedIn({ header, input, sessions, keys, generations }: Container): WrappedSecret {
  const own = new Set(generations.flatMap((generation) => generation.keys.map(({ frame }) => frame)));
  return {
    of: "archive",
    owner: header.archiveId,
    keys: keys.covered.map(({ frame, keys: { kind } }) => ({
      place: frame.number,
      payload: frame.payload,
      kind,
      origin: own.has(frame) ? "own" : "added",
    })),
    passedOver: keys.others[0]?.frame.number,
    check: (secret) => {
      const { number, session } = sessions[0] as FoundSession;
      const { commitment } = deriveSession(input.crypto, secret, { archiveId: header.archiveId, frame: number, salt: session.salt });
      if (!equalBytes(commitment, session.commitment)) throw commitmentError(number);
    },
  };
}

function ofRepository(session: FoundSession): PtarError {
  return new PtarError("PTAR_KEY_REQUIRED", `archive: its key is kept with a repository (key ${repositoryKeyName(session)})`, {
    hint: "it can be verified without the key",
  });
}
