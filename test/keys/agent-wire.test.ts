import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../src/bytes/compare.js";
import { toHex } from "../../src/bytes/hex.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import {
  decodeAnswerLength,
  decodeKeyList,
  decodeSignature,
  encodeListRequest,
  encodeSignRequest,
  maxAgentAnswerBytes,
} from "../../src/keys/agent-wire.js";
import { encodePublicKey, wireString, wireU32 } from "../../src/keys/ssh-wire.js";
import { keyOf, refusal } from "./fixtures.js";

const signature = new Uint8Array(64).fill(7);
const string = (text: string) => wireString(toUtf8(text));
const blob = (fill: number) => wireString(encodePublicKey(keyOf(fill)));
const list = (count: number, ...parts: readonly Uint8Array[]) => concatBytes(Uint8Array.of(12), wireU32(count), ...parts);
const signed = (...parts: readonly Uint8Array[]) => concatBytes(Uint8Array.of(14), wireString(concatBytes(...parts)));
const sound = signed(string("ssh-ed25519"), wireString(signature));

describe("a request to an agent", () => {
  it("for the list of keys is one byte with its length", () => {
    expect(toHex(encodeListRequest())).toBe("000000010b");
  });

  it("for a signature has the blob of the key, the message and flags 0", () => {
    const key = `0000000b7373682d6564323535313900000020${toHex(keyOf(1))}`;
    expect(toHex(encodeSignRequest(keyOf(1), toUtf8("hi")))).toBe(`000000420d00000033${key}00000002686900000000`);
  });
});

describe("the length of an answer", () => {
  it("is at least 1 and at most 256 KiB", () => {
    expect(decodeAnswerLength(wireU32(1), "a")).toBe(1);
    expect(decodeAnswerLength(wireU32(262_144), "a")).toBe(maxAgentAnswerBytes);
    for (const length of [0, 262_145, 0xffffffff])
      expect(refusal(() => decodeAnswerLength(wireU32(length), "a"))).toBe(
        `PTAR_KEY_INVALID: a: an answer of 1 to 262144 bytes was expected and ${length} were announced`,
      );
  });
});

describe("a list of keys", () => {
  it("gives the Ed25519 keys in their order, with comments; other types are passed over", () => {
    const rsa = wireString(concatBytes(string("ssh-rsa"), new Uint8Array(40)));
    expect(decodeKeyList(list(3, blob(2), string("two"), rsa, string("r"), blob(1), string("")), "a")).toEqual([
      { publicKey: keyOf(2), comment: "two" },
      { publicKey: keyOf(1), comment: "" },
    ]);
    expect(decodeKeyList(list(0), "a")).toEqual([]);
  });

  it("keeps a key whose comment is not UTF-8", () => {
    expect(decodeKeyList(list(1, blob(1), wireString(Uint8Array.of(0xff))), "a")).toEqual([{ publicKey: keyOf(1), comment: "" }]);
  });

  it.each([
    ["a refusal", Uint8Array.of(5), "an answer of type 12, its list of keys, was expected and type 5 was found"],
    ["a signature", sound, "an answer of type 12, its list of keys, was expected and type 14 was found"],
    ["no count", Uint8Array.of(12, 0), "the number of keys runs over the end (4 bytes wanted, 1 left)"],
    ["a count of four milliards", list(0xffffffff, blob(1), string("")), "key 2 of 4294967295 runs over the end (4 bytes wanted, 0 left)"],
    ["a key without comment", list(1, blob(1)), "the comment of key 1 runs over the end (4 bytes wanted, 0 left)"],
    ["bytes at the end", list(1, blob(1), string(""), new Uint8Array(3)), "3 bytes follow the end of the answer"],
  ])("is refused when it is %s", (_, answer, problem) => {
    expect(refusal(() => decodeKeyList(answer, "a"))).toBe(`PTAR_KEY_INVALID: a: ${problem}`);
  });
});

describe("a signature", () => {
  it("is 64 bytes that stand alone", () => {
    const found = decodeSignature(sound, "a");
    expect(found).toEqual(signature);
    expect(found?.buffer.byteLength).toBe(64);
  });

  it("is undefined when the agent refuses", () => {
    expect(decodeSignature(Uint8Array.of(5), "a")).toBeUndefined();
  });

  it.each([
    ["a refusal with more behind it", Uint8Array.of(5, 0), "an answer of type 14, a signature, was expected and type 5 was found"],
    ["a list of keys", list(0), "an answer of type 14, a signature, was expected and type 12 was found"],
    ["of another type", signed(string("ssh-rsa"), wireString(signature)), "the signature is not of type ssh-ed25519"],
    ["63 bytes", signed(string("ssh-ed25519"), wireString(signature.subarray(1))), "a signature of 64 bytes was expected and 63 were found"],
    ["65 bytes", signed(string("ssh-ed25519"), wireString(new Uint8Array(65))), "a signature of 64 bytes was expected and 65 were found"],
    ["followed by bytes inside", signed(string("ssh-ed25519"), wireString(signature), new Uint8Array(2)), "2 bytes follow the end of the answer"],
    ["followed by bytes outside", concatBytes(sound, new Uint8Array(1)), "1 bytes follow the end of the answer"],
  ])("is refused when it is %s", (_, answer, problem) => {
    expect(refusal(() => decodeSignature(answer, "a"))).toBe(`PTAR_KEY_INVALID: a: ${problem}`);
  });
});

it("an answer that is cut or is anything at all is read or refused, never a crash", () => {
  const whole = list(1, blob(1), string("c"));
  for (let length = 1; length < whole.length; length++)
    expect(refusal(() => decodeKeyList(whole.subarray(0, length), "a"))).toMatch(/^PTAR_KEY_INVALID: a: /);
  for (let length = 1; length < sound.length; length++)
    expect(refusal(() => decodeSignature(sound.subarray(0, length), "a"))).toMatch(/^PTAR_KEY_INVALID: a: /);
  fc.assert(
    fc.property(fc.constantFrom(5, 12, 14), fc.uint8Array({ maxLength: 200 }), (type, rest) => {
      for (const decode of [decodeKeyList, decodeSignature])
        expect(refusal(() => decode(concatBytes(Uint8Array.of(type), rest), "a"))).toMatch(/^(PTAR_KEY_INVALID: a: |nothing was thrown$)/);
    }),
    { seed: 3, numRuns: 300 },
  );
});
