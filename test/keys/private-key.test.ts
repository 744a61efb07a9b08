import { describe, expect, it } from "vitest";
import { concatBytes } from "../../src/bytes/compare.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import type { Crypto } from "../../src/crypto/crypto.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import { blobOfPem, formatPem } from "../../src/keys/pem.js";
import { formatPrivateKey, parsePrivateKey, parsePublicHalf } from "../../src/keys/private-key.js";
import { encodePublicKey, wireString, wireU32 } from "../../src/keys/ssh-wire.js";
import { keyOf, refusal, seedOf } from "./fixtures.js";

const parse = (text: string) => parsePrivateKey(text, "key", portableCrypto);
const text = formatPrivateKey(seedOf(1), "me@example.org", portableCrypto);

/** The parts of a key file; each test changes one. */
const sound = {
  magic: toUtf8("openssh-key-v1\0"),
  cipher: "none",
  kdf: "none",
  kdfOptions: new Uint8Array(),
  count: 1,
  outer: encodePublicKey(keyOf(1)),
  checks: [7, 7],
  type: "ssh-ed25519",
  half: keyOf(1),
  secret: concatBytes(seedOf(1), keyOf(1)),
  comment: toUtf8("abcde"),
  // a comment of 5 bytes makes 136 bytes: no padding is needed
  padding: new Uint8Array(),
  after: new Uint8Array(),
};

function fileOf(changes: Partial<typeof sound>): string {
  const p = { ...sound, ...changes };
  const inner = concatBytes(
    ...p.checks.map(wireU32),
    wireString(toUtf8(p.type)),
    wireString(p.half),
    wireString(p.secret),
    wireString(p.comment),
    p.padding,
  );
  const names = [toUtf8(p.cipher), toUtf8(p.kdf), p.kdfOptions].map(wireString);
  return formatPem(concatBytes(p.magic, ...names, wireU32(p.count), wireString(p.outer), wireString(inner), p.after));
}

describe("a private key file", () => {
  it("gives back seed, public key and comment", () => {
    expect(parse(text)).toEqual({ seed: seedOf(1), publicKey: keyOf(1), comment: "me@example.org" });
    expect(parse(fileOf({}))).toEqual({ seed: seedOf(1), publicKey: keyOf(1), comment: "abcde" });
  });

  it("gives a seed that stands alone, so that it can be wiped", () => {
    const { seed } = parse(text);
    expect(seed.buffer.byteLength).toBe(32);
  });

  it("is padded to eight bytes with 1, 2, 3 … for comments of every length", () => {
    for (let length = 0; length < 17; length++) {
      const comment = "c".repeat(length);
      const file = formatPrivateKey(seedOf(2), comment, portableCrypto);
      expect(parse(file)).toEqual({ seed: seedOf(2), publicKey: keyOf(2), comment });
    }
  });

  it("may have CRLF line ends, white space around it, or lack the last line feed", () => {
    for (const form of [text.replaceAll("\n", "\r\n"), `\n  ${text}\n\n`, text.trimEnd(), `\uFEFF${text}`])
      expect(parse(form).seed).toEqual(seedOf(1));
  });

  it("keeps the key when the comment is in an older encoding", () => {
    expect(parse(fileOf({ comment: Uint8Array.of(0x4a, 0xf6, 0x72, 0x67, 0x20) }))).toMatchObject({ seed: seedOf(1), comment: "" });
  });

  it("uses fresh check numbers each time", () => {
    expect(formatPrivateKey(seedOf(1), "", portableCrypto)).not.toBe(formatPrivateKey(seedOf(1), "", portableCrypto));
  });

  it("is not written for a seed of another length or a comment of several lines", () => {
    expect(() => formatPrivateKey(new Uint8Array(31), "", portableCrypto)).toThrow(TypeError);
    expect(() => formatPrivateKey(new Uint8Array(64), "", portableCrypto)).toThrow(TypeError);
    for (const comment of ["a\nb", "a\rb", "a\0b"]) expect(() => formatPrivateKey(seedOf(1), comment, portableCrypto)).toThrow(TypeError);
  });
});

