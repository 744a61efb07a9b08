// Files of age identities. spec/14-encryption.md#opening
import { describe, expect, it } from "vitest";
import { generateIdentity, isIdentity } from "../../src/crypto/age.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import { isBech32 } from "../../src/keys/bech32.js";
import { mayHoldIdentity, parseIdentities } from "../../src/keys/identities.js";
import { bech32Text } from "./bech32-text.js";

const classical = await generateIdentity("x25519");
const hybrid = await generateIdentity("hybrid");

/** The PtarError of a text, as `CODE: sentence` and hint; it must not hold a part of a private key. */
function refusalOf(text: string): { readonly sentence: string; readonly hint: string } {
  try {
    parseIdentities(text, "lab.key");
  } catch (error) {
    if (!(error instanceof PtarError)) throw error;
    expect(error.cause).toBeUndefined();
    expect(JSON.stringify([error.message, error.hint, error.details, error.stack])).not.toMatch(/[02-9AC-HJ-NP-Z]{10}/);
    return { sentence: `${error.code}: ${error.message}`, hint: error.hint ?? "" };
  }
  return { sentence: "nothing was thrown", hint: "" };
}

describe("a file of identities", () => {
  it("is read with comments, empty lines and line ends of any system", () => {
    expect(parseIdentities(`# created: 2026-11-22T00:00:00Z\n# public key: age1…\n${classical}\n`, "f")).toEqual([classical]);
    expect(parseIdentities(`\ufeff${hybrid}\r\n\r\n  # mine\r\n ${classical} \r\n`, "f")).toEqual([hybrid, classical]);
    expect(parseIdentities(classical, "f")).toEqual([classical]);
  });

  it.each([
    ["", "PTAR_KEY_INVALID: lab.key: has no identity", "ptar keygen --identity"],
    ["# only a comment\n", "PTAR_KEY_INVALID: lab.key: has no identity", "ptar keygen --identity"],
    ["hello\n", "PTAR_KEY_INVALID: lab.key line 1: is no age identity", "ptar keygen --identity"],
    ["age-encryption.org/v1\n-> scrypt x 18\n", "PTAR_KEY_INVALID: lab.key: is encrypted", "age -d FILE"],
    ["-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n", "PTAR_KEY_INVALID: lab.key: is encrypted", "age -d FILE"],
    [
      "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n",
      "PTAR_KEY_INVALID: lab.key: is a private key of another kind, not an age identity",
      "ptar keygen --identity",
    ],
    [
      "PuTTY-User-Key-File-3: ssh-ed25519\n",
      "PTAR_KEY_INVALID: lab.key: is a private key of another kind, not an age identity",
      "ptar keygen --identity",
    ],
    ["#\nAGE-PLUGIN-YUBIKEY-1QQPQ\n", "PTAR_KEY_INVALID: lab.key line 2: is an identity of an age plugin, which is not supported", "age-keygen"],
    ["age1xyz\n", "PTAR_KEY_INVALID: lab.key line 1: is a recipient, an identity was expected", "AGE-SECRET-KEY-…"],
    ["ssh-ed25519 AAAA\n", "PTAR_KEY_INVALID: lab.key line 1: is a public SSH key, not an age identity", "ptar keygen --identity"],
  ])("is refused, and the hint says what to do: %j", (text, sentence, hint) => {
    const refused = refusalOf(text);
    expect(refused.sentence).toBe(sentence);
    expect(refused.hint).toContain(hint);
  });

  it("is refused for a slip, without a word of it in the error", () => {
    const slips = [
      `${classical.slice(0, -1)}${classical.endsWith("Q") ? "P" : "Q"}`,
      classical.slice(0, -1),
      `${classical}Q`,
      classical.replace("KEY-1", "KEY-2"),
      `${classical.slice(0, 40).toLowerCase()}${classical.slice(40)}`,
      `${classical.slice(0, 30)}B${classical.slice(31)}`,
      hybrid.replace("-PQ-", "-"),
      classical.replace("KEY-", "KEY-PQ-"),
    ];
    for (const slip of slips) expect(refusalOf(`${hybrid}\n\n${slip}\n`).sentence).toMatch(/^PTAR_KEY_INVALID: lab.key line 3: is /);
    expect(refusalOf(slips[0] as string).sentence).toBe("PTAR_KEY_INVALID: lab.key line 1: is a malformed identity");
    expect(refusalOf(classical.toLowerCase()).sentence).toBe("PTAR_KEY_INVALID: lab.key line 1: is no age identity");
  });

  it("is taken exactly where the age library takes it", async () => {
    const charset = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";
    for (const identity of [classical, hybrid, await generateIdentity("x25519")]) {
      expect(isIdentity(identity)).toBe(true);
      for (let at = 0; at < identity.length; at++) {
        const other = charset[(charset.indexOf(identity[at] as string) + 7) % 32];
        const changed = identity.slice(0, at) + other + identity.slice(at + 1);
        expect(isIdentity(changed)).toBe(false);
        expect(refusalOf(changed).sentence).toMatch(/^PTAR_KEY_INVALID/);
      }
    }
  });

  it("is refused with a right check and another length", () => {
    for (const length of [50, 51, 53, 54]) {
      const text = bech32Text("age-secret-key-", Array(length).fill(0)).toUpperCase();
      expect(isIdentity(text)).toBe(false);
      expect(refusalOf(text).sentence).toBe("PTAR_KEY_INVALID: lab.key line 1: is a malformed identity");
    }
  });

  it("is refused where bits that belong to no byte are set", () => {
    const whole = (last: number) => bech32Text("age-secret-key-", [...Array(51).fill(0), last]).toUpperCase();
    expect(parseIdentities(whole(16), "f")).toEqual([whole(16)]);
    for (const last of [1, 2, 4, 8]) {
      expect(isIdentity(whole(last))).toBe(false);
      expect(refusalOf(whole(last)).sentence).toBe("PTAR_KEY_INVALID: lab.key line 1: is a malformed identity");
    }
  });
});

describe("Bech32", () => {
  // BIP-173, valid and invalid checksums
  it.each([
    ["A12UEL5L", "a", true],
    ["a12uel5l", "a", true],
    ["abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef", true],
    ["split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", "split", true],
    ["?1ezyfcl", "?", true],
    ["A12UEB5L", "a", false],
    ["A1G7SGD8", "a", false],
    ["A12uEL5L", "a", false],
    ["x1b4n0q5v", "x", false],
    ["de1lg7wt\u00ff", "de", false],
    ["a12uel5l", "b", false],
  ])("check of %s", (text, prefix, expected) => expect(isBech32(text, prefix)).toBe(expected));
});

it("what may be a private key is known by its words, however they are written", () => {
  for (const text of [classical, `./${hybrid}`, classical.toLowerCase(), "x AGE-PLUGIN-YUBIKEY-1"]) expect(mayHoldIdentity(text)).toBe(true);
  for (const text of ["lab.identity", "age1xyz", "age-secret.txt"]) expect(mayHoldIdentity(text)).toBe(false);
});
