// What strict Ed25519 asks of a signature and a key before any equation is computed. spec/09-trust.md#strict
import { ed25519 } from "@noble/curves/ed25519.js";
import { toHex } from "../bytes/hex.js";

const signatureLength = 64;
const keyLength = 32;
const keysRemembered = 256;

/** L, the order of the subgroup (RFC 8032 §5.1). */
const order = ed25519.Point.CURVE().n;

// a key is checked once: the check costs as much as half a verification
const checkedKeys = new Map<string, boolean>();

/**
 * Whether key and signature are encoded strictly: canonical points A and R of the prime-order subgroup, A not neutral, S below L.
 * With that, cofactored and cofactorless verification agree. Never throws.
 */
export function strictEnvelopeOk(signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== signatureLength || publicKey.length !== keyLength) return false;
  // spec/09-trust.md#strict
  const commitment = pointOf(signature.subarray(0, 32));
  return isScalarBelowOrder(signature.subarray(32)) && isStrictKey(publicKey) && commitment?.isTorsionFree() === true;
}

function isStrictKey(publicKey: Uint8Array): boolean {
  const name = toHex(publicKey);
  const known = checkedKeys.get(name);
  if (known !== undefined) return known;
  const point = pointOf(publicKey);
  // under the neutral element, which is free of torsion, everybody can sign
  const strict = point?.isTorsionFree() === true && !point.isSmallOrder();
  // bounded, because keys come from archives
  if (checkedKeys.size >= keysRemembered) checkedKeys.clear();
  checkedKeys.set(name, strict);
  return strict;
}

/** The point of a canonical encoding; undefined when it is none. */
function pointOf(encoded: Uint8Array) {
  try {
    return ed25519.Point.fromBytes(encoded);
  } catch {
    return undefined;
  }
}

function isScalarBelowOrder(bytes: Uint8Array): boolean {
  let scalar = 0n;
  for (const byte of bytes.toReversed()) scalar = (scalar << 8n) | BigInt(byte);
  return scalar < order;
}
