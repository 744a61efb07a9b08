import { describe, expect, test } from "vitest";
import { cappedZstdLevel, checkZstdFrame, maxZstdWindow } from "../../src/compression/zstd-frame.js";
import { codeOf } from "./codec-conformance.js";

const magic = [0x28, 0xb5, 0x2f, 0xfd];
const rawBlock = (length: number, last: 0 | 1 = 1) => [
  ((length << 3) | last) & 255,
  (length >> 5) & 255,
  length >> 13,
  ...new Array<number>(length).fill(7),
];
const emptyBlock = rawBlock(0);

/** The sentence that a frame is refused with; "accepted" when it is not. */
function problem(bytes: readonly number[], rawLength: number): string {
  try {
    checkZstdFrame(Uint8Array.from(bytes), rawLength);
    return "accepted";
  } catch (error) {
    return (error as Error).message;
  }
}

const u32 = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];

describe("a frame is accepted", () => {
  test("with a content size of one, two, four and eight bytes", () => {
    expect(problem([...magic, 0x20, 3, ...rawBlock(3)], 3)).toBe("accepted");
    expect(problem([...magic, 0x60, 44, 1, ...rawBlock(300)], 556)).toBe("accepted");
    expect(problem([...magic, 0xa0, ...u32(3), ...rawBlock(3)], 3)).toBe("accepted");
    expect(problem([...magic, 0xe0, ...u32(3), ...u32(0), ...rawBlock(3)], 3)).toBe("accepted");
  });

  test("with a window, a checksum, dictionary id 0 and several blocks", () => {
    expect(problem([...magic, 0x80, 0, ...u32(3), ...rawBlock(3)], 3)).toBe("accepted");
    expect(problem([...magic, 0x24, 3, ...rawBlock(3), 1, 2, 3, 4], 3)).toBe("accepted");
    expect(problem([...magic, 0x21, 0, 3, ...rawBlock(3)], 3)).toBe("accepted");
    expect(problem([...magic, 0x20, 3, ...rawBlock(1, 0), ...rawBlock(2)], 3)).toBe("accepted");
  });

  test("with a window of exactly 8 MiB", () => {
    expect(problem([...magic, 0x80, 13 << 3, ...u32(3), ...rawBlock(3)], 3)).toBe("accepted");
    expect(problem([...magic, 0xa0, ...u32(maxZstdWindow), ...emptyBlock], maxZstdWindow)).toBe("accepted");
  });
});

describe("a frame is refused", () => {
  test("for another magic, a skippable frame's among them", () => {
    expect(problem([0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4], 4)).toMatch(/does not begin with a frame/);
  });

  test("for the reserved bit", () => {
    expect(problem([...magic, 0x28, 3, ...rawBlock(3)], 3)).toMatch(/reserved bit/);
  });

  test("for a dictionary in a field of one, two or four bytes", () => {
    expect(problem([...magic, 0x21, 5, 3, ...rawBlock(3)], 3)).toMatch(/dictionary 5/);
    expect(problem([...magic, 0x22, 0, 1, 3, ...rawBlock(3)], 3)).toMatch(/dictionary 256/);
    expect(problem([...magic, 0x23, 0, 0, 0, 0x80, 3, ...rawBlock(3)], 3)).toMatch(/dictionary 2147483648/);
  });

  test("for a content size that is absent, wrong or over 2^53", () => {
    expect(problem([...magic, 0x00, 0, ...rawBlock(3)], 3)).toBe("zstd: content size 3 expected, none found");
    expect(problem([...magic, 0x20, 4, ...rawBlock(3)], 3)).toBe("zstd: content size 3 expected, 4 found");
    expect(problem([...magic, 0xe0, ...u32(3), ...u32(0x80000000), ...rawBlock(3)], 3)).toMatch(/content size/);
  });

  test("for a window larger than 8 MiB, its own or that of its content", () => {
    expect(problem([...magic, 0x80, (13 << 3) | 1, ...u32(3), ...rawBlock(3)], 3)).toMatch(/window of 9437184/);
    expect(problem([...magic, 0x80, 255, ...u32(3), ...rawBlock(3)], 3)).toMatch(/window/);
    expect(problem([...magic, 0xa0, ...u32(maxZstdWindow + 1), ...emptyBlock], maxZstdWindow + 1)).toMatch(/window of 8388609/);
  });

  test("for a block of the reserved type or larger than window or 128 KiB", () => {
    expect(problem([...magic, 0x20, 3, 0x1f, 0, 0, 1, 2, 3], 3)).toMatch(/block type 3/);
    expect(problem([...magic, 0x20, 3, ...rawBlock(4)], 3)).toMatch(/block of 4 bytes is larger than 3/);
    expect(problem([...magic, 0xa0, ...u32(200000), ...rawBlock(131073)], 200000)).toMatch(/block of 131073/);
  });

  test("for bytes after the last block or the checksum", () => {
    expect(problem([...magic, 0x20, 3, ...rawBlock(3), 0], 3)).toBe("zstd: the frame ends at byte 12 of 13");
    expect(problem([...magic, 0x24, 3, ...rawBlock(3), 1, 2, 3, 4, 5], 3)).toMatch(/ends at byte 16 of 17/);
  });

  test("when it is cut anywhere, the checksum included", () => {
    const frame = [...magic, 0xa4, ...u32(5), ...rawBlock(3, 0), ...[0x13, 0, 0, 9], 1, 2, 3, 4];
    expect(problem(frame, 5)).toBe("accepted");
    for (let length = 0; length < frame.length; length++)
      expect(problem(frame.slice(0, length), 5)).toBe(`zstd: the frame is cut off after ${length} bytes`);
  });

  test("with the code of a block that does not decode", () => {
    expect(codeOf(() => checkZstdFrame(Uint8Array.of(1), 1))).toBe("PTAR_BLOCK_DECODE");
  });
});

test("levels are capped only where the window would exceed the limit", () => {
  expect(cappedZstdLevel(maxZstdWindow, 22)).toBe(22);
  expect(cappedZstdLevel(maxZstdWindow + 1, 22)).toBe(19);
  expect(cappedZstdLevel(maxZstdWindow + 1, 3)).toBe(3);
});
