// Reading from the front finds what opening from the end need not look at. spec/10-verify.md#order
import { describe, expect, it } from "vitest";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { Container } from "../../src/container/container.js";
import { isKnownAbout, scanFrames } from "../../src/container/scan.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { limits } from "../../src/format/limits.js";
import { ArchiveBuilder, author } from "./build.js";
import { refusal } from "./refusal.js";

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
