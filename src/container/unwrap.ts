// Finds a wrapped secret with the keys that somebody has. spec/14-encryption.md#opening
import type { Unwrapped } from "../crypto/age.js";
import type { Scrypt } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import { decodeKeysPlaintext, invalidKeys, type Keys, type KeysPlace } from "../format/keys.js";
import type { KeyRing } from "../keys/key-ring.js";
import { requirePassphrase } from "../keys/passphrase.js";

/** Wrapped keys that count. */
export interface WrappedKeys {
  readonly place: KeysPlace;
  readonly payload: Uint8Array;
  readonly kind: Keys["kind"];
  /** `added`: in a tail, which anybody may have written. What is wrong with it is no failure of the archive. */
  readonly origin: "own" | "added";
}

/** A secret as somebody without it sees it. */
export interface WrappedSecret {
  /** Whose it is, in sentences. */
  readonly of: "archive" | "repository";
  /** The id that must stand beside the secret, 32 bytes. */
  readonly owner: Uint8Array;
  /** In the order in which they are tried, those for recipients before the others. */
  readonly keys: readonly WrappedKeys[];
  /** Frame of keys that are passed over, because no signature covers them. */
  readonly passedOver?: number | undefined;
  /** Refuses a secret that is another one. @throws PTAR_KEY_COMMITMENT */
  check(secret: Uint8Array): void;
}

/** What a search may use. */
export interface SearchOptions {
  readonly scrypt: Scrypt;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The secret, 32 bytes. Costs one scrypt for each of the keys with a passphrase at most, and none when an identity opens one.
 * @throws PTAR_KEY_REQUIRED, PTAR_IDENTITY_WRONG, PTAR_PASSPHRASE_WRONG, PTAR_KEYS_UNSIGNED, PTAR_KEYS_INVALID, PTAR_KEYS_MISMATCH, PTAR_KEY_COMMITMENT,
 * and what the key ring's passphrase throws
 */
export async function unwrapSecret(wrapped: WrappedSecret, ring: KeyRing, { scrypt, signal }: SearchOptions): Promise<Uint8Array> {
  const { unwrapWithIdentity, unwrapWithPassphrase } = await import("../crypto/age.js");
  const search = new Search(wrapped);
  for (const found of wrapped.keys.filter(({ kind }) => kind === "recipients")) {
    for (const identity of ring.identities) {
      signal?.throwIfAborted();
      const secret = search.take(found, await unwrapWithIdentity(found.payload, identity));
      if (secret !== undefined) return secret;
    }
  }
  const costly = wrapped.keys.filter(({ kind }) => kind === "passphrase");
  const passphrase = costly.length === 0 ? undefined : await ring.passphrase?.();
  if (passphrase !== undefined) requirePassphrase(passphrase, "passphrase");
  if (passphrase !== undefined) {
    for (const found of costly) {
      const unwrapped = await unwrapWithPassphrase(found.payload, passphrase, scrypt);
      signal?.throwIfAborted();
      const secret = search.take(found, unwrapped);
      if (secret !== undefined) return secret;
    }
  }
  throw search.failure ?? notFound(wrapped, ring, passphrase === undefined ? "no passphrase" : "passphrase");
}

/** What a key ring found before under `name`, or what `search` finds; the caller's own copy. */
export async function remembered(ring: KeyRing, name: string, search: () => Promise<Uint8Array>): Promise<Uint8Array> {
  if (ring.found === undefined) return search();
  const secret = ring.found.get(name) ?? (await search());
  ring.found.set(name, secret);
  // the caller wipes its own
  return secret.slice();
}

/** What came of the keys that were tried. */
class Search {
  /** The first of its own keys that opened, but did not hold the secret. */
  failure: PtarError | undefined;
  readonly #wrapped: WrappedSecret;

  constructor(wrapped: WrappedSecret) {
    this.#wrapped = wrapped;
  }

  /** The secret, when it is the right one. */
  take({ place, origin }: WrappedKeys, unwrapped: Unwrapped): Uint8Array | undefined {
    if (unwrapped.kind === "wrong-key") return undefined;
    try {
      if (unwrapped.kind === "damaged") throw invalidKeys(place, "are damaged inside: their stanza, their MAC or what they wrap");
      return this.#checked(decodeKeysPlaintext(unwrapped.plaintext, place, this.#wrapped.owner));
    } catch (error) {
      if (!(error instanceof PtarError)) throw error;
      // others may hold the right one
      if (origin === "own") this.failure ??= error;
      return undefined;
    } finally {
      if (unwrapped.kind === "opened") unwrapped.plaintext.fill(0);
    }
  }

  #checked(secret: Uint8Array): Uint8Array {
    try {
      this.#wrapped.check(secret);
      return secret;
    } catch (error) {
      secret.fill(0);
      throw error;
    }
  }
}

// spec/14-encryption.md#opening
function notFound({ of, keys, passedOver }: WrappedSecret, { identities }: KeyRing, tried: "passphrase" | "no passphrase"): PtarError {
  const kinds = new Set(keys.map(({ kind }) => kind));
  const identitiesTried = identities.length > 0 && kinds.has("recipients");
  if (!identitiesTried && tried === "no passphrase") {
    const asks = [...(kinds.has("recipients") ? ["the identity of a recipient"] : []), ...(kinds.has("passphrase") ? ["a passphrase"] : [])];
    const sealed = of === "archive" ? "sealed" : "encrypted";
    return new PtarError("PTAR_KEY_REQUIRED", `${of}: it is ${sealed}, and opens with ${asks.join(" or ") || "nothing: it holds no wrapped keys"}`, {
      hint: "give the file of your identity with --identity, or the passphrase with --passphrase",
    });
  }
  if (passedOver !== undefined) {
    return new PtarError("PTAR_KEYS_UNSIGNED", `${of}: no key opens it; frame ${passedOver} holds wrapped keys that no signature covers`, {
      details: { frame: passedOver },
      hint: "they were not tried: anybody can add some; ask whoever added them to sign",
    });
  }
  if (tried === "passphrase") {
    return new PtarError("PTAR_PASSPHRASE_WRONG", `${of}: the passphrase does not open it`, {
      hint: "mind capitals, spaces and the layout of the keyboard",
    });
  }
  const count = identities.length === 1 ? "this identity" : `any of these ${identities.length} identities`;
  const add = of === "archive" ? "its maker to add your recipient with `ptar rewrap`" : "its owner to add your recipient";
  return new PtarError("PTAR_IDENTITY_WRONG", `${of}: it is not ${of === "archive" ? "sealed" : "encrypted"} for ${count}`, {
    hint: `ask ${add}; age-keygen -y shows the recipient of an identity`,
  });
}
