// Every vector gets the class, the code and the fingerprint that the index names, whatever engine and however its bytes are read. spec/10-verify.md#order
import { describe, expect, it } from "vitest";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { OneByteReader } from "./readers.js";
import { levels, levelsFrom, type Vector } from "./reading.js";
import { bytesOf, folder, isOneIn, judgeOf, native, outcomeOf, portable, rows, vectors } from "./vectors.js";

/** Whatever passes; of the rows with a key, which share files, one in three. */
const passes = (vector: Vector) => vector.code === null && (vector.key === undefined || isOneIn(3, vector));
/** Of the others some: byte by byte, portable and higher levels take long. All of them in verify.slow.ts */
const atLevels = vectors.filter((vector) => passes(vector) || isOneIn(10, vector));
const byBytes = vectors.filter((vector) => isOneIn(10, vector));
/** With those that look at codecs, where the engines differ. */
const byPortable = vectors.filter((vector) => /deflate|zstd/.test(vector.flags.join()) || isOneIn(10, vector));

describe("vectors", () => {
  const ofWhole = judgeOf("native, whole");
  it.each(rows(vectors))("%s, native, whole", async (_name, vector) => {
    const { level } = vector;
    ofWhole(vector, await outcomeOf(vector, new MemoryReader(bytesOf(vector)), { engine: native, level }));
  });

  const ofLevels = judgeOf("native, at the other levels");
  it.each(rows(atLevels))("%s, native, at higher levels", async (_name, vector) => {
    const bytes = bytesOf(vector);
    for (const level of levelsFrom(vector).slice(1))
      ofLevels(vector, await outcomeOf(vector, new MemoryReader(bytes), { engine: native, level }), level);
  });

  it.each(rows(vectors.filter(({ code }) => code === null)))("%s passes at lower levels too", async (_name, vector) => {
    const bytes = bytesOf(vector);
    for (const level of levels.slice(0, levels.indexOf(vector.level)))
      ofLevels(vector, await outcomeOf(vector, new MemoryReader(bytes), { engine: native, level }), level);
  });

  const ofPortable = judgeOf("portable, whole");
  it.each(rows(byPortable))("%s, portable, whole", async (_name, vector) => {
    const { level } = vector;
    ofPortable(vector, await outcomeOf(vector, new MemoryReader(bytesOf(vector)), { engine: portable, level }));
  });

  const ofBytes = judgeOf("native, one byte at a time");
  it.each(rows(byBytes))("%s, native, one byte at a time", async (_name, vector) => {
    const { level } = vector;
    ofBytes(vector, await outcomeOf(vector, new OneByteReader(bytesOf(vector)), { engine: native, level }));
  });

  it("lie in the folder of the vectors", () => expect(folder).toContain("test-vectors"));
});
