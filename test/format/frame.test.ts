// What stands before a payload, and how long the payload may be. spec/02-container.md#frame
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrameHeader, encodeFrameHeader, frameTypeName, frameTypes, isAncillary, longestPayload } from "../../src/format/frame.js";
import { limits } from "../../src/format/limits.js";
import { decodeTrailer, encodeTrailer, type Trailer } from "../../src/format/trailer.js";
import { refusal } from "../container/refusal.js";

const note = encodeFrameHeader({ type: frameTypes.note, payloadLength: 5, number: 3 });
const decode = (bytes: Uint8Array) => refusal(() => decodeFrameHeader(bytes, { number: 3, offset: 64, limits }));

/** `bytes` with a u64 at `at`. */
function withU64(bytes: Uint8Array, at: number, value: bigint): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setBigUint64(at, value, true);
  return copy;
}

/** Types that this version names and does not read. */
const reserved: readonly number[] = [frameTypes.timestamp];

describe("a frame header", () => {
  it("decodes to what was encoded, and encodes to what was decoded", () => {
    const types = fc.constantFrom(...Object.values(frameTypes).filter((type) => !reserved.includes(type)), 0x83, 0xff);
    fc.assert(
      fc.property(types, fc.nat(72), fc.maxSafeNat(), (type, payloadLength, number) => {
        const bytes = encodeFrameHeader({ type, payloadLength, number });
        const header = decodeFrameHeader(bytes, { number, offset: 0, limits });
        expect(header).toEqual({ type, payloadLength, number });
        expect(encodeFrameHeader(header)).toEqual(bytes);
      }),
      { seed: 1 },
    );
  });

  it("has the bytes of the specification", () => {
    expect(Buffer.from(note).toString("hex")).toBe("f7505446820000000500000000000000" + "0300000000000000");
  });

  it.each([
    ["another sync", note.with(0, 0xf6), "PTAR_FRAME_SYNC: frame 3 at offset 64: no frame starts here"],
    ["another last byte of the sync", note.with(3, 0x47), "PTAR_FRAME_SYNC: frame 3 at offset 64: no frame starts here"],
    ["flags", note.with(5, 1), "PTAR_FRAME_RESERVED: frame 3 at offset 64: flags or reserved bytes are not zero"],
    ["a reserved byte", note.with(6, 1), "PTAR_FRAME_RESERVED: frame 3 at offset 64: flags or reserved bytes are not zero"],
    ["the other reserved byte", note.with(7, 1), "PTAR_FRAME_RESERVED: frame 3 at offset 64: flags or reserved bytes are not zero"],
    ["the number before", note.with(16, 2), "PTAR_FRAME_NUMBER: frame 3 at offset 64: has number 2"],
    ["a number over 2^53-1", withU64(note, 16, 2n ** 53n), "PTAR_FRAME_NUMBER: frame 3 at offset 64: has number NaN"],
    ["an unknown type", note.with(4, 0x50), "PTAR_UNSUPPORTED_FRAME: frame 3 at offset 64: unknown type 0x50"],
    ["a payload of 2^53 bytes", withU64(note, 8, 2n ** 53n), "PTAR_FRAME_LENGTH: frame 3 at offset 64: note of NaN bytes, limit 1048576"],
    ["a payload of 2^62 bytes", withU64(note, 8, 2n ** 62n), "PTAR_FRAME_LENGTH: frame 3 at offset 64: note of NaN bytes, limit 1048576"],
    [
      "a payload of 2^53-1 bytes",
      withU64(note, 8, 2n ** 53n - 1n),
      "PTAR_FRAME_LENGTH: frame 3 at offset 64: note of 9007199254740991 bytes, limit 1048576",
    ],
  ])("with %s is refused", async (_what, bytes, sentence) => {
    expect(await decode(bytes)).toBe(sentence);
  });

  it.each([
    ["about", limits.aboutBytes],
    ["session", 96],
    ["blockData", limits.blockBytes],
    ["blockMeta", limits.blockBytes],
    ["indexPage", limits.indexPageBytes],
    ["indexRoot", limits.indexRootBytes],
    ["frameTablePage", limits.framePageBytes],
    ["frameTable", limits.framePageBytes],
    ["manifest", limits.manifestBytes],
    ["keys", limits.keysBytes],
    ["sealedManifest", limits.manifestBytes],
    ["statement", limits.statementBytes],
    ["trailer", 72],
    ["padding", limits.noteBytes],
    ["parity", limits.noteBytes],
    ["note", limits.noteBytes],
  ] as const)("of type %s has at most %i bytes of payload", async (name, limit) => {
    const header = (payloadLength: number) => encodeFrameHeader({ type: frameTypes[name], payloadLength, number: 3 });
    expect(await decode(header(limit))).toBe("nothing was refused");
    expect(await decode(header(limit + 1))).toContain(`PTAR_FRAME_LENGTH: frame 3 at offset 64: ${name} of ${limit + 1} bytes, limit ${limit}`);
    expect(longestPayload(limits)).toBeGreaterThanOrEqual(limit);
  });

  it.each(reserved)("of the reserved type %i is refused", async (type) => {
    const header = encodeFrameHeader({ type, payloadLength: 1, number: 3 });
    expect(await decode(header)).toBe(`PTAR_UNSUPPORTED_FRAME: frame 3 at offset 64: reserved type 0x${type.toString(16)}`);
  });

  it("tells ancillary types by bit 7", () => {
    expect(Object.entries(frameTypes).filter(([, type]) => isAncillary(type))).toEqual([
      ["padding", 0x80],
      ["parity", 0x81],
      ["note", 0x82],
    ]);
    expect([frameTypeName(0x32), frameTypeName(0x90)]).toEqual(["manifest", "type 0x90"]);
  });
});

