// Frame tables, index pages, lists and links: binary rows, counted and in order. spec/02-container.md#frame-table, spec/04-object.md#index
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeFrameTable, decodeFrameTablePage, encodeFrameTable, encodeFrameTablePage, type FrameTable } from "../../src/format/frame-table.js";
import { decodeIndexPage, decodeIndexRoot, encodeIndexPage, encodeIndexRoot, type IndexPageRef, type IndexRow } from "../../src/format/index-page.js";
import { limits } from "../../src/format/limits.js";
import { decodeLinks, encodeLinks } from "../../src/format/links.js";
import { decodeList, encodeList, endsList, type List } from "../../src/format/list.js";
import { type Kind, kinds } from "../../src/format/object.js";
import { refusal } from "../container/refusal.js";

const hash = (fill: number) => new Uint8Array(32).fill(fill);
const hashes = fc.uint8Array({ minLength: 32, maxLength: 32 });
const kindNames = fc.constantFrom(...(Object.keys(kinds) as Kind[]));

/** `bytes` with u32 or u64 fields at offsets. */
function withField(bytes: Uint8Array, at: number, value: number | bigint): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  if (typeof value === "bigint") view.setBigUint64(at, value, true);
  else view.setUint32(at, value, true);
  return copy;
}

/** Rows whose ends strictly increase. */
const frameRows = fc.array(fc.tuple(fc.integer({ min: 1, max: 1e6 }), hashes), { minLength: 1, maxLength: 20 }).map((steps) => {
  let end = 0;
  return steps.map(([step, leaf]) => {
    end += step;
    return { end, leaf };
  });
});

describe("a frame table", () => {
  const pages = fc.array(fc.record({ frame: fc.nat(5), unitCount: fc.integer({ min: 1, max: 9 }), nodes: fc.array(hashes, { maxLength: 3 }) }), {
    maxLength: 3,
  });
  const tables = fc.record({ firstUnit: fc.nat(1000), nodes: fc.array(hashes, { maxLength: 3 }), pages, rows: frameRows });

  it("decodes to what was encoded, and encodes to what was decoded", () => {
    fc.assert(
      fc.property(tables, (parts) => {
        const unitCount = parts.rows.length + parts.pages.reduce((sum, page) => sum + page.unitCount, 0);
        const frame = parts.firstUnit + unitCount + 6;
        const table: FrameTable = { ...parts, unitCount: unitCount + 6, rows: [...parts.rows, ...more(parts.rows.at(-1)?.end ?? 0)] };
        const bytes = encodeFrameTable(table);
        expect(decodeFrameTable(bytes, frame, limits)).toEqual(table);
        expect(encodeFrameTable(decodeFrameTable(bytes, frame, limits))).toEqual(bytes);
      }),
      { seed: 1 },
    );
  });

  /** Six rows, so that the frames of pages are before the table. */
  const more = (end: number) => Array.from({ length: 6 }, (_, i) => ({ end: end + i + 1, leaf: hash(i) }));

  const table: FrameTable = {
    firstUnit: 2,
    unitCount: 4,
    nodes: [hash(1)],
    pages: [{ frame: 4, unitCount: 2, nodes: [hash(2)] }],
    rows: more(10).slice(0, 2),
  };
  const bytes = encodeFrameTable(table);
  const refused = (payload: Uint8Array) => refusal(() => decodeFrameTable(payload, 6, limits));

  it.each([
    ["no bytes", new Uint8Array(), "its 0 bytes are too few"],
    ["half of its head", bytes.subarray(0, 20), "its 20 bytes are too few"],
    ["half of its nodes", bytes.subarray(0, 40), "its 40 bytes are too few"],
    ["half of a page", bytes.subarray(0, 24 + 32 + 10), "its 66 bytes are too few"],
    ["another first unit", withField(bytes, 0, 3n), "covers units 3 to 6, expected up to 5"],
    ["a first unit of 2^53", withField(bytes, 0, 2n ** 53n), "covers units NaN"],
    ["a unit count of 2^64-1", withField(bytes, 8, 2n ** 64n - 1n), "covers units 2 to NaN"],
    ["more pages than bytes", withField(bytes, 16, 0xffffffff), "a page of 0 units"],
    ["more nodes than bytes", withField(bytes, 20, 0xffffffff), "are too few"],
    ["a page of no units", withField(bytes, 24 + 32 + 8, 0), "a page of 0 units"],
    ["a page of 65537 units", withField(bytes, 24 + 32 + 8, 65537), "a page of 65537 units"],
    ["a page in its own frame", withField(bytes, 24 + 32, 6n), "a page in frame 6"],
    ["a page in frame 2^53", withField(bytes, 24 + 32, 2n ** 53n), "a page in frame NaN"],
    ["a page of more units than there are", withField(bytes, 24 + 32 + 8, 9), "80 bytes of rows, expected -5 rows of 40"],
    ["a row less", bytes.subarray(0, -40), "40 bytes of rows, expected 2 rows of 40"],
    ["a byte more", Uint8Array.of(...bytes, 0), "81 bytes of rows, expected 2 rows of 40"],
    ["an end that does not increase", withField(bytes, bytes.length - 40, 11n), "row 1 ends at 11, not after 11"],
    ["an end of 2^53", withField(bytes, bytes.length - 40, 2n ** 53n), "row 1 ends at NaN, not after 11"],
    ["an end of zero", withField(bytes, bytes.length - 80, 0n), "row 0 ends at 0, not after 0"],
  ])("with %s is refused", async (_what, payload, sentence) => {
    expect(await refused(payload)).toContain("PTAR_TABLE_INVALID: frame table (frame 6): ");
    expect(await refused(payload)).toContain(sentence);
  });
});

