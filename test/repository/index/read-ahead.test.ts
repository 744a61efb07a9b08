// Several reads at once, taken in their order.
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { readAhead } from "../../../src/repository/index/read-ahead.js";

/** Reads that take the shorter the later they begin; counts those under way. */
function readings(count: number) {
  const seen = { held: 0, most: 0, begun: 0 };
  const read = async (item: number) => {
    seen.begun++;
    seen.most = Math.max(seen.most, ++seen.held);
    await sleep(count - item);
    seen.held--;
    if (item === 7) throw new Error("seven");
    return 10 * item;
  };
  return { seen, read };
}

async function taken(values: AsyncIterable<number>, most = Number.POSITIVE_INFINITY): Promise<readonly number[]> {
  const all: number[] = [];
  for await (const value of values) {
    all.push(value);
    if (all.length === most) break;
  }
  return all;
}

describe("reading ahead", () => {
  it("gives all in order, whichever is read first, with no more at once than allowed", async () => {
    const { seen, read } = readings(7);
    expect(await taken(readAhead([0, 1, 2, 3, 4, 5, 6], read, 3))).toEqual([0, 10, 20, 30, 40, 50, 60]);
    expect(seen).toEqual({ held: 0, most: 3, begun: 7 });
  });

  it("of nothing gives nothing", async () => {
    expect(await taken(readAhead([], readings(0).read, 3))).toEqual([]);
  });

  it("leaves nothing under way when somebody stops early", async () => {
    const { seen, read } = readings(20);
    expect(await taken(readAhead([0, 1, 2, 3, 4, 5], read, 4), 2)).toEqual([0, 10]);
    expect(seen.held).toBe(0);
    expect(seen.begun).toBeLessThan(6);
  });

  it("throws what a read throws when it is its turn, and leaves nothing under way", async () => {
    const { seen, read } = readings(12);
    const values: number[] = [];
    const failing = (async () => {
      for await (const value of readAhead([6, 7, 8, 9, 10, 11], read, 4)) values.push(value);
    })();
    await expect(failing).rejects.toThrow("seven");
    expect(values).toEqual([60]);
    expect(seen.held).toBe(0);
  });
});