describe("a trailer", () => {
  const trailer: Trailer = { manifestOffset: 500, frameTableOffset: 400, previousTrailerOffset: 0, totalLength: 1104, generation: 1, sequence: 0 };
  const bytes = encodeTrailer(trailer);
  const refused = (payload: Uint8Array) => refusal(() => decodeTrailer(payload, 1104));

  it("decodes to what was encoded, and encodes to what was decoded", () => {
    const any = fc.record({
      manifestOffset: fc.integer({ min: 600, max: 999 }),
      frameTableOffset: fc.integer({ min: 64, max: 599 }),
      previousTrailerOffset: fc.integer({ min: 0, max: 999 }),
      totalLength: fc.constant(1104),
      generation: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      sequence: fc.maxSafeNat(),
    });
    fc.assert(
      fc.property(any, (value) => {
        expect(decodeTrailer(encodeTrailer(value), 1104)).toEqual(value);
        expect(encodeTrailer(decodeTrailer(encodeTrailer(value), 1104))).toEqual(encodeTrailer(value));
      }),
      { seed: 1 },
    );
  });

  it.each([
    ["a byte less", bytes.subarray(1), "71 bytes, expected 72"],
    ["a reserved byte", bytes.with(48, 1), "reserved bytes are not zero"],
    ["the last reserved byte", bytes.with(71, 1), "reserved bytes are not zero"],
    ["another total length", withU64(bytes, 24, 1105n), "says the archive has 1105 bytes up to here, it has 1104"],
    ["a total length of 2^64-1", withU64(bytes, 24, 2n ** 64n - 1n), "says the archive has NaN bytes"],
    ["its own offset for the manifest", withU64(bytes, 0, 1000n), "manifest offset 1000 is not before it"],
    ["a manifest at 2^53", withU64(bytes, 0, 2n ** 53n), "manifest offset NaN is not before it"],
    ["a manifest at 2^64-1", withU64(bytes, 0, 2n ** 64n - 1n), "manifest offset NaN is not before it"],
    ["the manifest for its frame table", withU64(bytes, 8, 500n), "frame table offset 500 is not before the manifest"],
    ["a frame table at 2^53", withU64(bytes, 8, 2n ** 53n), "frame table offset NaN is not before the manifest"],
    ["a frame table at 2^64-1", withU64(bytes, 8, 2n ** 64n - 1n), "frame table offset NaN is not before the manifest"],
    ["a frame table in the header", withU64(bytes, 8, 63n), "frame table offset 63 is in the header"],
    ["itself for the trailer before", withU64(bytes, 16, 1000n), "previous trailer offset 1000 is not before it"],
    ["a trailer before at 2^53", withU64(bytes, 16, 2n ** 53n), "previous trailer offset NaN is not before it"],
    ["a trailer before at 2^64-1", withU64(bytes, 16, 2n ** 64n - 1n), "previous trailer offset NaN is not before it"],
    ["generation 0", withU64(bytes, 32, 0n), "generation 0"],
    ["generation 2^53", withU64(bytes, 32, 2n ** 53n), "generation NaN"],
    ["sequence 2^53", withU64(bytes, 40, 2n ** 53n), "sequence NaN"],
  ])("with %s is refused", async (_what, payload, sentence) => {
    expect(await refused(payload)).toContain(`PTAR_TRAILER_INVALID: trailer at offset 1000: ${sentence}`);
  });
});
