// Holdings: pages of the lists of an inventory, sorted keys of one length. spec/16-transfer.md#have-list
import { compareBytes, concatBytes } from "../bytes/compare.js";
import { label } from "../bytes/label.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Digest } from "./header.js";
import { type Kind, kinds } from "./object.js";

/** Lengths of keys, bytes: ids of snapshots, and short keys of other objects. */
export const listKeyLengths = { snapshots: 32, others: 16 } as const;

const shortKeyLabel = label("ptar1/short-key");

/** The short key of an object under the salt of an inventory, 16 bytes. */
export function shortKey(sha256: Digest, salt: Uint8Array, object: { readonly kind: Kind; readonly id: Uint8Array }): Uint8Array {
  const named = concatBytes(shortKeyLabel, salt, Uint8Array.of(kinds[object.kind]), object.id);
  return sha256(named).slice(0, listKeyLengths.others);
}

/** Bytes of holdings: a page of `keys`, which are sorted and all of one length. */
export function encodeHoldings(keys: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...keys);
}

/** What stands before a page. */
export interface HoldingsRules {
  /** Length of a key, bytes. */
  readonly keyLength: (typeof listKeyLengths)[keyof typeof listKeyLengths];
  /** The last key of the page before. */
  readonly after?: Uint8Array | undefined;
}

/** Keys of a page, strictly increasing, as views of `bytes`. @throws PTAR_INVENTORY_INVALID */
export function decodeHoldings(bytes: Uint8Array, { keyLength, after }: HoldingsRules): readonly Uint8Array[] {
  if (bytes.length === 0 || bytes.length % keyLength !== 0) throw invalid(`${bytes.length} bytes for keys of ${keyLength}`);
  let last = after;
  return Array.from({ length: bytes.length / keyLength }, (_, i) => {
    const key = bytes.subarray(i * keyLength, (i + 1) * keyLength);
    if (last !== undefined && compareBytes(last, key) >= 0) throw invalid(`key ${i} is not after the one before`);
    last = key;
    return key;
  });
}

function invalid(problem: string): PtarError {
  return new PtarError("PTAR_INVENTORY_INVALID", `holdings: ${problem}`);
}
