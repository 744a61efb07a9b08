// How far imports and exports are, for people. spec/16-transfer.md
import { describe, expect, it } from "vitest";
import type { Progress } from "../../../src/archive/progress.js";
import { importArchives } from "../../../src/repository/transfer/import.js";
import { archiveOf, noise } from "../../archive/engines.js";
import { backedUp, exported, newRepository, pack } from "../repositories.js";
import { adopted, opened } from "./adopting.js";

const tree = { a: noise(2_500_000), b: noise(1_000_000, 2), c: "text", d: { type: "directory", children: { e: noise(70_000, 3) } } } as const;

/** What was told of one phase. */
function told() {
  const events: Progress[] = [];
  return {
    onProgress: (progress: Progress) => void events.push(progress),
    of: (phase: Progress["phase"]) => events.filter((one) => one.phase === phase),
  };
}

/** Done grows, all of it is known beforehand, and the end is the total. */
function expectWhole(events: readonly Progress[], bytes: { readonly least: number }) {
  expect(events.length).toBeGreaterThan(1);
  for (const [i, { bytes: done, totalBytes }] of events.entries()) {
    expect(done).toBeGreaterThanOrEqual(events[i - 1]?.bytes ?? 0);
    expect(totalBytes).toBeGreaterThanOrEqual(done);
  }
  const [first, last] = [events[0] as Progress, events.at(-1) as Progress];
  expect(last.bytes).toBe(last.totalBytes);
  expect(last.bytes).toBeGreaterThan(bytes.least);
  // a total that only followed what is done would tell nothing
  expect(first.totalBytes).toBeGreaterThan(0.9 * last.bytes);
  expect(first.totalBytes).toBeLessThan(1.1 * last.bytes);
}

describe("progress", () => {
  it("of an export tells what is to be copied out of several packs", async () => {
    const repository = await newRepository();
    await backedUp(repository, tree);
    const { onProgress, of } = told();
    await exported(repository, { onProgress });
    expectWhole(of("pack"), { least: 3_500_000 });
    expect(of("scan").map(({ entries }) => entries)).toEqual(of("scan").map((_, i) => i + 1));
    expect(of("scan").length).toBeGreaterThan(5);
  });

  it("of an import tells what is to be copied out of the archive", async () => {
    const { onProgress, of } = told();
    await importArchives(await newRepository(), [await opened(await archiveOf(tree))], { pack, onProgress });
    expectWhole(of("pack"), { least: 3_500_000 });
    expect(of("scan").length).toBeGreaterThan(5);
  });

  it("of an adoption tells the bytes of the archive", async () => {
    const { onProgress, of } = told();
    const bytes = await archiveOf(tree);
    await adopted(await newRepository(), bytes, { onProgress });
    expect(of("pack").map(({ totalBytes }) => totalBytes)).toEqual(of("pack").map(() => bytes.length));
    expectWhole(of("pack"), { least: bytes.length - 1 });
  });
});
