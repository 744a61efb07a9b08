// Who opens an encrypted repository: its files of wrapped keys, and what is said when none fits. spec/15-repository.md#secret
import { describe, expect, it } from "vitest";
import { wrapSecret } from "../../src/archive/wrap.js";
import { toHex } from "../../src/bytes/hex.js";
import { findRepositorySecret, type KeyFile } from "../../src/container/repository-secret.js";
import { encodeKeysPlaintext } from "../../src/format/keys.js";
import { type Limits, limits } from "../../src/format/limits.js";
import { repositoryKeyId } from "../../src/format/repository.js";
import type { KeyRing } from "../../src/keys/key-ring.js";
import { nativeCrypto as crypto } from "../../src/native/crypto.js";
import { refusal } from "./refusal.js";
import { keysFor, keysForPassphrase, owner, ringOf, secret, stranger } from "./sealing.js";

const id = new Uint8Array(32).fill(9);
const keyId = repositoryKeyId((bytes) => crypto.sha256(bytes), id, secret);
const words = "correct horse battery staple";
const wrapped = encodeKeysPlaintext(id, secret);
const forOwner = await keysFor([owner], wrapped);
const forStranger = await keysFor([stranger], wrapped);
const forWords = await keysForPassphrase(words, wrapped);

/** Files with names in order. */
const files = (...payloads: readonly Uint8Array[]): readonly KeyFile[] =>
  payloads.map((bytes, i) => ({ name: `${i.toString(16).padStart(64, "0")}.age`, bytes }));
const fileName = `keys/${"0".repeat(64)}.age`;
const withWords = (text = words): KeyRing => ({ identities: [], passphrase: async () => text });

const find = (some: readonly KeyFile[], ring: KeyRing, lower: Partial<Limits> = {}) =>
  findRepositorySecret({ id, keyId, files: some }, ring, { crypto, limits: { ...limits, ...lower } });
const refused = (some: readonly KeyFile[], ring: KeyRing, lower: Partial<Limits> = {}) => refusal(() => find(some, ring, lower));

describe("an encrypted repository opens", () => {
  it("with an identity or a passphrase of any of its files", async () => {
    expect(await find(files(forOwner), ringOf(owner))).toEqual(secret);
    expect(await find(files(forStranger, forWords, forOwner), ringOf(owner))).toEqual(secret);
    expect(await find(files(forOwner, forWords), withWords())).toEqual(secret);
  });

  it("with keys that a writer wrapped, as for an archive", async () => {
    const payloads = await wrapSecret({ crypto, secret, archiveId: id }, { recipients: [owner.recipient] });
    expect(await find(files(...payloads), ringOf(owner))).toEqual(secret);
  });

  it("again at no cost, with a secret of its own for each caller", async () => {
    const ring: KeyRing = { ...ringOf(owner), found: new Map() };
    (await find(files(forOwner), ring)).fill(0);
    expect(await find(files(forStranger), { ...ring, identities: [] })).toEqual(secret);
    expect([...(ring.found?.keys() ?? [])]).toEqual([toHex(id) + toHex(keyId)]);
  });
});

describe("an encrypted repository does not open", () => {
  it("without a key, or with another one", async () => {
    expect(await refused(files(forOwner, forWords), { identities: [] })).toBe(
      "PTAR_KEY_REQUIRED: repository: it is encrypted, and opens with the identity of a recipient or a passphrase",
    );
    expect(await refused(files(), ringOf(owner))).toBe(
      "PTAR_KEY_REQUIRED: repository: it is encrypted, and opens with nothing: it holds no wrapped keys",
    );
    expect(await refused(files(forOwner), ringOf(stranger))).toBe("PTAR_IDENTITY_WRONG: repository: it is not encrypted for this identity");
    expect(await refused(files(forWords), withWords("other"))).toBe("PTAR_PASSPHRASE_WRONG: repository: the passphrase does not open it");
  });

  it("with wrapped keys of another repository, or of an archive", async () => {
    const other = await keysFor([owner], encodeKeysPlaintext(id.with(0, 1), secret));
    expect(await refused(files(other), ringOf(owner))).toBe(`PTAR_KEYS_MISMATCH: ${fileName}: they are those of another repository`);
    expect(await find(files(other, forOwner), ringOf(owner))).toEqual(secret);
  });

  it("with a secret that is not the one of the description", async () => {
    const other = await keysFor([owner], encodeKeysPlaintext(id, secret.with(0, 1)));
    expect(await refused(files(other), ringOf(owner))).toBe(
      `PTAR_KEY_COMMITMENT: repository: wrapped keys hold another secret than the one with key id ${toHex(keyId)}`,
    );
    expect(await find(files(other, forOwner), ringOf(owner))).toEqual(secret);
  });

  it("with damaged files, whoever asks", async () => {
    expect(await refused(files(forOwner.with(0, 0)), { identities: [] })).toMatch(`PTAR_KEYS_INVALID: ${fileName}: does not start with the line`);
    expect(await refused(files(forOwner.with(-1, (forOwner.at(-1) as number) ^ 1)), ringOf(owner))).toBe(
      `PTAR_KEYS_INVALID: ${fileName}: are damaged inside: their stanza, their MAC or what they wrap`,
    );
    expect(await refused(files(forWords), withWords(), { scryptLog2: 9 })).toBe(
      `PTAR_KEYS_WORK_FACTOR: ${fileName}: a passphrase of work factor 10, limit 9`,
    );
  });

  it("reports the first failure in the order of names", async () => {
    const mismatch = await keysFor([owner], encodeKeysPlaintext(id.with(0, 1), secret));
    const damaged = forOwner.with(-1, (forOwner.at(-1) as number) ^ 1);
    expect(await refused(files(mismatch, damaged).toReversed(), ringOf(owner))).toContain("PTAR_KEYS_MISMATCH");
    expect(await refused(files(damaged, mismatch).toReversed(), ringOf(owner))).toContain("PTAR_KEYS_INVALID");
  });
});

describe("files of wrapped keys", () => {
  it("are 64 at most, 4 of them with a passphrase", async () => {
    const many = Array.from({ length: 64 }, () => forOwner);
    expect(await find(files(...many), ringOf(owner))).toEqual(secret);
    expect(await refused(files(...many, forOwner), ringOf(owner))).toBe("PTAR_LIMIT_EXCEEDED: repository: 65 files of wrapped keys, limit 64");
    const costly = Array.from({ length: 4 }, () => forWords);
    expect(await find(files(...costly), withWords())).toEqual(secret);
    expect(await refused(files(...costly, forWords), withWords())).toBe("PTAR_LIMIT_EXCEEDED: repository: 5 passphrases, limit 4");
  });

  it("are no longer than a KEYS frame", async () => {
    const length = forOwner.length;
    expect(await refused(files(forOwner), ringOf(owner), { keysBytes: length - 1 })).toBe(
      `PTAR_LIMIT_EXCEEDED: repository: ${fileName} has ${length} bytes, limit ${length - 1}`,
    );
    expect(await find(files(forOwner), ringOf(owner), { keysBytes: length })).toEqual(secret);
  });
});

it("can be interrupted", async () => {
  const stop = AbortSignal.abort(new Error("enough"));
  const looking = findRepositorySecret({ id, keyId, files: files(forOwner) }, ringOf(owner), { crypto, limits, signal: stop });
  await expect(looking).rejects.toThrow("enough");
});
