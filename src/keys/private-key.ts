// An Ed25519 private key file as OpenSSH writes it, openssh-key-v1. Of an encrypted one only the public half is read. spec/09-trust.md#keys
// The layout is described in PROTOCOL.key of OpenSSH.
import { concatBytes, equalBytes } from "../bytes/compare.js";
import { fromUtf8, toUtf8 } from "../bytes/utf8.js";
import type { Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import { blobOfPem, formatPem } from "./pem.js";
import { shown } from "./shown.js";
import { decodePublicKey, ed25519Type, encodePublicKey, wireString, wireU32 } from "./ssh-wire.js";
import { WireReader } from "./wire-reader.js";

/** A private key and what its file says beside it. */
export interface PrivateKey {
  /** The 32-byte Ed25519 seed: overwrite it with zeros when it is no longer needed. */
  readonly seed: Uint8Array;
  /** 32 bytes, derived from the seed. */
  readonly publicKey: Uint8Array;
  /** As it stands in the file, possibly empty; escape it before printing. */
  readonly comment: string;
}

/** What a private key file shows without its passphrase. */
export interface PublicHalf {
  /** 32 bytes, as it stands in clear in the file: nothing proves yet that the private half belongs to it. */
  readonly publicKey: Uint8Array;
  readonly protection: "none" | "passphrase";
}

const magic = toUtf8("openssh-key-v1\0");
const none = toUtf8("none");
const typeBytes = toUtf8(ed25519Type);
const seedBytes = 32;
/** Block size of the cipher "none". */
const padTo = 8;

/**
 * The key in the text of an OpenSSH private key file; `subject` names the file in errors.
 * @throws PTAR_KEY_INVALID for anything but one intact, unencrypted Ed25519 key
 */
export function parsePrivateKey(text: string, subject: string, crypto: Crypto): PrivateKey {
  const blob = blobOfPem(text, subject);
  try {
    return decodePrivateKey(blob, subject, crypto);
  } finally {
    blob.fill(0);
  }
}

/**
 * The public half in the text of an OpenSSH private key file, which may be encrypted; `subject` names the file in errors.
 * @throws PTAR_KEY_INVALID for anything but a file of one Ed25519 key
 */
export function parsePublicHalf(text: string, subject: string): PublicHalf {
  const blob = blobOfPem(text, subject);
  try {
    const { publicKey, isEncrypted } = decodeHead(blob, subject);
    return { publicKey, protection: isEncrypted ? "passphrase" : "none" };
  } finally {
    blob.fill(0);
  }
}

/**
 * The text of a private key file that OpenSSH reads, unencrypted: it must be readable for its owner only.
 * Throws TypeError for a seed of another length than 32 and for a comment that is not one line.
 */
export function formatPrivateKey(seed: Uint8Array, comment: string, crypto: Crypto): string {
  if (seed.length !== seedBytes) throw new TypeError(`a seed has ${seedBytes} bytes, not ${seed.length}`);
  if (/[\n\r\0]/.test(comment)) throw new TypeError("a comment is one line");
  const publicKey = crypto.publicKey(seed);
  const check = crypto.randomBytes(4);
  const inner = concatBytes(check, check, wireString(typeBytes), wireString(publicKey), wireU32(64), seed, publicKey, wireString(toUtf8(comment)));
  const padding = Uint8Array.from({ length: -inner.length & (padTo - 1) }, (_, i) => i + 1);
  const head = concatBytes(magic, wireString(none), wireString(none), wireU32(0), wireU32(1), wireString(encodePublicKey(publicKey)));
  return formatPem(concatBytes(head, wireU32(inner.length + padding.length), inner, padding));
}

/** What stands before the private part of a file; `rest` starts with it. */
interface Head {
  readonly cipher: Uint8Array;
  readonly kdf: Uint8Array;
  readonly kdfOptions: Uint8Array;
  readonly isEncrypted: boolean;
  readonly publicKey: Uint8Array;
  readonly rest: WireReader;
}

function decodeHead(blob: Uint8Array, subject: string): Head {
  if (!equalBytes(blob.subarray(0, magic.length), magic)) throw invalid(subject, "does not start with openssh-key-v1");
  const rest = new WireReader(blob.subarray(magic.length), subject);
  const cipher = rest.string("the cipher name");
  const kdf = rest.string("the kdf name");
  const kdfOptions = rest.string("the kdf options");
  const keys = rest.u32("the number of keys");
  if (keys !== 1) throw invalid(subject, `1 key was expected and ${keys} were found`);
  const publicKey = requirePublicKey(rest.string("the public key"), subject);
  return { cipher, kdf, kdfOptions, publicKey, isEncrypted: !equalBytes(cipher, none) || !equalBytes(kdf, none), rest };
}

function decodePrivateKey(blob: Uint8Array, subject: string, crypto: Crypto): PrivateKey {
  const { publicKey, rest, kdfOptions, ...head } = decodeHead(blob, subject);
  if (head.isEncrypted) throw encrypted(subject, head);
  if (kdfOptions.length !== 0) throw invalid(subject, `kdf options of 0 bytes were expected and ${kdfOptions.length} were found`);
  const inner = rest.string("the private part");
  if (rest.left !== 0) throw invalid(subject, `${rest.left} bytes follow the private part`);
  return decodeInner(inner, { publicKey, subject, crypto });
}

interface Expected {
  readonly publicKey: Uint8Array;
  readonly subject: string;
  readonly crypto: Crypto;
}

function decodeInner(bytes: Uint8Array, { publicKey, subject, crypto }: Expected): PrivateKey {
  if (bytes.length % padTo !== 0) throw invalid(subject, `the private part has ${bytes.length} bytes, not a multiple of ${padTo}`);
  const inner = new WireReader(bytes, subject);
  if (inner.u32("the first check") !== inner.u32("the second check")) throw invalid(subject, "the two checks of the private part differ");
  const type = inner.string("the type");
  if (!equalBytes(type, typeBytes)) throw wrongType(subject, type);
  const publicHalf = inner.string("the public half");
  const secret = inner.string("the private half");
  if (secret.length !== 64) throw invalid(subject, `a private half of 64 bytes was expected and ${secret.length} were found`);
  const seed = secret.subarray(0, seedBytes);
  const derived = crypto.publicKey(seed);
  // a key that signs under another public key than it shows gives its seed away when both are used
  for (const stored of [publicKey, publicHalf, secret.subarray(seedBytes)])
    if (!equalBytes(stored, derived)) throw invalid(subject, "a public key in the file is not the one of its private key");
  const comment = inner.string("the comment");
  if (comment.includes(0)) throw invalid(subject, "the comment has a NUL byte");
  for (let pad = 1; inner.left > 0; pad++) if (inner.u8() !== pad) throw invalid(subject, `byte ${pad} of the padding is not ${pad}`);
  // a comment in an older encoding is no reason to refuse the key
  return { seed: seed.slice(), publicKey: derived, comment: fromUtf8(comment) ?? "" };
}

function requirePublicKey(blob: Uint8Array, subject: string): Uint8Array {
  const publicKey = decodePublicKey(blob);
  if (publicKey !== undefined) return publicKey;
  const type = new WireReader(blob, subject).string("the key type");
  if (!equalBytes(type, typeBytes)) throw wrongType(subject, type);
  throw invalid(subject, `the public key is not an ${ed25519Type} key of 32 bytes`);
}

function encrypted(subject: string, { cipher, kdf }: Pick<Head, "cipher" | "kdf">): PtarError {
  return new PtarError("PTAR_KEY_INVALID", `${subject}: the key is encrypted (cipher ${shownBytes(cipher)}, kdf ${shownBytes(kdf)})`, {
    hint: "sign through ssh-agent (ssh-add FILE), or take the passphrase off a copy of the file: ssh-keygen -p -N '' -f COPY",
  });
}

function wrongType(subject: string, type: Uint8Array): PtarError {
  return new PtarError("PTAR_KEY_INVALID", `${subject}: has a key of type ${shownBytes(type)}, not ${ed25519Type}`, {
    hint: "PTAR signs with Ed25519 keys: ssh-keygen -t ed25519",
  });
}

function shownBytes(bytes: Uint8Array): string {
  return shown(String.fromCharCode(...bytes.subarray(0, 64)));
}

function invalid(subject: string, problem: string): PtarError {
  return new PtarError("PTAR_KEY_INVALID", `${subject}: ${problem}`);
}
