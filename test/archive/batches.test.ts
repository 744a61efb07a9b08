// How the events of a walk become batches: by sizes and order alone. spec/03-block.md#cutting-blocks
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchCapacity } from "../../src/archive/batch-reader.js";
import { batchBytes, batchEvents, collectBatches, type EventBatch, segmentBytes } from "../../src/archive/batches.js";
import type { Piece } from "../../src/archive/lanes.js";
import { profiles } from "../../src/chunking/gear.js";
import type { Content, SourceEvent } from "../../src/tree/source.js";

const mebi = 1 << 20;
const name = Uint8Array.of(120);

/** A file; without a size a stream of unknown length. */
function fileOf(size: number | undefined, more: { readonly kind?: Content["kind"]; readonly group?: string } = {}): SourceEvent {
  const { kind = size === undefined ? "stream" : "path", group } = more;
  const content: Content =
    kind === "stream" || size === undefined
      ? { kind: "stream", size, open: () => expect.unreachable() }
      : { kind: "path", path: name, size, ctime: "0", mtime: "0" };
  return { kind: "entry", name, item: { type: "file" }, content, ...(group === undefined ? {} : { group }) };
}

async function batchesOf(events: readonly SourceEvent[]): Promise<readonly EventBatch[]> {
  const batches: EventBatch[] = [];
  for await (const batch of collectBatches([events])) batches.push(batch);
  return batches;
}

/** Bytes that each piece of a batch is expected to have, after the pieces of its file before it. */
function lengthsOf(batches: readonly EventBatch[]): readonly (readonly number[])[] {
  const read = new Map<number, number>();
  return batches.map(({ pieces }) =>
    pieces.map(({ file, content, limit }) => {
      const before = read.get(file) ?? 0;
      const length = Math.min((content.size ?? segmentBytes) - before, limit);
      read.set(file, before + length);
      return length;
    }),
  );
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
const sizes = (batches: readonly EventBatch[]) => lengthsOf(batches).map(sum);

const edges = [0, 1, segmentBytes - 1, segmentBytes, segmentBytes + 1, 2 * segmentBytes, 3 * segmentBytes + 1];
const size = fc.oneof(fc.constantFrom(...edges), fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 0, max: 3 * batchBytes }));
const event: fc.Arbitrary<SourceEvent> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(size, fc.constantFrom<Content["kind"]>("path", "path", "path", "stream")).map(([length, kind]) => fileOf(length, { kind })),
  },
  { weight: 1, arbitrary: fc.constant(fileOf(undefined)) },
  { weight: 2, arbitrary: fc.constantFrom("1", "2").map((group) => fileOf(5 * mebi, { group })) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<SourceEvent>(
      { kind: "leave" },
      { kind: "excluded", path: name },
      { kind: "enter", name, item: { type: "directory" } },
    ),
  },
);
const walk = fc.array(event, { maxLength: 60 });
const run = { seed: 1, numRuns: 150 };