it("a frame table may refer to pages of as many units as the limit says", () => {
  const pages = [{ frame: 4, unitCount: 3, nodes: [hash(2)] }];
  const table: FrameTable = { firstUnit: 0, unitCount: 5, nodes: [], pages, rows: [4, 5].map((end) => ({ end, leaf: hash(end) })) };
  expect(decodeFrameTable(encodeFrameTable(table), 5, { ...limits, framePageUnits: 3 })).toEqual(table);
});

describe("a page of a frame table", () => {
  it("decodes to what was encoded", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), frameRows, (firstUnit, rows) => {
        const bytes = encodeFrameTablePage(firstUnit, rows);
        expect(decodeFrameTablePage(bytes, 9, { firstUnit, unitCount: rows.length })).toEqual(rows);
      }),
      { seed: 1 },
    );
  });

  const bytes = encodeFrameTablePage(3, [
    { end: 5, leaf: hash(1) },
    { end: 9, leaf: hash(2) },
  ]);

  it.each([
    ["a byte less", bytes.subarray(1), "95 bytes, expected 2 rows"],
    ["a row less", bytes.subarray(40), "56 bytes, expected 2 rows"],
    ["another first unit", withField(bytes, 0, 4n), "covers 2 units from 4, expected 2 from 3"],
    ["another count", withField(bytes, 8, 1), "covers 1 units from 3, expected 2 from 3"],
    ["reserved bytes", withField(bytes, 12, 1), "covers 2 units from 3, expected 2 from 3"],
    ["ends out of order", withField(bytes, 56, 5n), "row 1 ends at 5, not after 5"],
  ])("with %s is refused", async (_what, payload, sentence) => {
    const answer = await refusal(() => decodeFrameTablePage(payload, 9, { firstUnit: 3, unitCount: 2 }));
    expect(answer).toBe(`PTAR_TABLE_INVALID: frame table (frame 9): ${sentence}`);
  });
});

