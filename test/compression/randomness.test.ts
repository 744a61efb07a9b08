// Which bytes look random, so that no compressor is tried on them. spec/03-block.md#codecs
import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { looksRandom } from "../../src/compression/randomness.js";
import { loadNativeCodecs } from "../../src/native/codecs.js";

const mebi = 1 << 20;
/** Shorter runs never look random. */
const least = 64 * 1024;
const codecs = await loadNativeCodecs();

/** The key stream of a cipher: random bytes, the same every time. */
function cipherStream(length: number, seed = 1): Uint8Array {
  const key = createHash("sha256").update(String(seed)).digest();
  return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** Machine code and its tables. */
function program(length: number, at: number): Uint8Array {
  const fd = openSync(process.execPath, "r");
  try {
    const bytes = Buffer.alloc(length);
    expect(readSync(fd, bytes, 0, length, at)).toBe(length);
    return bytes;
  } finally {
    closeSync(fd);
  }
}

/** Words in no order, so that they do not compress to nothing. */
function text(length: number): Uint8Array {
  const words = "an archive holds one tree of entries and every byte of it is covered by a signature that anybody can check".split(" ");
  const numbers = cipherStream(length / 2);
  return Buffer.from(Array.from(numbers, (number) => words[number % words.length]).join(" ")).subarray(0, length);
}

describe("bytes that look random", () => {
  it.each<[string, () => Uint8Array]>([
    ["of a generator", () => randomBytes(2 * mebi)],
    ["of a cipher", () => cipherStream(mebi)],
    ["that zstd made of text", () => codecs.compress("zstd", text(2 * mebi), 3)],
    ["as few as are looked at", () => cipherStream(least)],
  ])("are those %s", (_what, bytes) => {
    const made = bytes();
    expect(made.length).toBeGreaterThanOrEqual(least);
    expect(looksRandom(made)).toBe(true);
  });

  it("look so in a thousand runs", () => {
    const stream = cipherStream(least * 1000, 2);
    const wrong = Array.from({ length: 1000 }, (_, i) => i).filter((i) => !looksRandom(stream.subarray(i * least, (i + 1) * least)));
    expect(wrong).toEqual([]);
  });
});

describe("the counts of byte values", () => {
  const sound = () => Array.from({ length: 16 }, () => unevenRun(100));

  it("may be as unequal as a chi-square of 400 in each of 16 runs", () => {
    expect(looksRandom(Buffer.concat(sound()))).toBe(true);
  });

  it.each([0, 1, 7, 14, 15])("may not be more unequal in run %i", (at) => {
    expect(looksRandom(Buffer.concat(sound().with(at, unevenRun(102))))).toBe(false);
  });
});

/** 4,096 bytes with 16 of each value, but 8 or 24 of so many of them: a chi-square of 4 for each of those. */
function unevenRun(values: number): Uint8Array {
  const counts = Array.from({ length: 256 }, (_, i) => (i >= values ? 16 : i % 2 === 0 ? 8 : 24));
  return Uint8Array.from(counts.flatMap((count, value) => Array.from({ length: count }, () => value)));
}

describe("bytes that do not look random", () => {
  it.each<[string, () => Uint8Array]>([
    ["text", () => text(mebi)],
    ["a program", () => program(2 * mebi, 8 * mebi)],
    ["the beginning of a program", () => program(least, 0)],
    ["random bytes in base64", () => Buffer.from(Buffer.from(cipherStream(mebi)).toString("base64"))],
    ["random bytes in hex", () => Buffer.from(Buffer.from(cipherStream(mebi)).toString("hex"))],
    ["zeros", () => new Uint8Array(mebi)],
    ["one byte", () => new Uint8Array(mebi).fill(0x5a)],
    ["random bytes of seven bits", () => cipherStream(mebi).map((byte) => byte & 0x7f)],
    ["random bytes with a run of text in them", () => withText(cipherStream(mebi), 0.4)],
    ["random bytes with text at their end", () => withText(cipherStream(mebi), 1)],
    ["fewer bytes than are looked at", () => cipherStream(least - 1)],
    ["none", () => new Uint8Array()],
  ])("are %s", (_what, bytes) => {
    expect(looksRandom(bytes())).toBe(false);
  });

  it("are not made random by where they stand in a buffer", () => {
    const whole = Buffer.concat([cipherStream(1000), text(mebi), cipherStream(1000)]);
    expect(looksRandom(whole.subarray(1000, -1000))).toBe(false);
    expect(looksRandom(Buffer.concat([text(1000), cipherStream(mebi)]).subarray(1000))).toBe(true);
  });

  it("lose little where they are stored by mistake", () => {
    // what compresses by less than this is stored anyway
    const deflated = deflateRawSync(text(2 * mebi));
    expect(looksRandom(deflated) ? codecs.compress("zstd", deflated, 3).length : deflated.length).toBeGreaterThan(deflated.length * (31 / 32));
  });
});

/** A 16th of the bytes is text, beginning at this part of what is left. */
function withText(bytes: Uint8Array, part: number): Uint8Array {
  const run = text(bytes.length / 16);
  const made = new Uint8Array(bytes);
  made.set(run, Math.floor((bytes.length - run.length) * part));
  return made;
}