describe("batches", () => {
  it("hold every event in order, numbered from 0, none of them empty", async () => {
    await fc.assert(
      fc.asyncProperty(walk, async (events) => {
        const batches = await batchesOf(events);
        expect(batches.flatMap((batch) => batch.events.map((planned) => planned.event))).toEqual(events);
        expect(batches.map(({ number }) => number)).toEqual(batches.map((_, i) => i));
        for (const { events: some, pieces } of batches) expect(some.length + pieces.length).toBeGreaterThan(0);
      }),
      run,
    );
  });

  it("hold every file whole, its pieces in order, and its event not before the last of them", async () => {
    await fc.assert(
      fc.asyncProperty(walk, async (events) => {
        const batches = await batchesOf(events);
        const pieces = new Map<number, { readonly piece: Piece; readonly batch: number }[]>();
        for (const { number, pieces: some } of batches)
          for (const piece of some) pieces.set(piece.file, [...(pieces.get(piece.file) ?? []), { piece, batch: number }]);
        const groups = new Set<string>();
        let files = 0;
        for (const { number, events: some } of batches) {
          for (const { event: taken, file } of some) {
            const content = taken.kind === "entry" ? taken.content : undefined;
            const group = taken.kind === "entry" ? taken.group : undefined;
            // of several names of one file the first is read
            const isRead = content !== undefined && !(group !== undefined && groups.has(group));
            if (group !== undefined) groups.add(group);
            expect(file).toBe(isRead ? files++ : undefined);
            if (content === undefined || file === undefined) continue;
            const own = pieces.get(file) ?? [];
            const { size: length = 0 } = content;
            expect(own).toHaveLength(Math.max(1, Math.ceil(length / segmentBytes)));
            expect(own.map(({ piece }) => piece.part)).toEqual(own.map((_, i) => (i === 0 ? "first" : "next")));
            // the last reads one byte more, to see the end
            expect(own.map(({ piece }) => piece.limit)).toEqual(own.map((_, i) => segmentBytes + (i === own.length - 1 ? 1 : 0)));
            for (const { piece } of own) expect(piece.content).toBe(content);
            expect(own.at(-1)?.batch).toBe(number);
          }
        }
        expect(pieces.size).toBe(files);
      }),
      run,
    );
  });

  it("have 4 MiB of contents at most, and fit into the buffer of a lane", async () => {
    expect(batchBytes).toBe(4 * mebi);
    await fc.assert(
      fc.asyncProperty(walk, async (events) => {
        for (const lengths of lengthsOf(await batchesOf(events))) {
          expect(sum(lengths)).toBeLessThanOrEqual(batchBytes);
          // each may turn out to be a byte longer, behind a chunk that was open
          expect(sum(lengths) + lengths.length + profiles.default.max).toBeLessThanOrEqual(batchCapacity(profiles.default));
        }
      }),
      run,
    );
  });

  it("have files or streams, which threads cannot open", async () => {
    await fc.assert(
      fc.asyncProperty(walk, async (events) => {
        for (const { pieces } of await batchesOf(events)) expect(new Set(pieces.map(({ content }) => content.kind)).size).toBeLessThanOrEqual(1);
      }),
      run,
    );
  });

  it("are no more than there must be: what fits into the one before is in it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          size.map((length) => fileOf(length)),
          { maxLength: 40 },
        ),
        async (events) => {
          const lengths = lengthsOf(await batchesOf(events));
          for (const [i, some] of lengths.entries()) {
            if (i > 0) expect(sum(lengths[i - 1] ?? []) + (some[0] ?? 0)).toBeGreaterThan(batchBytes);
          }
        },
      ),
      run,
    );
  });

  it.each<[readonly (number | undefined)[], readonly number[]]>([
    [[], []],
    [[0], [0]],
    [[4 * mebi], [4 * mebi]],
    [[4 * mebi + 1], [4 * mebi, 1]],
    [
      [9 * mebi, mebi],
      [4 * mebi, 4 * mebi, 2 * mebi],
    ],
    [
      [mebi, 4 * mebi, mebi],
      [mebi, 4 * mebi, mebi],
    ],
    [
      [2 * mebi, 2 * mebi, 1],
      [4 * mebi, 1],
    ],
    [
      [0, undefined, 0, undefined],
      [0, 4 * mebi, 0, 4 * mebi],
    ],
  ])("of files of %j bytes have %j", async (lengths, expected) => {
    expect(sizes(await batchesOf(lengths.map((length) => fileOf(length))))).toEqual(expected);
  });

  it("have 4,096 events at most", async () => {
    expect(batchEvents).toBe(4096);
    const events = Array.from({ length: 2 * batchEvents + 5 }, () => fileOf(0));
    expect((await batchesOf(events)).map((batch) => [batch.events.length, batch.pieces.length])).toEqual([
      [4096, 4096],
      [4096, 4096],
      [5, 5],
    ]);
  });

  describe("of what is the same as before", () => {
    const same = { ...fileOf(10), same: { bytes: name, itemEnd: 1 } } as SourceEvent;
    const counts = async (runs: readonly (readonly SourceEvent[])[]) => {
      const batches: EventBatch[] = [];
      for await (const batch of collectBatches(runs)) batches.push(batch);
      return batches.map(({ events, pieces }) => [events.length, pieces.length]);
    };

    it("hold no contents, and at most as many events", async () => {
      expect(await counts([Array.from({ length: batchEvents + 5 }, () => same)])).toEqual([
        [4096, 0],
        [5, 0],
      ]);
    });

    it("end with their run unless contents are waited for", async () => {
      expect(
        await counts([
          [same, same],
          [same, fileOf(1), same],
          [same, same],
        ]),
      ).toEqual([
        [2, 0],
        [5, 1],
      ]);
    });
  });
});
