// Finds the secret of a sealed archive with the keys that somebody has. spec/14-encryption.md#opening
import { equalBytes } from "../bytes/compare.js";
import { toHex } from "../bytes/hex.js";
import type { Unwrapped } from "../crypto/age.js";
import { PtarError } from "../errors/ptar-error.js";
import { decodeKeysPlaintext } from "../format/keys.js";
import type { KeyRing } from "../keys/key-ring.js";
import { requirePassphrase } from "../keys/passphrase.js";
import type { Container } from "./container.js";
import { repositoryKeyName } from "./encryption.js";
import type { FoundKeys, FoundSession } from "./generation.js";
import { deriveSession } from "./session-key.js";
import { commitmentError } from "./unsealer.js";

/**
 * The secret, 32 bytes, of a container that is sealed. Costs one scrypt for each passphrase frame at most, and none when an identity opens it.
 * @throws PTAR_KEY_REQUIRED, PTAR_IDENTITY_WRONG, PTAR_PASSPHRASE_WRONG, PTAR_KEYS_UNSIGNED, PTAR_KEYS_INVALID, PTAR_KEYS_MISMATCH, PTAR_KEY_COMMITMENT,
 * and what the key ring's passphrase throws
 */
export async function findSecret(container: Container, ring: KeyRing, signal?: AbortSignal): Promise<Uint8Array> {
  if (ring.found === undefined) return searched(container, ring, signal);
  // with the commitment: anybody can give an archive the id of another
  const name = toHex(container.header.archiveId) + toHex(container.sessions[0]?.session.commitment ?? new Uint8Array());
  const secret = ring.found.get(name) ?? (await searched(container, ring, signal));
  ring.found.set(name, secret);
  // the caller wipes its own
  return secret.slice();
}

async function searched(container: Container, ring: KeyRing, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const [first] = container.sessions;
  if (container.keySource === "repository") throw ofRepository(first as FoundSession);
  const { unwrapWithIdentity, unwrapWithPassphrase } = await import("../crypto/age.js");
  const search = new Search(container);
  const { covered } = container.keys;
  for (const found of covered.filter(({ keys }) => keys.kind === "recipients")) {
    for (const identity of ring.identities) {
      signal?.throwIfAborted();
      const secret = search.take(found, await unwrapWithIdentity(found.frame.payload, identity));
      if (secret !== undefined) return secret;
    }
  }
  const costly = covered.filter(({ keys }) => keys.kind === "passphrase");
  const passphrase = costly.length === 0 ? undefined : await ring.passphrase?.();
  if (passphrase !== undefined) requirePassphrase(passphrase, "passphrase");
  if (passphrase !== undefined) {
    for (const found of costly) {
      const unwrapped = await unwrapWithPassphrase(found.frame.payload, passphrase, container.input.crypto.scrypt);
      signal?.throwIfAborted();
      const secret = search.take(found, unwrapped);
      if (secret !== undefined) return secret;
    }
  }
  throw search.failure ?? notFound(container, ring, passphrase === undefined ? "no passphrase" : "passphrase");
}

/** What came of the frames that were tried. */
class Search {
  /** The first frame of a generation that opened, but did not hold the secret of this archive. */
  failure: PtarError | undefined;
  readonly #container: Container;

  constructor(container: Container) {
    this.#container = container;
  }

  /** The secret, when it is that of the first session. */
  take({ frame }: FoundKeys, unwrapped: Unwrapped): Uint8Array | undefined {
    if (unwrapped.kind === "wrong-key") return undefined;
    try {
      if (unwrapped.kind === "damaged") {
        throw new PtarError("PTAR_KEYS_INVALID", `keys (frame ${frame.number}): are damaged inside: their stanza, their MAC or what they wrap`, {
          details: { frame: frame.number },
        });
      }
      return this.#checked(decodeKeysPlaintext(unwrapped.plaintext, { frame: frame.number, archiveId: this.#container.header.archiveId }));
    } catch (error) {
      if (!(error instanceof PtarError)) throw error;
      // another frame may hold the right one. What stands in a tail anybody may have added: it is no failure of the archive
      if (this.#container.generations.some(({ keys }) => keys.some((own) => own.frame === frame))) this.failure ??= error;
      return undefined;
    } finally {
      if (unwrapped.kind === "opened") unwrapped.plaintext.fill(0);
    }
  }

  #checked(secret: Uint8Array): Uint8Array {
    const { header, input, sessions } = this.#container;
    const { number, session } = sessions[0] as FoundSession;
    const { commitment } = deriveSession(input.crypto, secret, { archiveId: header.archiveId, frame: number, salt: session.salt });
    if (equalBytes(commitment, session.commitment)) return secret;
    secret.fill(0);
    throw commitmentError(number);
  }
}

// spec/14-encryption.md#opening
function notFound({ keys }: Container, { identities }: KeyRing, tried: "passphrase" | "no passphrase"): PtarError {
  const kinds = new Set(keys.covered.map((found) => found.keys.kind));
  const identitiesTried = identities.length > 0 && kinds.has("recipients");
  if (!identitiesTried && tried === "no passphrase") {
    const asks = [...(kinds.has("recipients") ? ["the identity of a recipient"] : []), ...(kinds.has("passphrase") ? ["a passphrase"] : [])];
    return new PtarError("PTAR_KEY_REQUIRED", `archive: it is sealed, and opens with ${asks.join(" or ") || "nothing: it holds no wrapped keys"}`, {
      hint: "give the file of your identity with --identity, or the passphrase with --passphrase",
    });
  }
  const [passedOver] = keys.others;
  if (passedOver !== undefined) {
    return new PtarError(
      "PTAR_KEYS_UNSIGNED",
      `archive: no key opens it; frame ${passedOver.frame.number} holds wrapped keys that no signature covers`,
      {
        details: { frame: passedOver.frame.number },
        hint: "they were not tried: anybody can add some; ask whoever added them to sign",
      },
    );
  }
  if (tried === "passphrase") {
    return new PtarError("PTAR_PASSPHRASE_WRONG", "archive: the passphrase does not open it", {
      hint: "mind capitals, spaces and the layout of the keyboard",
    });
  }
  const count = identities.length === 1 ? "this identity" : `any of these ${identities.length} identities`;
  return new PtarError("PTAR_IDENTITY_WRONG", `archive: it is not sealed for ${count}`, {
    hint: "ask its maker to add your recipient with `ptar rewrap`; age-keygen -y shows the recipient of an identity",
  });
}

function ofRepository(session: FoundSession): PtarError {
  return new PtarError("PTAR_KEY_REQUIRED", `archive: its key is kept with a repository (key ${repositoryKeyName(session)})`, {
    hint: "it can be verified without the key",
  });
}
