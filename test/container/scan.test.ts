// Reading from the front finds what opening from the end need not look at. spec/10-verify.md#order
import { describe, expect, it } from "vitest";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { Container } from "../../src/container/container.js";
import { isKnownAbout, scanFrames } from "../../src/container/scan.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { frameTypes } from "../../src/format/frame.js";
import { limits } from "../../src/format/limits.js";
import { ArchiveBuilder, author, type GenerationPlan } from "./build.js";
import { refusal } from "./refusal.js";
import { openContainer, openWithSecret, scanned, sealedOne } from "./sealed-archives.js";
import { sealAlone } from "./sealing.js";

const session = new Uint8Array(96);

async function typesOf(bytes: Uint8Array, signal?: AbortSignal): Promise<number[]> {
  const container = await Container.open(new MemoryReader(bytes), portableCrypto, limits);
  const types: number[] = [];
  for await (const frame of scanFrames(container, signal)) types.push(frame.type);
  return types;
}

describe("a scan", () => {
  it("passes over ancillary frames, known and unknown, among the blocks", async () => {
    const frames = [
      ["note", new TextEncoder().encode("hello")],
      ["padding", new Uint8Array(5)],
      [0x90, new Uint8Array(3)],
      [0xff, new Uint8Array(0)],
    ] as const;
    const types = await typesOf(new ArchiveBuilder().generation({ frames }).bytes());
    expect(types.slice(3, 7)).toEqual([0x82, 0x80, 0x90, 0xff]);
  });

  it("refuses padding that is not zero", async () => {
    for (const at of [0, 4]) {
      const bytes = new ArchiveBuilder().generation({ frames: [["padding", new Uint8Array(5).with(at, 1)]] }).bytes();
      expect(await refusal(() => typesOf(bytes))).toMatch(/^PTAR_FRAME_RESERVED: frame 4 at offset \d+: padding is not zero/);
    }
  });

  it("refuses a type that is unknown and not ancillary", async () => {
    const bytes = new ArchiveBuilder().generation({ frames: [[0x50, new Uint8Array(3)]] }).bytes();
    expect(await refusal(() => typesOf(bytes))).toMatch(/^PTAR_UNSUPPORTED_FRAME: frame 4 at offset \d+: unknown type 0x50/);
  });

  it("refuses frames where the grammar has none, also after the manifest", async () => {
    const inside = new ArchiveBuilder().generation({ frames: [["statement", new Uint8Array(3)]] }).bytes();
    expect(await refusal(() => typesOf(inside))).toContain("statement may not stand after blocks");
    const tail = new ArchiveBuilder().generation();
    tail.frame("blockData", new Uint8Array(3));
    expect(await refusal(() => typesOf(tail.trailer().bytes()))).toContain("blockData may not stand after trailer");
    const empty = new ArchiveBuilder().generation().trailer();
    expect(await refusal(() => typesOf(empty.bytes()))).toContain("trailer may not stand after trailer");
    const notes = new ArchiveBuilder().generation();
    notes.frame("note", new Uint8Array(3));
    expect(await typesOf(notes.trailer().tail([author]).bytes())).toContain(0x82);
  });

  it("compares the frames of every generation with its table", async () => {
    const builder = new ArchiveBuilder().generation().generation({ frames: [["note", new TextEncoder().encode("paid 100")]] });
    const bytes = builder.bytes();
    const number = builder.rows.findIndex(({ end }) => Buffer.from(bytes.subarray(end - 16, end - 8)).toString() === "paid 100");
    const start = (builder.rows[number - 1] as { end: number }).end;
    const other = new ArchiveBuilder();
    other.frame("note", new TextEncoder().encode("paid 900"), number);
    bytes.set(other.bytes().subarray(64), start);
    expect(await refusal(() => typesOf(bytes))).toContain(`PTAR_FRAME_HASH: frame ${number} at offset ${start}: not the one in the frame table`);
  });

  it("refuses another end than was there on opening", async () => {
    const builder = new ArchiveBuilder().generation();
    const bytes = builder.bytes();
    const last = bytes.length - 104;
    for (const [type, length] of [
      ["statement", 72],
      ["trailer", 71],
    ] as const) {
      const container = await Container.open(new MemoryReader(bytes), portableCrypto, limits);
      const other = new ArchiveBuilder();
      other.frame(type, new Uint8Array(length), builder.next - 1);
      const changed = bytes.slice();
      changed.set(other.bytes().subarray(64), last);
      Object.assign(container.input, { reader: new MemoryReader(changed) });
      expect(await refusal(() => scanned(container))).toMatch(/^PTAR_TRAILER_INVALID: archive: its last frame ends at offset/);
    }
  });

  it("refuses a session that is not that of a plain archive", async () => {
    for (const byte of [0, 5, 20, 50, 95]) {
      const bytes = new ArchiveBuilder().generation({ frames: [["session", session.with(byte, 1)]] }).bytes();
      expect(await refusal(() => typesOf(bytes))).toContain("PTAR_SESSION_INVALID: session (frame 4): not zero");
    }
    const short = new ArchiveBuilder().generation({ frames: [["session", session.subarray(1)]] }).bytes();
    expect(await refusal(() => typesOf(short))).toBe("PTAR_SESSION_INVALID: session (frame 4): 95 bytes, expected 96");
    const long = new ArchiveBuilder().generation({ frames: [["session", new Uint8Array(97)]] }).bytes();
    expect(await refusal(() => typesOf(long))).toContain("PTAR_FRAME_LENGTH: frame 4");
  });

  it("refuses bytes between frames", async () => {
    const gap = new ArchiveBuilder();
    gap.frame("about", new Uint8Array(3));
    gap.raw(Uint8Array.of(0));
    expect(await refusal(() => typesOf(gap.generation({ frames: [] }).bytes()))).toMatch(/^PTAR_FRAME_/);
  });

  it("knows the text of ABOUT from any other", async () => {
    const builder = new ArchiveBuilder().generation();
    const container = await Container.open(new MemoryReader(builder.bytes()), portableCrypto, limits);
    const about = await container.frame(1);
    expect(isKnownAbout(about)).toBe(true);
    expect(isKnownAbout({ ...about, payload: about.payload.subarray(1) })).toBe(false);
    expect(isKnownAbout({ ...about, payload: Uint8Array.of(255) })).toBe(false);
  });

  it("stops on request", async () => {
    const bytes = new ArchiveBuilder().generation().bytes();
    await expect(typesOf(bytes, AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
  });
});

describe("a scan of a sealed archive", () => {
  const read = (bytes: Uint8Array) => refusal(async () => scanned(await openContainer(bytes)));
  const readInside = (bytes: Uint8Array) => refusal(async () => scanned(await openWithSecret(bytes)));
  const blockAs = (change: (plaintext: Uint8Array) => Uint8Array): GenerationPlan => ({
    seal: (frame) => (frame.type === frameTypes.blockData ? sealAlone({ ...frame, plaintext: change(frame.plaintext) }) : undefined),
  });

  it("yields what is inside where it is open, and passes over ancillary frames", async () => {
    const frames = [
      ["note", new TextEncoder().encode("hello")],
      ["padding", new Uint8Array(40)],
      [0x90, new Uint8Array(3)],
    ] as const;
    const bytes = sealedOne({ frames });
    expect((await scanned(await openContainer(bytes))).slice(4, 7).map(({ type }) => type)).toEqual([0x82, 0x80, 0x90]);
    const inside = await scanned(await openWithSecret(bytes));
    expect(inside.slice(4, 7).map(({ payload }) => payload.length)).toEqual([5, 40, 3]);
    expect(new TextDecoder().decode(inside[3]?.payload.subarray(20))).toBe("generation 1");
  });

  it.each([0, 16, 20])("refuses a sealed frame of %i bytes, with a key and without", async (length) => {
    const bytes = sealedOne({ seal: ({ type }) => (type === frameTypes.blockData ? new Uint8Array(length) : undefined) });
    const sentence = new RegExp(`^PTAR_FRAME_LENGTH: frame 4 at offset \\d+: ${length} bytes are too few for a sealed payload`);
    expect(await read(bytes)).toMatch(sentence);
    expect(await readInside(bytes)).toMatch(sentence);
  });

  it("of 21 bytes of noise, or sealed as another, refuses a frame with the key alone", async () => {
    const plans: readonly GenerationPlan[] = [
      { seal: ({ type }) => (type === frameTypes.blockData ? new Uint8Array(21).fill(3) : undefined) },
      { seal: (frame) => (frame.type === frameTypes.blockData ? sealAlone({ ...frame, number: frame.number + 1 }) : undefined) },
      { seal: (frame) => (frame.type === frameTypes.blockData ? sealAlone({ ...frame, type: frameTypes.blockMeta }) : undefined) },
      { seal: (frame) => (frame.type === frameTypes.blockData ? sealAlone({ ...frame, key: new Uint8Array(32) }) : undefined) },
    ];
    for (const plan of plans) {
      expect(await read(sealedOne(plan))).toBe("nothing was refused");
      expect(await readInside(sealedOne(plan))).toMatch(/^PTAR_FRAME_SEAL: frame 4 at offset \d+: blockData does not open/);
    }
  });

  it("refuses what is sealed with another length, or padding that is not zero", async () => {
    expect(await readInside(sealedOne(blockAs((plaintext) => plaintext)))).toBe("nothing was refused");
    expect(await readInside(sealedOne(blockAs((plaintext) => plaintext.with(3, 1))))).toMatch(/^PTAR_FRAME_LENGTH: frame 4/);
    expect(await readInside(sealedOne(blockAs((plaintext) => Uint8Array.of(...plaintext, 0, 1))))).toMatch(/^PTAR_FRAME_RESERVED: frame 4/);
    expect(await readInside(sealedOne(blockAs((plaintext) => Uint8Array.of(...plaintext, ...new Uint8Array(999)))))).toBe("nothing was refused");
  });
});