describe("an index page", () => {
  const keys = fc.uniqueArray(fc.tuple(fc.uint8Array({ minLength: 2, maxLength: 2 }), kindNames), {
    minLength: 1,
    maxLength: 30,
    selector: ([id, kind]) => `${id}/${kind}`,
  });
  const row = (fill: number, kind: Kind = "chunk"): IndexRow => ({ id: hash(fill), kind, frame: 3, ordinal: fill });

  it("and its root decode to what was encoded", () => {
    fc.assert(
      fc.property(keys, fc.nat(65535), (chosen, ordinal) => {
        const rows = chosen
          .map(([head, kind]): IndexRow => ({ id: Uint8Array.of(...head, ...new Uint8Array(30)), kind, frame: 7, ordinal }))
          .toSorted((a, b) => Buffer.compare(a.id, b.id) || kinds[a.kind] - kinds[b.kind]);
        expect(decodeIndexPage(encodeIndexPage(rows), 9, { limits, leftOut: "refused" })).toEqual(rows);
        const pages = rows.map(({ id, kind }): IndexPageRef => ({ firstId: id, firstKind: kind, frame: 8, rowCount: 1 + (ordinal % 1024) }));
        expect(decodeIndexRoot(encodeIndexRoot(pages), 9, { limits })).toEqual(pages);
      }),
      { seed: 1 },
    );
  });

  it("may have neighbours that hardly differ", () => {
    const rows = [{ ...row(1), id: hash(1).with(31, 0) }, row(1), row(1, "list")];
    expect(decodeIndexPage(encodeIndexPage(rows), 9, { limits, leftOut: "refused" })).toEqual(rows);
  });

  const bytes = encodeIndexPage([row(1), row(2), row(2, "page")]);
  const second = 16 + 48;

  it.each([
    ["fifteen bytes", bytes.subarray(0, 15), "15 bytes are too few"],
    ["no rows", encodeIndexPage([]), "0 rows"],
    ["1025 rows", withField(bytes, 0, 1025), "1025 rows"],
    ["a reserved byte in its head", bytes.with(4, 1), "reserved bytes are not zero"],
    ["the last reserved byte of its head", bytes.with(15, 1), "reserved bytes are not zero"],
    ["a row more than it has", withField(bytes, 0, 4), "144 bytes for 4 rows of 48"],
    ["bytes after the last row", withField(bytes, 0, 2), "48 bytes after the last row"],
    ["a row twice", encodeIndexPage([row(1), row(1)]), "row 1 is not after the one before"],
    ["kinds out of order", encodeIndexPage([row(2, "page"), row(2)]), "row 1 is not after the one before"],
    ["ids out of order", encodeIndexPage([row(2), row(1)]), "row 1 is not after the one before"],
    ["ids out of order behind the first", encodeIndexPage([row(1), row(3), row(2)]), "row 2 is not after the one before"],
    ["an unknown kind", bytes.with(second + 44, 12), "a row of kind 12 or with reserved bytes that are not zero"],
    ["kind zero", bytes.with(second + 44, 0), "a row of kind 0 or with"],
    ["a reserved byte in a row", bytes.with(second + 45, 1), "a row of kind 1 or with reserved bytes"],
    ["the last reserved byte of a row", bytes.with(second + 47, 1), "a row of kind 1 or with reserved bytes"],
    ["its own frame", withField(bytes, second + 32, 9n), "a row names frame 9, ordinal 2"],
    ["frame zero", withField(bytes, second + 32, 0n), "a row names frame 0, ordinal 2"],
    ["frame 2^53", withField(bytes, second + 32, 2n ** 53n), "a row names frame 9007199254740992, ordinal 2"],
    ["ordinal 65536", withField(bytes, second + 40, 65536), "a row names frame 3, ordinal 65536"],
  ])("with %s is refused", async (_what, payload, sentence) => {
    const answer = await refusal(() => decodeIndexPage(payload, 9, { limits, leftOut: "refused" }));
    expect(answer).toContain(`PTAR_INDEX_INVALID: index (frame 9): ${sentence}`);
  });

  const ref = (fill: number): IndexPageRef => ({ firstId: hash(fill), firstKind: "chunk", frame: 4, rowCount: 5 });
  const root = encodeIndexRoot([ref(1), ref(2)]);

  it.each([
    ["reserved bytes", root.with(4, 1), "reserved bytes are not zero"],
    ["another number of rows", withField(root, 8, 11n), "pages of 10 rows, expected 11"],
    ["2^53 rows", withField(root, 8, 2n ** 53n), "pages of 10 rows, expected NaN"],
    ["an empty page", withField(root, 16 + 40, 0), "a page of 0 rows in frame 4"],
    ["a page of 1025 rows", withField(root, 16 + 40, 1025), "a page of 1025 rows in frame 4"],
    ["a page in the header", withField(root, 16 + 32, 0n), "a page of 5 rows in frame 0"],
    ["a page in its own frame", withField(root, 16 + 32, 9n), "a page of 5 rows in frame 9"],
    ["pages out of order", encodeIndexRoot([ref(2), ref(1)]), "row 1 is not after the one before"],
    ["more pages than bytes", withField(root, 0, 0xffffffff), "96 bytes for 4294967295 rows of 48"],
    ["bytes after the last page", Uint8Array.of(...root, 0), "1 bytes after the last row"],
  ])("whose root has %s is refused", async (_what, payload, sentence) => {
    expect(await refusal(() => decodeIndexRoot(payload, 9, { limits }))).toContain(`PTAR_INDEX_INVALID: index (frame 9): ${sentence}`);
  });

  it("of no rows is a root without pages", () => {
    expect(decodeIndexRoot(encodeIndexRoot([]), 9, { limits })).toEqual([]);
  });
});

