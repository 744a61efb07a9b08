// Every vector gets the class and the code that the index names, whatever engine and however its bytes are read. spec/10-verify.md#order
import { describe, expect, it } from "vitest";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { Container } from "../../src/container/container.js";
import { limits } from "../../src/format/limits.js";
import { formatFingerprint } from "../../src/keys/archive-fingerprint.js";
import { bytesOf, expected, folder, isOneIn, levels, native, OneByteReader, outcomeOf, portable, rows, type Vector, vectors } from "./vectors.js";

/** Whatever passes; of the rows with a key, which share files, one in three. */
const passes = (vector: Vector) => vector.code === null && (vector.key === undefined || isOneIn(3, vector));
/** Of the others some: byte by byte, portable and higher levels take long. All of them in verify.slow.ts */
const atLevels = vectors.filter((vector) => passes(vector) || isOneIn(5, vector));
const byBytes = vectors.filter((vector) => passes(vector) || isOneIn(8, vector));
/** With all that look at codecs and signatures, where the engines differ. */
const byPortable = vectors.filter(
  (vector) => passes(vector) || /deflate|zstd/.test(vector.flags.join()) || vector.code === "PTAR_SIGNATURE_INVALID" || isOneIn(5, vector),
);

describe("vectors", () => {
  it.each(rows(vectors))("%s, native, whole", async (_name, vector) => {
    const { level } = vector;
    expect(await outcomeOf(vector, new MemoryReader(bytesOf(vector)), { engine: native, level })).toEqual(expected(vector));
  });

  it.each(rows(atLevels))("%s, native, at higher levels", async (_name, vector) => {
    const bytes = bytesOf(vector);
    for (const level of levels.slice(levels.indexOf(vector.level) + 1)) {
      expect({ level, ...(await outcomeOf(vector, new MemoryReader(bytes), { engine: native, level })) }).toEqual({ level, ...expected(vector) });
    }
  });

  it.each(rows(byPortable))("%s, portable, whole", async (_name, vector) => {
    const { level } = vector;
    expect(await outcomeOf(vector, new MemoryReader(bytesOf(vector)), { engine: portable, level })).toEqual(expected(vector));
  });

  it.each(rows(byBytes))("%s, native, one byte at a time", async (_name, vector) => {
    const { level } = vector;
    expect(await outcomeOf(vector, new OneByteReader(bytesOf(vector)), { engine: native, level })).toEqual(expected(vector));
  });

  it.each(rows(vectors.filter(({ code }) => code === null)))("%s passes at every level and has its fingerprint", async (_name, vector) => {
    const bytes = bytesOf(vector);
    // the levels from the own one on are read above, and in verify.slow.ts
    for (const level of levels.slice(0, levels.indexOf(vector.level)))
      expect(await outcomeOf(vector, new MemoryReader(bytes), { engine: native, level })).toEqual(expected(vector));
    const { fingerprint } = await Container.open(new MemoryReader(bytes), native.crypto, limits);
    expect(formatFingerprint(fingerprint).replaceAll(" ", "")).toBe(`ptar1${vector.fingerprint}`);
  });

  it("lie in the folder of the vectors", () => expect(folder).toContain("test-vectors"));
});
