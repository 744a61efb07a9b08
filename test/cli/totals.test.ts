// Sizes summed up before long work.
import { expect, it } from "vitest";
import { sizeOfSource, withTotal } from "../../src/cli/totals.js";
import { MemorySource } from "../../src/connectors/memory/source.js";
import { stdinSource } from "../../src/connectors/node/source/stdin-source.js";

const { signal } = new AbortController();
const ignore = () => undefined;

it("counts hard links once", async () => {
  const link = { type: "file", content: "12345", group: "g" } as const;
  expect(await sizeOfSource(new MemorySource({ a: "123", b: link, c: link }), ignore, signal)).toBe(8);
});

it("of a stream are not known, and no percent is shown", async () => {
  const total = await sizeOfSource(stdinSource("x"), ignore, signal);
  expect(total).toBeUndefined();
  expect(withTotal(ignore, total)).toBe(ignore);
});
