// Files of the age format (age-encryption.org/v1) that are the same every time: test keys, no random bytes. spec/14-encryption.md#keys
import { createCipheriv, createHmac, createPrivateKey, createPublicKey, diffieHellman, hkdfSync, scryptSync } from "node:crypto";
import { bech32 } from "./bech32.mjs";
import { sha256, utf8 } from "./bytes.mjs";

const pkcs8 = Buffer.from("302e020100300506032b656e04220420", "hex");
const spki = Buffer.from("302a300506032b656e032100", "hex");
const wordOf = "age-encryption.org/v1";

/** 32 bytes that everybody can compute. */
export const derived = (what, name) => Buffer.from(sha256(utf8(`PTAR test ${what} ${name}`)));
/** Base64 as age writes it: without padding. */
export const base64 = (bytes) => Buffer.from(bytes).toString("base64").replaceAll("=", "");

/** The identity whose scalar is SHA-256 of "PTAR test identity " and its name. */
function testIdentity(name) {
  const scalar = derived("identity", name);
  const publicKey = publicOf(scalar);
  return { name, publicKey, recipient: bech32("age", publicKey), text: bech32("age-secret-key-", scalar).toUpperCase() };
}

/** erin and frank are recipients of the vectors, oscar of none. */
export const identities = Object.fromEntries(["erin", "frank", "oscar"].map((name) => [name, testIdentity(name)]));

/** Passphrases by name; `other` opens nothing. */
export const passphrases = {
  words: "correct horse battery staple",
  accents: "zażółć gęślą jaźń",
  other: "correct horse battery stable",
};

/** Files of `test-vectors/keys/`, by name. */
export function ageKeyFiles() {
  const files = {};
  for (const { name, recipient, text } of Object.values(identities))
    files[`keys/${name}.identity`] = utf8(`# ptar test identity ${name}: protects nothing\n# public key: ${recipient}\n${text}\n`);
  for (const [name, text] of Object.entries(passphrases)) files[`keys/${name}.passphrase`] = utf8(`${text}\n`);
  return files;
}

/** Wraps the file key for the recipient of an identity. */
export function toRecipient({ publicKey }) {
  return (fileKey, name) => {
    const ephemeral = derived("ephemeral key", name);
    const share = publicOf(ephemeral);
    const salt = Buffer.concat([share, publicKey]);
    const key = hkdf(agree(ephemeral, publicKey), { salt, info: `${wordOf}/X25519` });
    return { args: ["X25519", base64(share)], body: wrapped(key, fileKey) };
  };
}

/** Wraps the file key for a passphrase, N = 2^log2Cost. */
export function toPassphrase(passphrase, log2Cost) {
  return (fileKey, name) => {
    const salt = derived("passphrase salt", name).subarray(0, 16);
    const key = scryptSync(utf8(passphrase), Buffer.concat([utf8(`${wordOf}/scrypt`), salt]), 32, { N: 2 ** log2Cost, r: 8, p: 1 });
    return { args: ["scrypt", base64(salt), String(log2Cost)], body: wrapped(key, fileKey) };
  };
}

/** A stanza as it is, of a type that readers need not know. */
export const foreign = (args, body) => () => ({ args, body });

/**
 * An age file. `tamper` may change the list of stanzas, the text of the header up to `---`, the base64 of the MAC, and what follows: the MAC
 * is that of the changed header, so that only what was changed is wrong.
 */
export function ageFile(plaintext, wraps, { name, tamper = {} }) {
  const fileKey = derived("file key", name).subarray(0, 16);
  const plain = wraps.map((wrap, i) => wrap(fileKey, `${name} ${i}`));
  const stanzas = tamper.stanzas?.(plain) ?? plain;
  const text = `${wordOf}\n${stanzas.map(stanzaText).join("")}---`;
  const header = tamper.header?.(text) ?? text;
  const mac = base64(
    createHmac("sha256", hkdf(fileKey, { info: "header" }))
      .update(header, "latin1")
      .digest(),
  );
  const nonce = derived("nonce", name).subarray(0, 16);
  const key = hkdf(fileKey, { salt: nonce, info: "payload" });
  // the only chunk and therefore the last one
  const payload = Buffer.concat([nonce, encrypted(key, lastChunk(tamper.chunk ?? 1), plaintext)]);
  return Buffer.concat([Buffer.from(`${header} ${tamper.mac?.(mac) ?? mac}\n`, "latin1"), tamper.payload?.(payload) ?? payload]);
}

function stanzaText({ args, body }) {
  const text = base64(body);
  // the last line is shorter than 64 characters, if need be empty
  const lines = Array.from({ length: Math.floor(text.length / 64) + 1 }, (_, i) => text.slice(64 * i, 64 * i + 64));
  return `-> ${args.join(" ")}\n${lines.join("\n")}\n`;
}

function lastChunk(flag) {
  const nonce = Buffer.alloc(12);
  nonce[11] = flag;
  return nonce;
}

const wrapped = (key, fileKey) => encrypted(key, Buffer.alloc(12), fileKey);

function encrypted(key, nonce, plaintext) {
  const cipher = createCipheriv("chacha20-poly1305", key, nonce, { authTagLength: 16 });
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function hkdf(secret, { salt = Buffer.alloc(0), info }) {
  return Buffer.from(hkdfSync("sha256", secret, salt, info, 32));
}

function privateKeyOf(scalar) {
  return createPrivateKey({ key: Buffer.concat([pkcs8, scalar]), format: "der", type: "pkcs8" });
}

function publicOf(scalar) {
  return createPublicKey(privateKeyOf(scalar)).export({ format: "der", type: "spki" }).subarray(-32);
}

function agree(scalar, publicKey) {
  const other = createPublicKey({ key: Buffer.concat([spki, publicKey]), format: "der", type: "spki" });
  return diffieHellman({ privateKey: privateKeyOf(scalar), publicKey: other });
}
