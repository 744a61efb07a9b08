// Signatures that lenient verifiers accept and strict ones refuse, made without curve arithmetic: the points that are needed are
// public keys of known seeds, or of small order. spec/09-trust.md#strict
import { createHash } from "node:crypto";
import { crypto, sha256, utf8 } from "./bytes.mjs";

const order = 2n ** 252n + 27742317777372353535851937790883648493n;
const prime = 2n ** 255n - 19n;

/** The neutral element: of order 1. Its second encoding has y = p + 1. */
const neutral = encoded(1n);
const neutralAgain = encoded(prime + 1n);

const sha512 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha512")).digest();

function number(bytes) {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
}

function encoded(value) {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse();
}

/** The scalar behind the public key of a seed, RFC 8032 §5.1.5. */
function scalarOf(seed) {
  const half = sha512(seed).subarray(0, 32);
  half[0] &= 248;
  half[31] = (half[31] & 127) | 64;
  return number(half) % order;
}

function challenge(r, publicKey, message) {
  return number(sha512(r, publicKey, message)) % order;
}

/** S + L in place of S: the same equation holds. */
export function largeS(message, signer) {
  const signature = Buffer.from(signer.sign(message));
  signature.set(encoded(number(signature.subarray(32)) + order), 32);
  return signature;
}

/** R neutral: the equation holds, and R is in the subgroup of order L. */
export const neutralR = (message, signer) => withR(neutral, message, signer);
/** The same R in its second encoding. */
export const neutralRAgain = (message, signer) => withR(neutralAgain, message, signer);
/** R = (0, −1), of order 2: only the equation times the cofactor holds. */
export const smallR = (message, signer) => withR(encoded(prime - 1n), message, signer);

function withR(r, message, { publicKey, seed }) {
  const s = (challenge(r, publicKey, message) * scalarOf(seed)) % order;
  return Buffer.concat([r, encoded(s)]);
}

/** A key of small order: [S]B = R whatever the message. */
export const neutralKey = smallKey(neutral);
export const neutralKeyAgain = smallKey(neutralAgain);

function smallKey(publicKey) {
  const nonce = sha256(utf8("PTAR test nonce"));
  return { publicKey, sign: () => Buffer.concat([crypto.publicKey(nonce), encoded(scalarOf(nonce))]) };
}

/** The key of `signer` plus the point of order 2, which is (−x, −y); nonces are tried until k is even and the point cancels out. */
export function mixedKey({ publicKey, seed }) {
  const sign = publicKey[31] >> 7;
  const y = number(publicKey) & (2n ** 255n - 1n);
  const mixed = encoded(prime - y);
  mixed[31] |= (1 - sign) << 7;
  return { publicKey: mixed, sign: (message) => evenSignature(message, mixed, seed) };
}

function evenSignature(message, publicKey, seed) {
  for (let i = 0; ; i++) {
    const nonce = sha256(utf8(`PTAR test nonce ${i}`));
    const r = crypto.publicKey(nonce);
    const k = challenge(r, publicKey, message);
    if (k % 2n === 0n) return Buffer.concat([r, encoded((scalarOf(nonce) + k * scalarOf(seed)) % order)]);
  }
}