describe("a list", () => {
  const rows = fc.array(fc.record({ id: hashes, length: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }) }), { minLength: 1, maxLength: 30 });

  it("decodes to what was encoded, and encodes to what was decoded", () => {
    fc.assert(
      fc.property(fc.nat(16), rows, (level, all) => {
        const bytes = encodeList({ level, rows: all });
        expect(decodeList(bytes, limits)).toEqual({ level, rows: all });
        expect(encodeList(decodeList(bytes, limits))).toEqual(bytes);
      }),
      { seed: 1 },
    );
  });

  const list: List = { level: 1, rows: [{ id: hash(1), length: 5 }] };
  const bytes = encodeList(list);

  it.each([
    ["seven bytes", bytes.subarray(0, 7), "7 bytes are too few"],
    ["level 17", bytes.with(0, 17), "level 17 or reserved bytes that are not zero"],
    ["a reserved byte", bytes.with(3, 1), "level 1 or reserved bytes that are not zero"],
    ["no rows", encodeList({ level: 0, rows: [] }), "0 rows in 0 bytes"],
    ["4097 rows", encodeList({ level: 0, rows: Array.from({ length: 4097 }, () => ({ id: hash(1), length: 1 })) }), "4097 rows in 163880 bytes"],
    ["a byte more", Uint8Array.of(...bytes, 0), "1 rows in 41 bytes"],
    ["a row less than it says", withField(bytes, 4, 2), "2 rows in 40 bytes"],
    ["a row of no bytes", withField(bytes, 40, 0n), "a row of 0 bytes"],
    ["a row of 2^53 bytes", withField(bytes, 40, 2n ** 53n), "a row of NaN bytes"],
  ])("with %s is refused", async (_what, payload, sentence) => {
    expect(await refusal(() => decodeList(payload, limits))).toBe(`PTAR_LIST_INVALID: list: ${sentence}`);
  });

  it("may have as many rows as the limit says", () => {
    expect(decodeList(bytes, { ...limits, listRows: 1 })).toEqual(list);
  });

  it("ends after a row whose id says so, from 512 rows on, and at 4,096", () => {
    const row = (low: number, high: number) => ({ id: Uint8Array.of(low, high, ...new Uint8Array(30).fill(1)), length: 1 });
    expect([endsList(row(0, 0), 511, limits), endsList(row(0, 0), 512, limits)]).toEqual([false, true]);
    expect([endsList(row(0, 4), 512, limits), endsList(row(0, 2), 512, limits), endsList(row(1, 4), 4000, limits)]).toEqual([true, false, false]);
    expect([endsList(row(1, 1), 4095, limits), endsList(row(1, 1), 4096, limits)]).toEqual([false, true]);
  });
});

describe("a link table", () => {
  it("may have as many rows as the limit says", () => {
    const rows = [{ index: 4, first: 1 }];
    expect(decodeLinks(encodeLinks(rows), -1, { ...limits, linksRows: 1 })).toEqual(rows);
  });

  const tables = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.nat()), { minLength: 1, maxLength: 30 }).map((steps) => {
    let index = 0;
    return steps.map(([step, first]) => {
      index += step;
      return { index, first: first % index };
    });
  });

  it("decodes to what was encoded, and encodes to what was decoded", () => {
    fc.assert(
      fc.property(tables, (rows) => {
        expect(decodeLinks(encodeLinks(rows), -1, limits)).toEqual(rows);
        expect(encodeLinks(decodeLinks(encodeLinks(rows), -1, limits))).toEqual(encodeLinks(rows));
      }),
      { seed: 1 },
    );
  });

  const bytes = encodeLinks([
    { index: 4, first: 1 },
    { index: 6, first: 1 },
  ]);

  it.each([
    ["seven bytes", bytes.subarray(0, 7), "7 bytes are too few"],
    ["reserved bytes", bytes.with(4, 1), "reserved bytes are not zero"],
    ["no rows", encodeLinks([]), "0 rows in 0 bytes"],
    ["4097 rows", encodeLinks(Array.from({ length: 4097 }, (_, i) => ({ index: i + 5, first: 0 }))), "4097 rows in 65552 bytes"],
    ["a byte more", Uint8Array.of(...bytes, 0), "2 rows in 33 bytes"],
    ["an item twice", withField(bytes, 8 + 16, 4n), "item 4 is not after item 4"],
    ["an item of a page before", withField(bytes, 8, 3n), "item 3 is not after item 3"],
    ["item 2^53", withField(bytes, 8 + 16, 2n ** 53n), "item NaN is not after item 4"],
    ["a link of itself", withField(bytes, 16, 4n), "item 4 is a link of item 4"],
    ["a link of what comes later", withField(bytes, 16, 5n), "item 4 is a link of item 5"],
    ["a link of item 2^53", withField(bytes, 16, 2n ** 53n), "item 4 is a link of item NaN"],
  ])("with %s is refused", async (_what, payload, sentence) => {
    expect(await refusal(() => decodeLinks(payload, 3, limits))).toBe(`PTAR_LINKS_INVALID: link table: ${sentence}`);
  });
});
