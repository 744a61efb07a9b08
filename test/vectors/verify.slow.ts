// Every vector, in each way to read one; verify.test.ts leaves most of that to a sample. spec/10-verify.md#order
import { join } from "node:path";
import { describe, it } from "vitest";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { chanceOf, OneByteReader, openScattered, openStreamed } from "./readers.js";
import { levelsFrom } from "./reading.js";
import { bytesOf, folder, judgeOf, native, outcomeOf, portable, rows, seedOf, vectors } from "./vectors.js";

describe("every vector", () => {
  const ofLevels = judgeOf("native, at the levels above the own one");
  it.each(rows(vectors.filter(({ level }) => level !== "deep")))("%s, at higher levels", async (_name, vector) => {
    const bytes = bytesOf(vector);
    for (const level of levelsFrom(vector).slice(1))
      ofLevels(vector, await outcomeOf(vector, new MemoryReader(bytes), { engine: native, level }), level);
  });

  const ofPortable = judgeOf("portable, whole");
  it.each(rows(vectors))("%s, portable", async (_name, vector) => {
    const { level } = vector;
    ofPortable(vector, await outcomeOf(vector, new MemoryReader(bytesOf(vector)), { engine: portable, level }));
  });

  const ofBytes = judgeOf("native, one byte at a time");
  it.each(rows(vectors))("%s, one byte at a time", async (_name, vector) => {
    const { level } = vector;
    ofBytes(vector, await outcomeOf(vector, new OneByteReader(bytesOf(vector)), { engine: native, level }));
  });

  const ofPieces = judgeOf("native, random access to a file");
  it.each(rows(vectors))("%s, read all over a file", async (_name, vector) => {
    const { level } = vector;
    const reader = await openScattered(join(folder, vector.file), chanceOf(seedOf(vector)));
    ofPieces(vector, await outcomeOf(vector, reader, { engine: native, level }).finally(() => reader.close()));
  });

  const ofStreams = judgeOf("native, from a stream");
  it.each(rows(vectors))("%s, from a stream", async (_name, vector) => {
    const { level } = vector;
    const reader = await openStreamed(bytesOf(vector), chanceOf(seedOf(vector)));
    ofStreams(vector, await outcomeOf(vector, reader, { engine: native, level }).finally(() => reader.close()));
  });
});
