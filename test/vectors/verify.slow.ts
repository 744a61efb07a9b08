// What verify.test.ts leaves to a sample: every vector at higher levels, one in three by the portable engine, one in five byte by byte; all with
// PTAR_THOROUGH=1. spec/10-verify.md#order
import { describe, expect, it } from "vitest";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { oneIn } from "../thorough.js";
import { bytesOf, expected, isOneIn, levels, native, OneByteReader, outcomeOf, portable, rows, type Vector, vectors } from "./vectors.js";

const passes = ({ code }: Vector) => code === null;

describe("every vector", () => {
  it.each(rows(vectors.filter(({ level }) => level !== "deep")))("%s, at higher levels", async (_name, vector) => {
    const bytes = bytesOf(vector);
    for (const level of levels.slice(levels.indexOf(vector.level) + 1)) {
      expect({ level, ...(await outcomeOf(vector, new MemoryReader(bytes), { engine: native, level })) }).toEqual({ level, ...expected(vector) });
    }
  });

  it.each(rows(vectors.filter((vector) => passes(vector) || isOneIn(oneIn(3), vector))))("%s, portable", async (_name, vector) => {
    const { level } = vector;
    expect(await outcomeOf(vector, new MemoryReader(bytesOf(vector)), { engine: portable, level })).toEqual(expected(vector));
  });

  it.each(rows(vectors.filter((vector) => isOneIn(oneIn(5), vector))))("%s, one byte at a time", async (_name, vector) => {
    const { level } = vector;
    expect(await outcomeOf(vector, new OneByteReader(bytesOf(vector)), { engine: native, level })).toEqual(expected(vector));
  });
});