describe("a private key file is refused", () => {
  const other = keyOf(2);
  const cases: readonly (readonly [string, Partial<typeof sound>, string])[] = [
    ["another magic", { magic: toUtf8("openssh-key-v2\0") }, "does not start with openssh-key-v1"],
    ["encrypted", { cipher: "aes256-ctr", kdf: "bcrypt" }, "the key is encrypted (cipher aes256-ctr, kdf bcrypt)"],
    ["a cipher without kdf", { cipher: "aes256-ctr" }, "the key is encrypted (cipher aes256-ctr, kdf none)"],
    ["a kdf without cipher", { kdf: "bcrypt" }, "the key is encrypted (cipher none, kdf bcrypt)"],
    ["a control character in the cipher", { cipher: "a\u001b[31m" }, "the key is encrypted (cipher a?[31m, kdf none)"],
    ["kdf options", { kdfOptions: new Uint8Array(3) }, "kdf options of 0 bytes were expected and 3 were found"],
    ["no key", { count: 0 }, "1 key was expected and 0 were found"],
    ["two keys", { count: 2 }, "1 key was expected and 2 were found"],
    ["an RSA key", { outer: wireString(toUtf8("ssh-rsa")) }, "has a key of type ssh-rsa, not ssh-ed25519"],
    ["a short public key", { outer: encodePublicKey(other).subarray(0, -1) }, "the public key is not an ssh-ed25519 key of 32 bytes"],
    ["an RSA private part", { type: "ssh-rsa", comment: toUtf8("abcdefghi") }, "has a key of type ssh-rsa, not ssh-ed25519"],
    ["checks that differ", { checks: [7, 8] }, "the two checks of the private part differ"],
    ["another outer public key", { outer: encodePublicKey(other) }, "a public key in the file is not the one of its private key"],
    ["another public half", { half: other }, "a public key in the file is not the one of its private key"],
    ["another seed", { secret: concatBytes(seedOf(2), keyOf(1)) }, "a public key in the file is not the one of its private key"],
    ["another key after the seed", { secret: concatBytes(seedOf(1), other) }, "a public key in the file is not the one of its private key"],
    ["a seed alone", { secret: seedOf(1) }, "a private half of 64 bytes was expected and 32 were found"],
    ["a NUL in the comment", { comment: toUtf8("abc\0e") }, "the comment has a NUL byte"],
    ["padding that does not count", { padding: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 9) }, "byte 8 of the padding is not 8"],
    ["padding that starts at 0", { padding: Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7) }, "byte 1 of the padding is not 1"],
    ["no multiple of eight", { padding: Uint8Array.of(1, 2, 3) }, "the private part has 139 bytes, not a multiple of 8"],
    ["bytes after the private part", { after: new Uint8Array(5) }, "5 bytes follow the private part"],
  ];
  it.each(cases)("%s", (_, changes, problem) => {
    expect(refusal(() => parse(fileOf(changes)))).toBe(`PTAR_KEY_INVALID: key: ${problem}`);
  });

  it.each([
    ["PKCS#8", "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n", "is a PKCS#8 PEM file, which is not supported"],
    ["encrypted PKCS#8", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMC4=", "is an encrypted PKCS#8 PEM file, which is not supported"],
    ["RSA in PEM", "-----BEGIN RSA PRIVATE KEY-----\nMC4=", "is an RSA key, not ssh-ed25519"],
    ["ECDSA in PEM", "-----BEGIN EC PRIVATE KEY-----\nMC4=", "is an ECDSA key, not ssh-ed25519"],
    ["DSA in PEM", "-----BEGIN DSA PRIVATE KEY-----\nMC4=", "is a DSA key, not ssh-ed25519"],
    ["PuTTY's", "PuTTY-User-Key-File-3: ssh-ed25519\n", "is a PuTTY key file, which is not supported"],
    ["an age identity", "AGE-SECRET-KEY-1QQQ", "is an age identity, not a signing key"],
    ["a public key", "ssh-ed25519 AAAA", "is a public key, not a private one"],
    ["empty", "", "is not an OpenSSH private key"],
    ["something else", "\u001b[2J", "is not an OpenSSH private key"],
    ["cut before its last line", text.split("\n").slice(0, -2).join("\n"), "does not end with the line END OPENSSH PRIVATE KEY"],
    ["followed by more", `${text}more\n`, "does not end with the line END OPENSSH PRIVATE KEY"],
    ["two keys", text + text, "is not base64 between its first and last line"],
    ["not base64", text.replace("b3Bl", "b3B*"), "is not base64 between its first and last line"],
    ["too long", `${text}${" ".repeat(70_000)}`, `${text.length + 70_000} characters are too many for a private key, at most 65536`],
  ])("when its text is %s", (_, form, problem) => {
    expect(refusal(() => parse(form))).toBe(`PTAR_KEY_INVALID: key: ${problem}`);
  });

  it("with a hint where a person can do something", () => {
    const hintOf = (form: string) => {
      try {
        parse(form);
      } catch (error) {
        return error instanceof PtarError ? error.hint : undefined;
      }
      return undefined;
    };
    expect(hintOf(fileOf({ cipher: "aes256-ctr", kdf: "bcrypt" }))).toMatch(/ssh-add FILE.*ssh-keygen -p -N '' -f COPY/);
    expect(hintOf("-----BEGIN PRIVATE KEY-----")).toContain("ssh-keygen -p -f COPY");
    expect(hintOf(fileOf({ outer: wireString(toUtf8("ssh-rsa")) }))).toContain("ssh-keygen -t ed25519");
  });

  it("when it is cut at any length", () => {
    const blob = blobOfPem(text, "key");
    for (let length = 0; length < blob.length; length++)
      expect(
        refusal(() => parse(formatPem(blob.slice(0, length)))),
        `${length} bytes`,
      ).toMatch(/^PTAR_KEY_INVALID: key: /);
  });

  it("or gives the same key, whichever bit is flipped", () => {
    const blob = blobOfPem(text, "key");
    // 14 bytes of comment and 7 of padding stand at the end
    const commentAt = blob.length - 21;
    let accepted = 0;
    for (let bit = 0; bit < blob.length * 8; bit++) {
      const flipped = blob.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      const outcome = refusal(() => expect(parse(formatPem(flipped))).toMatchObject({ seed: seedOf(1), publicKey: keyOf(1) }));
      if (outcome === "nothing was thrown") {
        accepted++;
        expect(bit >> 3, "only the comment may change").toBeGreaterThanOrEqual(commentAt);
      } else expect(outcome).toMatch(/^PTAR_KEY_INVALID: key: /);
    }
    // one flip makes the @ a NUL
    expect(accepted).toBe(14 * 8 - 1);
  });

  it("when lengths are as large as they can be", () => {
    const blob = blobOfPem(text, "key");
    for (let at = 15; at + 4 <= blob.length; at++) {
      const huge = blob.slice();
      huge.set([0xff, 0xff, 0xff, 0xff], at);
      const outcome = refusal(() => expect(parse(formatPem(huge)).seed).toEqual(seedOf(1)));
      expect(outcome).toMatch(/^(PTAR_KEY_INVALID: key: |nothing was thrown$)/);
    }
  });
});

