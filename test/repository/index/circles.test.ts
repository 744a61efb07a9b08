// Index archives that supersede each other. spec/15-repository.md#index
import { describe, expect, it } from "vitest";
import { circlesOf } from "../../../src/repository/index/circles.js";

const circles = (supersedes: Readonly<Record<string, readonly string[]>>) => circlesOf(new Map(Object.entries(supersedes))).toSorted();

describe("circles", () => {
  it("are none where each supersedes what was there before", () => {
    expect(circles({ a: [], b: ["a"], c: ["b", "a"], d: ["c", "x"] })).toEqual([]);
  });

  it("are found however long they are, and also of one", () => {
    expect(circles({ a: ["b"], b: ["a"] })).toEqual(["a", "b"]);
    expect(circles({ a: ["b"], b: ["c"], c: ["a"], d: [] })).toEqual(["a", "b", "c"]);
    expect(circles({ a: ["a"] })).toEqual(["a"]);
  });

  it("do not take in what leads there, or what is reached from there", () => {
    expect(circles({ a: ["b", "old"], b: ["a"], new: ["a"], old: ["older"], older: [] })).toEqual(["a", "b"]);
  });
});
