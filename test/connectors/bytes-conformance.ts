// What every ByteReader and ByteSink promises.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ByteReader, ByteSink } from "../../src/container/bytes-io.js";

/** Tests readers that `open` makes over given bytes. */
export function readerConformance(name: string, open: (bytes: Uint8Array) => Promise<ByteReader>): void {
  const bytes = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7) & 255);

  describe(`${name} as a ByteReader`, () => {
    it("knows its length", async () => {
      expect((await open(bytes)).length).toBe(5000);
      expect((await open(new Uint8Array(0))).length).toBe(0);
    });

    it("gives exactly the bytes asked for", async () => {
      const reader = await open(bytes);
      const ranges = fc.tuple(fc.nat(5000), fc.nat(5000)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
      await fc.assert(
        fc.asyncProperty(ranges, async ([from, to]) => {
          expect(await reader.read(from, to - from)).toEqual(bytes.subarray(from, to));
        }),
        { seed: 1, numRuns: 50 },
      );
    });

    it.each([
      [4999, 2, 1],
      [5000, 1, 0],
      [9000, 1, 0],
      [0, 2 ** 50, 5000],
    ])("refuses what goes over the end: offset %i, length %i", async (offset, expected, found) => {
      const reader = await open(bytes);
      const details = { offset, expected, found };
      await expect(reader.read(offset, expected)).rejects.toMatchObject({ code: "PTAR_IO_FAILED", details });
    });

    it("takes no range that is none", async () => {
      const reader = await open(bytes);
      await expect(reader.read(-1, 1)).rejects.toThrow(TypeError);
      await expect(reader.read(0, 1.5)).rejects.toThrow(TypeError);
    });

    it("hands out bytes that belong to the caller", async () => {
      const reader = await open(bytes);
      (await reader.read(0, 10)).fill(9);
      expect(await reader.read(0, 10)).toEqual(bytes.subarray(0, 10));
    });
  });
}

/** Tests sinks; `written` gives what has arrived in the end. */
export function sinkConformance(name: string, make: () => Promise<{ sink: ByteSink; written: () => Promise<Uint8Array> }>): void {
  describe(`${name} as a ByteSink`, () => {
    it("keeps writes of all lengths in order", async () => {
      const { sink, written } = await make();
      const lengths = [0, 1, 1000, 3 << 20, 7, 1 << 20, (1 << 20) - 1, 2, 0];
      const parts = lengths.map((length, i) => new Uint8Array(length).fill(i + 1));
      for (const part of parts) await sink.write(part);
      expect(Buffer.compare(await written(), Buffer.concat(parts))).toBe(0);
    });

    it.each([
      ["Uint8Array", Uint8Array.of(1, 2, 3)],
      ["Buffer", Buffer.of(1, 2, 3)],
    ])("does not keep the caller's %s", async (_kind, buffer) => {
      const { sink, written } = await make();
      await sink.write(buffer);
      buffer.fill(9);
      await sink.write(buffer);
      expect([...(await written())]).toEqual([1, 2, 3, 9, 9, 9]);
    });
  });
}