describe("the public half of a private key file", () => {
  const half = (form: string) => parsePublicHalf(form, "key");

  it("is read with and without a passphrase", () => {
    expect(half(text)).toEqual({ publicKey: keyOf(1), protection: "none" });
    for (const changes of [{ cipher: "aes256-ctr", kdf: "bcrypt" }, { cipher: "aes256-ctr" }, { kdf: "bcrypt" }])
      expect(half(fileOf({ ...changes, kdfOptions: new Uint8Array(24) }))).toEqual({ publicKey: keyOf(1), protection: "passphrase" });
  });

  it.each<readonly [string, Partial<typeof sound>, string]>([
    ["another magic", { magic: toUtf8("openssh-key-v2\0") }, "does not start with openssh-key-v1"],
    ["two keys", { count: 2 }, "1 key was expected and 2 were found"],
    ["an RSA key", { outer: wireString(toUtf8("ssh-rsa")) }, "has a key of type ssh-rsa, not ssh-ed25519"],
  ])("is refused with %s, encrypted or not", (_, changes, problem) => {
    for (const cipher of ["none", "aes256-ctr"])
      expect(refusal(() => half(fileOf({ ...changes, cipher })))).toBe(`PTAR_KEY_INVALID: key: ${problem}`);
  });

  it("stands alone, so that the rest of the file can be wiped", () => {
    expect(half(text).publicKey.buffer.byteLength).toBe(32);
  });
});

it("reading a private key file overwrites what was decoded of it", () => {
  const seen: Uint8Array[] = [];
  const watching: Crypto = {
    ...portableCrypto,
    publicKey(seed) {
      seen.push(seed);
      return portableCrypto.publicKey(seed);
    },
  };
  parsePrivateKey(text, "key", watching);
  expect(seen).toHaveLength(1);
  expect(seen[0]).toEqual(new Uint8Array(32));
});
