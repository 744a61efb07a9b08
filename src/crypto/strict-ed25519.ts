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
 * Whether key and signature are encoded strictly: canonical points A and R of order L, S below L.
 * With that, cofactored and cofactorless verification agree. Never throws.
 */
export function strictEnvelopeOk(signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== signatureLength || publicKey.length !== keyLength) return false;
  // spec/09-trust.md#strict
  return isScalarBelowOrder(signature.subarray(32)) && isStrictKey(publicKey) && isStrictPoint(signature.subarray(0, 32));
}

function isStrictKey(publicKey: Uint8Array): boolean {
  const name = toHex(publicKey);
  const known = checkedKeys.get(name);
  if (known !== undefined) return known;
  const strict = isStrictPoint(publicKey);
  // bounded, because keys come from archives
  if (checkedKeys.size >= keysRemembered) checkedKeys.clear();
  checkedKeys.set(name, strict);
  return strict;
}

/** Canonical encoding of a point of order L: neither small nor mixed order, nor the neutral element. */
function isStrictPoint(encoded: Uint8Array): boolean {
  try {
    const point = ed25519.Point.fromBytes(encoded);
    return !point.isSmallOrder() && point.isTorsionFree();
  } catch {
    return false;
  }
}

function isScalarBelowOrder(bytes: Uint8Array): boolean {
  let scalar = 0n;
  for (const byte of bytes.toReversed()) scalar = (scalar << 8n) | BigInt(byte);
  return scalar < order;
}
