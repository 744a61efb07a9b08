// One frame: everything it says of itself is checked, and nothing is read beyond the place it has. spec/02-container.md#frame
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../src/bytes/compare.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemorySink } from "../../src/connectors/memory/sink.js";
import { claimedNumber, readFrame, readWholeFrame } from "../../src/container/frame-reader.js";
import { FrameWriter } from "../../src/container/frame-writer.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { limits } from "../../src/format/limits.js";
import { refusal } from "../container/refusal.js";

const archiveId = new Uint8Array(32);

/** The bytes of frame 1, a note, after the header. */
async function noteOf(payload: Uint8Array): Promise<Uint8Array> {
  const sink = new MemorySink();
  const writer = await FrameWriter.start(sink, portableCrypto, { sealed: false, thin: false, archiveId });
  await writer.append("note", payload);
  return sink.bytes();
}

const input = (bytes: Uint8Array) => ({ reader: new MemoryReader(bytes), crypto: portableCrypto, limits });
const place = { offset: 64, number: 1 };
const reading = (bytes: Uint8Array, end = bytes.length) => refusal(() => readFrame(input(bytes), { ...place, end }));
const whole = (bytes: Uint8Array, end = bytes.length) => refusal(() => readWholeFrame(input(bytes), { ...place, end }));

describe("a frame", () => {
  it("is read as it was written, at once or in two parts", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async (payload) => {
        const bytes = await noteOf(payload);
        const frame = await readFrame(input(bytes), { ...place, end: bytes.length });
        expect(frame).toMatchObject({ number: 1, type: 0x82, offset: 64, end: bytes.length, payload });
        expect(await readWholeFrame(input(bytes), { ...place, end: bytes.length })).toEqual(frame);
        expect(frame.leaf).toEqual(portableCrypto.sha256(Uint8Array.of(0), bytes.subarray(64, -8)));
        expect(await claimedNumber(new MemoryReader(bytes), 64)).toBe(1);
      }),
      { seed: 1 },
    );
  });

  it("whose check is wrong is refused", async () => {
    const bytes = await noteOf(Uint8Array.of(1, 2, 3));
    for (const at of [64 + 24, bytes.length - 8, bytes.length - 1]) {
      const changed = bytes.with(at, (bytes[at] as number) ^ 1);
      const sentence = "PTAR_FRAME_CHECK: frame 1 at offset 64: its check is wrong";
      expect([await reading(changed), await whole(changed)]).toEqual([sentence, sentence]);
    }
  });

  it("that runs over its place is refused before it is read", async () => {
    const bytes = await noteOf(new Uint8Array(10));
    const end = bytes.length;
    expect(await reading(bytes, end - 1)).toBe("PTAR_FRAME_LENGTH: frame 1 at offset 64: 42 bytes, 41 are left");
    expect(await reading(bytes, 64 + 31)).toBe("PTAR_FRAME_LENGTH: frame 1 at offset 64: 42 bytes, 31 are left");
    expect(await reading(bytes.subarray(0, 64 + 23))).toBe("PTAR_FRAME_LENGTH: frame 1 at offset 64: 23 bytes are left");
    expect(await reading(bytes.subarray(0, 64 + 24))).toBe("PTAR_FRAME_LENGTH: frame 1 at offset 64: 42 bytes, 24 are left");
    expect(await whole(bytes, end - 1)).toBe("PTAR_FRAME_LENGTH: frame 1 at offset 64: 42 bytes, the frame table says 41");
    expect(await whole(bytes, 64 + 31)).toBe("PTAR_FRAME_LENGTH: frame 1 at offset 64: 42 bytes, the frame table says 31");
    const longer = concatBytes(bytes, new Uint8Array(1));
    expect(await whole(longer)).toBe("PTAR_FRAME_LENGTH: frame 1 at offset 64: 42 bytes, the frame table says 43");
    expect(await reading(longer)).toBe("nothing was refused");
  });

  it("of an unknown type is refused as such, whatever length it or its row has", async () => {
    const bytes = (await noteOf(new Uint8Array(10))).with(64 + 4, 0x04);
    const sentence = "PTAR_UNSUPPORTED_FRAME: frame 1 at offset 64: unknown type 0x4";
    expect([await reading(bytes, 64 + 31), await whole(bytes, 64 + 31), await whole(bytes, 2 ** 40)]).toEqual([sentence, sentence, sentence]);
  });

  it("claims a number only when it is one", async () => {
    const bytes = await noteOf(new Uint8Array(0));
    expect(await claimedNumber(new MemoryReader(bytes.with(64 + 22, 0xff)), 64)).toBe(-1);
    expect(await claimedNumber(new MemoryReader(bytes.with(64 + 16, 0)), 64)).toBe(-1);
    expect(await claimedNumber(new MemoryReader(bytes), 64)).toBe(1);
  });
});
