// What makes an archive a sealed one: sessions, wrapped keys, sealed payloads; with node:crypto alone. spec/14-encryption.md
import { createCipheriv, hkdfSync } from "node:crypto";
import { label } from "../../dist/bytes/label.js";
import { ageFile, derived, foreign, identities, passphrases, toPassphrase, toRecipient } from "./age.mjs";
import { bytesOf, u32, u64 } from "./bytes.mjs";

const sealedTypes = new Set(["blockData", "blockMeta", "indexPage", "indexRoot", "sealedManifest"]);

/**
 * Payloads of a sealed archive. `wishes` are `for` (what the KEYS frames wrap the secret for), `keySource` (1) and `pad`
 * (length of a plaintext after padding; Padmé).
 */
export class Sealer {
  /** Keys of the sessions so far. */
  keys = [];
  #archiveId;
  #wishes;

  constructor(archiveId, wishes) {
    this.#archiveId = archiveId;
    this.#wishes = { keySource: 1, pad: padme, ...wishes };
  }

  /** What stands in frame `number`. `head` is the header of a frame of that many bytes. */
  payload(type, subject, { number, head, tamper }) {
    if (type === "session") return this.#session(number, tamper);
    if (type === "keys") return this.#wrapped(subject, number, tamper);
    return sealedTypes.has(type) ? this.#sealed(bytesOf(subject), { type, number, head, tamper }) : bytesOf(subject);
  }

  /** spec/14-encryption.md#key */
  #session(number, tamper) {
    const count = this.keys.length + 1;
    const plain = derived("salt", count);
    const salt = tamper.salt?.(plain, count) ?? plain;
    const info = Buffer.concat([label("ptar1/session"), salt, u64(number)]);
    const derivedKeys = Buffer.from(hkdfSync("sha256", secretOf("one"), this.#archiveId, info, 64));
    this.keys.push(derivedKeys.subarray(0, 32));
    const { keySource } = this.#wishes;
    const repository = keySource === 2 ? derived("repository", "one").subarray(0, 16) : Buffer.alloc(16);
    const payload = Buffer.concat([Uint8Array.of(keySource), Buffer.alloc(15), salt, repository, derivedKeys.subarray(32)]);
    return tamper.session?.(payload, count) ?? payload;
  }

  /** spec/14-encryption.md#keys */
  #wrapped({ recipients = [], others = [], passphrase, log2Cost = 10, secret = "one", archiveId = this.#archiveId }, number, tamper) {
    const plain = Buffer.concat([label("ptar1/keys"), archiveId, secretOf(secret)]);
    const wraps = [
      ...recipients.map((name) => toRecipient(identities[name])),
      ...others.map(([args, body]) => foreign(args, body)),
      ...(passphrase === undefined ? [] : [toPassphrase(passphrases[passphrase], log2Cost)]),
    ];
    return ageFile(tamper.wrapped?.(plain) ?? plain, wraps, { name: number, tamper: tamper.age?.(number) });
  }

  /** spec/14-encryption.md#seal */
  #sealed(payload, { type, number, head, tamper }) {
    const before = Buffer.concat([u32(payload.length), payload]);
    const padded = Buffer.concat([before, Buffer.alloc(this.#wishes.pad(before.length) - before.length)]);
    const plaintext = tamper.plaintext?.(padded, { type, number }) ?? padded;
    const plain = { key: this.keys.at(-1), nonce: Buffer.concat([u64(number), Buffer.alloc(4)]), bound: head(plaintext.length + 16), plaintext };
    const sealed = seal({ ...plain, ...tamper.seal?.(plain, { type, number, keys: this.keys, head }) });
    return tamper.sealed?.(sealed, { type, number }) ?? sealed;
  }
}

const secretOf = (name) => derived("secret", name);

function seal({ key, nonce, bound, plaintext }) {
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(bound);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** spec/14-encryption.md#padding */
export function padme(length) {
  const exponent = 31 - Math.clz32(length);
  const unit = 2 ** (exponent - (31 - Math.clz32(exponent)) - 1);
  return Math.ceil(length / unit) * unit;
}
