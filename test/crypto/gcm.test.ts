import * as node from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import { mustHex, toHex } from "../../src/bytes/hex.js";
import type { Aead, AeadMessage } from "../../src/crypto/crypto.js";
import { nobleGcm, portableGcm, webGcm } from "../../src/crypto/gcm.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { nativeCrypto } from "../../src/native/crypto.js";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const ciphers: readonly (readonly [string, (key: Uint8Array) => Aead])[] = [
  ["noble", nobleGcm],
  ["web", webGcm],
  ["portable", portableCrypto.aes256Gcm],
  ["native", nativeCrypto.aes256Gcm],
];
const mebibyte = 1 << 20;
const sizes = [0, 1, 15, 16, 17, 4095, 4096, 4097, mebibyte / 4 + 1, mebibyte];

/** Bytes that look random and are the same in each run. */
function bytesOf(name: string, length: number): Uint8Array {
  return new Uint8Array(
    node
      .createHash("shake256", { outputLength: Math.max(length, 1) })
      .update(name)
      .digest(),
  ).subarray(0, length);
}

const key = bytesOf("key", 32);

function messageOf(length: number): AeadMessage {
  return { nonce: bytesOf(`nonce ${length}`, 12), bound: bytesOf("bound", 24), bytes: bytesOf(`message ${length}`, length) };
}

/** OpenSSL's answer, by the shortest way. */
function expected({ nonce, bound, bytes }: AeadMessage): Uint8Array {
  const cipher = node.createCipheriv("aes-256-gcm", key, nonce).setAAD(bound);
  return new Uint8Array(Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]));
}

/** The bytes again, at an odd place of a larger buffer. */
function displaced(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(bytes.length + 9).fill(0xee);
  larger.set(bytes, 3);
  return larger.subarray(3, 3 + bytes.length);
}

function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

const mapMessage = ({ nonce, bound, bytes }: AeadMessage, map: (bytes: Uint8Array) => Uint8Array): AeadMessage => ({
  nonce: map(nonce),
  bound: map(bound),
  bytes: map(bytes),
});

const flipped = (bytes: Uint8Array, at: number) => Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 0x10 : byte));

