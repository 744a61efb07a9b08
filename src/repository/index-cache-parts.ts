// How the parts of an index cache are guarded: by digests, or sealed. spec/15-repository.md#index
import { Builder } from "../bytes/builder.js";
import { concatBytes, equalBytes } from "../bytes/compare.js";
import { label } from "../bytes/label.js";
import type { Crypto } from "../crypto/crypto.js";
import { tagBytes } from "../crypto/gcm-sizes.js";
import { hkdfSha256 } from "../crypto/hkdf.js";

const digestBytes = 32;
const keyBytes = 32;
const nonceBytes = 12;

/** Whose cache it is. */
export interface CacheOwner {
  /** Of the repository, 32 bytes. */
  readonly id: Uint8Array;
  readonly crypto: Crypto;
  /** Of an encrypted repository: its cache is sealed, because ids tell which known files it has. */
  readonly secret?: Uint8Array;
}

/** Binds each part to its number and to the head of the file, which says how many there are. */
export interface PartGuard {
  /** Bytes that a part is longer in the file. */
  readonly overhead: number;
  /** What stands in the file for a part. */
  close(part: number, bytes: Uint8Array): Promise<Uint8Array>;
  /** The part, undefined when a byte, the number or the head is another. */
  open(part: number, stored: Uint8Array): Promise<Uint8Array | undefined>;
}

/** The guard of a file that begins with `head`, which has its `salt`. */
export function partGuard({ id, crypto, secret }: CacheOwner, head: Uint8Array, salt: Uint8Array): PartGuard {
  return secret === undefined ? digestGuard(crypto, head) : sealGuard(crypto, { head, key: cacheKey(secret, id, salt) });
}

/** Another for each file, since parts of the same number have the same nonce. */
function cacheKey(secret: Uint8Array, id: Uint8Array, salt: Uint8Array): Uint8Array {
  return hkdfSha256({ secret, salt: id, info: concatBytes(label("ptar1/cache"), salt), length: keyBytes });
}

function digestGuard(crypto: Crypto, head: Uint8Array): PartGuard {
  const digestOf = (part: number, bytes: Uint8Array) => crypto.sha256(head, new Builder(8).u64(part).done(), bytes);
  return {
    overhead: digestBytes,
    close: async (part, bytes) => concatBytes(bytes, digestOf(part, bytes)),
    async open(part, stored) {
      const bytes = stored.subarray(0, stored.length - digestBytes);
      return equalBytes(digestOf(part, bytes), stored.subarray(bytes.length)) ? bytes : undefined;
    },
  };
}

function sealGuard(crypto: Crypto, { head, key }: { readonly head: Uint8Array; readonly key: Uint8Array }): PartGuard {
  const cipher = crypto.aes256Gcm(key);
  // the cipher has a copy
  key.fill(0);
  const nonceOf = (part: number) => new Builder(nonceBytes).u64(part).zeros(4).done();
  return {
    overhead: tagBytes,
    close: async (part, bytes) => cipher.seal({ nonce: nonceOf(part), bound: head, bytes }),
    open: async (part, stored) => cipher.open({ nonce: nonceOf(part), bound: head, bytes: stored }),
  };
}
