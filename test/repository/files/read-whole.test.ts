// Short files are read at one go, long ones part by part.
import { describe, expect, it } from "vitest";
import { MemoryReader } from "../../../src/connectors/memory/reader.js";
import { readWhole } from "../../../src/repository/files/read-whole.js";
import { noise } from "../../archive/engines.js";
import { refusal } from "../../container/refusal.js";

/** Counts reads. */
class Counted extends MemoryReader {
  reads = 0;

  override read(offset: number, length: number) {
    this.reads++;
    return super.read(offset, length);
  }
}

describe("a file", () => {
  it.each([
    ["short", 256 * 1024, 1],
    ["long", 256 * 1024 + 1, 2],
  ])("that is %s is read %s bytes long in %s reads", async (_what, length, reads) => {
    const bytes = noise(length);
    const file = new Counted(bytes);
    const reader = await readWhole(file);
    expect(reader.length).toBe(length);
    expect(await reader.read(7, 20)).toEqual(bytes.slice(7, 27));
    expect(await reader.read(length - 5, 5)).toEqual(bytes.slice(-5));
    expect(file.reads).toBe(reads);
  });

  it("gives bytes that belong to whoever reads them", async () => {
    const reader = await readWhole(new Counted(noise(100)));
    (await reader.read(0, 100)).fill(0);
    expect(await reader.read(0, 100)).toEqual(noise(100));
  });

  it("refuses to be read past its end", async () => {
    const reader = await readWhole(new Counted(noise(100)));
    expect(await refusal(() => reader.read(90, 11))).toBe("PTAR_IO_FAILED: archive: expected 11 bytes at offset 90, found 10");
    expect(await refusal(() => reader.read(200, 1))).toBe("PTAR_IO_FAILED: archive: expected 1 bytes at offset 200, found 0");
  });
});
