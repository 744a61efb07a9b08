// The test keys: fixed seeds, published with their private halves. They protect nothing. spec/09-trust.md#keys

import { formatPrivateKey } from "../../dist/keys/private-key.js";
import { formatPublicLine } from "../../dist/keys/public-line.js";
import { fingerprintOf } from "../../dist/keys/ssh-wire.js";
import { formatTrustLine } from "../../dist/keys/trust.js";
import { crypto, sha256, utf8 } from "./bytes.mjs";

/** Makes a key whose seed everybody can compute: SHA-256 of "PTAR test key " and its name. */
function testKey(name) {
  const seed = sha256(utf8(`PTAR test key ${name}`));
  return { name, seed, publicKey: crypto.publicKey(seed), sign: (message) => crypto.sign(message, seed) };
}

/** alice, bob and carol are trusted, dora was until 2020, mallory never was. */
export const keys = Object.fromEntries(["alice", "bob", "carol", "dora", "mallory"].map((name) => [name, testKey(name)]));

/** What a verifier of the vectors trusts. */
export const trust = {
  keys: [keys.alice, keys.bob, keys.carol, { ...keys.dora, validBefore: "2020-01-01T00:00:00Z" }].map(({ publicKey, name, validBefore }) => ({
    publicKey,
    name,
    ...(validBefore !== undefined && { validBefore }),
  })),
};

/** Files of `test-vectors/keys/`, by name. */
export function keyFiles() {
  const fixed = { ...crypto, randomBytes: (length) => new Uint8Array(length) };
  const files = { "keys/trusted": utf8(trust.keys.map((key) => `${formatTrustLine(key)}\n`).join("")) };
  for (const { name, seed, publicKey } of Object.values(keys)) {
    const comment = `ptar-test-key-${name}-protects-nothing`;
    files[`keys/${name}`] = utf8(formatPrivateKey(seed, comment, fixed));
    files[`keys/${name}.pub`] = utf8(`${formatPublicLine(publicKey, comment)}\n`);
  }
  const lines = Object.values(keys).map(
    ({ name, publicKey }) => `${name} ${Buffer.from(publicKey).toString("hex")} ${fingerprintOf(publicKey, crypto)}\n`,
  );
  files["keys/fingerprints"] = utf8(lines.join(""));
  return files;
}
