import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inflateExactly } from "../../src/compression/inflate.js";

/** What zlib makes of a stream: its output when it ends with the last byte, else undefined. */
function zlibVerdict(stored: Uint8Array): Uint8Array | undefined {
  try {
    const { buffer, engine } = inflateRawSync(stored, { info: true, maxOutputLength: 1 << 20 }) as unknown as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    return engine.bytesWritten === stored.length ? new Uint8Array(buffer) : undefined;
  } catch {
    return undefined;
  }
}

function ourVerdict(stored: Uint8Array, rawLength: number): Uint8Array | undefined {
  try {
    return inflateExactly(stored, rawLength);
  } catch {
    return undefined;
  }
}

function problem(bits: string, rawLength: number): string {
  try {
    return `accepted ${inflateExactly(bytesOf(bits), rawLength).length}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Bytes of a bit stream; spaces are for the eye, missing bits zero. */
function bytesOf(bits: string): Uint8Array {
  const dense = bits.replaceAll(" ", "");
  return Uint8Array.from({ length: Math.ceil(dense.length / 8) }, (_, i) =>
    Number.parseInt([...dense.slice(8 * i, 8 * i + 8)].reverse().join(""), 2),
  );
}

/** A number of `width` bits as it stands in the stream, least significant first. */
const number = (value: number, width: number) => [...value.toString(2).padStart(width, "0")].reverse().join("");

describe("one verdict with zlib", () => {
  const strategies = [constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY, constants.Z_RLE];

  test("on streams of every strategy and level", () => {
    const words = fc
      .array(fc.constantFrom("archive", "frame", "\n", "block", "z"), { minLength: 1, maxLength: 2000 })
      .map((list) => Buffer.from(list.join("")));
    const property = fc.property(words, fc.constantFrom(...strategies), fc.integer({ min: 0, max: 9 }), (raw, strategy, level) => {
      expect(inflateExactly(deflateRawSync(raw, { strategy, level }), raw.length)).toEqual(new Uint8Array(raw));
    });
    fc.assert(property, { seed: 1, numRuns: 200 });
  });

  test("on streams with flipped bits", () => {
    const streams = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 30 }), fc.constantFrom(...strategies));
    const flips = fc.array(fc.nat(100000), { minLength: 1, maxLength: 3 });
    let accepted = 0;
    const property = fc.property(streams, flips, ([bytes, times, strategy], at) => {
      const raw = Buffer.concat(Array.from({ length: times }, () => bytes));
      const stored = deflateRawSync(raw, { strategy, level: 6 });
      for (const bit of at) stored[(bit >> 3) % stored.length] = (stored[(bit >> 3) % stored.length] as number) ^ (1 << (bit & 7));
      const expected = zlibVerdict(stored);
      if (expected !== undefined) accepted++;
      expect(ourVerdict(stored, expected?.length ?? raw.length)).toEqual(expected);
    });
    fc.assert(property, { seed: 2, numRuns: 4000 });
    expect(accepted).toBeGreaterThan(20);
  });

  test("on random bytes, dynamic blocks above all", () => {
    const property = fc.property(fc.uint8Array({ minLength: 2, maxLength: 120 }), fc.constantFrom(5, 3, 1), (bytes, start) => {
      bytes[0] = ((bytes[0] as number) & 0xf8) | start;
      const expected = zlibVerdict(bytes);
      if (expected !== undefined) expect(ourVerdict(bytes, expected.length)).toEqual(expected);
      else for (const length of [0, 1, 10, 1000]) expect(ourVerdict(bytes, length)).toBeUndefined();
    });
    fc.assert(property, { seed: 3, numRuns: 3000 });
  });
});

describe("a stream is refused", () => {
  const fixed = "1 10";
  const end = "0000000";

  test("for block type 3", () => {
    expect(problem("1 11", 0)).toMatch(/block type 3/);
  });

  test("for a stored length that disagrees with its complement", () => {
    expect(() => inflateExactly(Uint8Array.of(1, 1, 0, 0xfe, 0xff, 65), 1)).not.toThrow();
    expect(() => inflateExactly(Uint8Array.of(1, 1, 0, 0xfd, 0xff, 65), 1)).toThrow(/complement/);
  });

  test("for a stored block that runs over the end", () => {
    expect(() => inflateExactly(Uint8Array.of(1, 2, 0, 0xfd, 0xff, 65), 2)).toThrow(/cut off/);
  });

  test("that is cut off within a code", () => {
    expect(problem(`${fixed} 00110`, 1)).toBe("deflate: the stream is cut off after 1 bytes");
  });

  test("for reserved length and distance codes", () => {
    expect(problem(`${fixed} 11000110 ${end}`, 1)).toMatch(/length code 286 is reserved/);
    expect(problem(`${fixed} 00110000 0000001 11110 ${end}`, 4)).toMatch(/distance code 30 is reserved/);
  });

  test("for a distance before the beginning", () => {
    expect(problem(`${fixed} 00110000 0000001 00000 ${end}`, 4)).toBe("accepted 4");
    expect(problem(`${fixed} 00110000 0000001 00001 ${end}`, 4)).toMatch(/distance of 2 at byte 1/);
  });

  test("for output beyond or short of the declared length", () => {
    expect(problem(`${fixed} 00110000 ${end}`, 1)).toBe("accepted 1");
    expect(problem(`${fixed} 00110000 ${end}`, 0)).toMatch(/more than 0 bytes/);
    expect(problem(`${fixed} 00110000 ${end}`, 2)).toBe("deflate: 2 bytes expected, 1 found");
    expect(problem(`${fixed} 00110000 0000001 00000 ${end}`, 3)).toMatch(/more than 3 bytes/);
  });

  test("for more codes than the alphabet has", () => {
    expect(problem(`1 01 ${number(30, 5)} ${number(0, 5)} ${number(0, 4)}`, 0)).toMatch(/287 length and 1 distance codes/);
    expect(problem(`1 01 ${number(0, 5)} ${number(30, 5)} ${number(0, 4)}`, 0)).toMatch(/257 length and 31 distance codes/);
  });

  // code lengths stand in the order 16 17 18 0 …
  const dynamic = `1 01 ${number(0, 5)} ${number(0, 5)} ${number(0, 4)}`;

  test("for code lengths that are over-subscribed, incomplete or absent", () => {
    expect(problem(`${dynamic} ${number(1, 3)} ${number(1, 3)} ${number(1, 3)} ${number(0, 3)}`, 0)).toMatch(/too many or too few/);
    expect(problem(`${dynamic} ${number(2, 3)} ${number(1, 3)} ${number(0, 3)} ${number(0, 3)}`, 0)).toMatch(/too many or too few/);
    expect(problem(`${dynamic} ${number(1, 3)} ${number(0, 3)} ${number(0, 3)} ${number(0, 3)}`, 0)).toMatch(/too many or too few/);
  });

  test("for a repeat without a length before it, and one over the end", () => {
    const codes = `${number(1, 3)} ${number(0, 3)} ${number(1, 3)} ${number(0, 3)}`;
    expect(problem(`${dynamic} ${codes} 0 00`, 0)).toMatch(/first code length repeats/);
    expect(problem(`${dynamic} ${codes} 1 ${number(127, 7)} 1 ${number(127, 7)}`, 0)).toMatch(/276 code lengths are more than 258/);
  });

  test("for a block without a code for its end", () => {
    const codes = `${number(0, 3)} ${number(0, 3)} ${number(1, 3)} ${number(1, 3)}`;
    expect(problem(`${dynamic} ${codes} 1 ${number(127, 7)} 1 ${number(109, 7)}`, 0)).toMatch(/no code for its end/);
  });
});