describe.each(ciphers)("AES-256-GCM, %s", (_, cipherOf) => {
  const cipher = cipherOf(key);

  // McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13, 14 and 16
  test.each([
    ["13", "00".repeat(32), "00".repeat(12), "", "", "530f8afbc74536b9a963b4f1c4cb738b"],
    ["14", "00".repeat(32), "00".repeat(12), "", "00".repeat(16), "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"],
    [
      "16",
      "feffe9928665731c6d6a8f9467308308".repeat(2),
      "cafebabefacedbaddecaf888",
      "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
    ],
  ])("agrees with test case %s of its authors", async (_, ownKey, nonce, bound, plain, sealed) => {
    const own = cipherOf(mustHex(ownKey));
    const place = { nonce: mustHex(nonce), bound: mustHex(bound) };
    expect(toHex(await own.seal({ ...place, bytes: mustHex(plain) }))).toBe(sealed);
    expect(toHex((await own.open({ ...place, bytes: mustHex(sealed) })) ?? new Uint8Array())).toBe(plain);
  });

  test.each(sizes)("seals and opens %d bytes like OpenSSL, plain arrays in and out", async (length) => {
    const message = messageOf(length);
    const sealed = await cipher.seal(message);
    expect(Buffer.compare(sealed, expected(message))).toBe(0);
    const opened = await cipher.open({ ...message, bytes: sealed });
    expect(opened && Buffer.compare(opened, message.bytes)).toBe(0);
    for (const bytes of [sealed, opened]) expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
  });

  test.each([
    ["at an odd place of a buffer", displaced],
    ["in shared memory", shared],
  ])("takes bytes %s", async (_, map) => {
    for (const length of [5, 5000]) {
      const message = messageOf(length);
      const sealed = await cipher.seal(mapMessage(message, map));
      expect(sealed).toEqual(expected(message));
      expect(await cipher.open(mapMessage({ ...message, bytes: sealed }, map))).toEqual(message.bytes);
    }
  });

  test.each([0, 1, 40, 5000])("does not open another nonce, bound, ciphertext or tag (%d bytes)", async (length) => {
    const message = messageOf(length);
    const sealed = { ...message, bytes: expected(message) };
    const spots = [...new Set([0, length >> 1, length, length + 15])];
    const others = [
      { ...sealed, nonce: flipped(sealed.nonce, 11) },
      { ...sealed, bound: flipped(sealed.bound, 0) },
      { ...sealed, bound: sealed.bound.subarray(1) },
      { ...sealed, bound: new Uint8Array() },
      { ...sealed, bytes: Uint8Array.from([...sealed.bytes, 0]) },
      ...spots.map((at) => ({ ...sealed, bytes: flipped(sealed.bytes, at) })),
    ];
    for (const other of others) expect(await cipher.open(other)).toBeUndefined();
    expect(await cipherOf(flipped(key, 31)).open(sealed)).toBeUndefined();
    expect(await cipher.open(sealed)).toEqual(message.bytes);
  });

  test("does not open what is cut, down to nothing", async () => {
    const message = messageOf(20);
    const sealed = expected(message);
    for (let length = 0; length < sealed.length; length++)
      expect(await cipher.open({ ...message, bytes: sealed.subarray(0, length) }), `${length} bytes`).toBeUndefined();
  });

  test("throws TypeError, at once, for a key or nonce of another length", () => {
    for (const length of [0, 16, 24, 31, 33]) expect(() => cipherOf(new Uint8Array(length))).toThrow(TypeError);
    for (const length of [0, 8, 11, 13, 16]) {
      for (const size of [16, 5000]) {
        const message = { ...messageOf(size), nonce: new Uint8Array(length) };
        expect(() => cipher.seal(message)).toThrow(TypeError);
        expect(() => cipher.open(message)).toThrow(TypeError);
      }
    }
  });

  test("keeps its own copy of the key, and leaves the message as it is", async () => {
    const wiped = Uint8Array.from(key);
    const own = cipherOf(wiped);
    wiped.fill(0);
    const message = messageOf(5000);
    const before = structuredClone(message);
    const sealed = await own.seal(message);
    expect(sealed).toEqual(expected(message));
    await own.open({ ...message, bytes: sealed });
    expect(message).toEqual(before);
    expect(sealed).toEqual(expected(message));
  });
});

describe("the portable cipher", () => {
  const sealBoth = async (cipher: Aead) => {
    const [short, long] = [messageOf(4095), messageOf(4096)];
    expect(await cipher.seal(short)).toEqual(expected(short));
    const calls = vi.isMockFunction(subtle.encrypt) ? vi.mocked(subtle.encrypt).mock.calls.length : 0;
    expect(await cipher.seal(long)).toEqual(expected(long));
    return calls;
  };
  const { subtle } = globalThis.crypto;

  test("takes WebCrypto from 4096 bytes on, and imports the key once", async () => {
    const [imports, encrypts, decrypts] = [vi.spyOn(subtle, "importKey"), vi.spyOn(subtle, "encrypt"), vi.spyOn(subtle, "decrypt")];
    const cipher = portableGcm(key);
    expect(await sealBoth(cipher)).toBe(0);
    expect(encrypts).toHaveBeenCalledTimes(1);
    const sealed = expected(messageOf(5000));
    await Promise.all([1, 2, 3].map(() => cipher.open({ ...messageOf(5000), bytes: sealed })));
    expect(decrypts).toHaveBeenCalledTimes(3);
    expect(imports).toHaveBeenCalledTimes(1);
  });

  test("does without WebCrypto where there is none", async () => {
    vi.stubGlobal("crypto", { getRandomValues: () => undefined });
    await sealBoth(portableGcm(key));
    vi.stubGlobal("crypto", undefined);
    await sealBoth(portableGcm(key));
  });

  test("says what failed when it is not the message", async () => {
    vi.spyOn(subtle, "decrypt").mockRejectedValue(new TypeError("no such thing"));
    await expect(webGcm(key).open(messageOf(5000))).rejects.toThrow("no such thing");
  });
});
