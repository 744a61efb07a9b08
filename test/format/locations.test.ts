// Catalogues and locations: which object is in which archive of a repository. spec/15-repository.md#index
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalBytes, type JsonValue } from "../../src/bytes/canonical-json.js";
import { concatBytes } from "../../src/bytes/compare.js";
import { decodeCatalogue, encodeCatalogue } from "../../src/format/catalogue.js";
import type { Catalogue } from "../../src/format/generated/types.js";
import { encodeIndexPage, type IndexRow } from "../../src/format/index-page.js";
import { limits } from "../../src/format/limits.js";
import { decodeLocations, encodeLocations, type LocatedArchive, type LocationsSection } from "../../src/format/locations.js";
import { type Kind, kinds } from "../../src/format/object.js";
import { refusal } from "../container/refusal.js";
import { samples } from "./samples.js";

const ok = "nothing was refused";
const hex = (byte: string) => byte.repeat(32);
const hash = (fill: number) => new Uint8Array(32).fill(fill);

describe("a catalogue", () => {
  const catalogue = samples.find(([name]) => name === "catalogue")?.[2] as Catalogue;
  const decode = (change: Partial<Catalogue>, features: "plain" | "sealed" = "sealed") =>
    refusal(() => decodeCatalogue(canonicalBytes({ ...catalogue, ...change } as JsonValue), features));
  const secretsOf = (...archives: string[]) => ({ secrets: archives.map((archive) => ({ archive, secret: hex("ff") })) });
  const invalid = (problem: string) => `PTAR_CATALOGUE_INVALID: catalogue: ${problem}`;

  it("encodes to what it was decoded from", () => {
    expect(decodeCatalogue(encodeCatalogue(catalogue), "sealed")).toEqual(catalogue);
    expect(() => encodeCatalogue({ ...catalogue, locations: ["ab"] })).toThrow(TypeError);
  });

  it("supersedes index archives in order, each once", async () => {
    expect(await decode({ supersedes: [hex("0a"), hex("a0")] })).toBe(ok);
    for (const supersedes of [
      [hex("a0"), hex("0a")],
      [hex("0a"), hex("0a")],
    ])
      expect(await decode({ supersedes })).toBe(invalid("index archives that it supersedes are not sorted, or one stands there twice"));
  });

  it("has secrets of archives in order, each once", async () => {
    expect(await decode(secretsOf(hex("0a"), hex("a0")))).toBe(ok);
    for (const archives of [
      [hex("a0"), hex("0a")],
      [hex("0a"), hex("0a")],
    ])
      expect(await decode(secretsOf(...archives))).toBe(invalid("secrets are not sorted by archive, or one archive stands there twice"));
  });

  it("has no secrets where everybody could read them", async () => {
    expect(await decode(secretsOf(hex("0a")), "plain")).toBe(invalid("it holds secrets, and the archive is plain"));
    expect(await decode(secretsOf(), "plain")).toBe(ok);
  });

  it("lists locations in any order, each once", async () => {
    expect(await decode({ locations: [hex("0b"), hex("0a")] })).toBe(ok);
    expect(await decode({ locations: [hex("0b"), hex("0a"), hex("0b")] })).toBe(invalid("it lists one object of locations twice"));
  });

  it.each([
    ["locations", { locations: Array.from({ length: 15001 }, (_, i) => i.toString(16).padStart(64, "0")) }],
    ["index archives", { supersedes: Array.from({ length: 15001 }, (_, i) => i.toString(16).padStart(64, "0")) }],
    ["secrets", secretsOf(...Array.from({ length: 7001 }, (_, i) => i.toString(16).padStart(64, "0")))],
  ])("with too many %s is refused", async (_what, change) => {
    expect(await decode(change)).toMatch(/^PTAR_DOCUMENT_INVALID: catalogue: .* must NOT have more than/);
  });
});

/** Rows in bytes, as an index page holds them. */
const rowsOf = (...rows: readonly IndexRow[]) => encodeIndexPage(rows).subarray(16);
const row = (fill: number, kind: Kind = "chunk"): IndexRow => ({ id: hash(fill), kind, frame: 3, ordinal: fill });
const archive = (fill: number, change: Partial<LocatedArchive> = {}): LocatedArchive => ({
  name: hash(fill),
  fingerprint: hash(200),
  length: 5000,
  place: "packs",
  ...change,
});
const section = (fill: number, ...rows: readonly IndexRow[]): LocationsSection => ({ archive: archive(fill), rows: rowsOf(...rows) });

describe("an object of locations", () => {
  const ids = fc.uint8Array({ minLength: 2, maxLength: 2 });
  const kindNames = fc.constantFrom(...(Object.keys(kinds) as Kind[]));
  const rowSets = fc
    .uniqueArray(fc.tuple(ids, kindNames, fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), fc.nat(65535)), {
      minLength: 1,
      maxLength: 20,
      selector: ([id, kind]) => `${id}/${kind}`,
    })
    .map((rows) =>
      rows
        .map(([head, kind, frame, ordinal]): IndexRow => ({ id: Uint8Array.of(...head, ...new Uint8Array(30)), kind, frame, ordinal }))
        .toSorted((a, b) => Buffer.compare(a.id, b.id) || kinds[a.kind] - kinds[b.kind]),
    );
  const archives = fc.uniqueArray(fc.record({ name: fc.nat(255), length: fc.integer({ min: 1 }), place: fc.constantFrom("packs", "adopted") }), {
    minLength: 1,
    maxLength: 5,
    selector: ({ name }) => name,
  });

  it("decodes to what was encoded, and encodes to what was decoded", () => {
    fc.assert(
      fc.property(archives, fc.array(rowSets, { minLength: 5, maxLength: 5 }), (some, rows) => {
        const sections = some
          .toSorted((a, b) => a.name - b.name)
          .map(
            ({ name, length, place }, i): LocationsSection => ({
              archive: archive(name, { length, place }),
              rows: rowsOf(...(rows[i] as readonly IndexRow[])),
            }),
          );
        const bytes = encodeLocations(sections);
        const decoded = decodeLocations(bytes, limits);
        expect(decoded).toEqual(sections);
        expect(encodeLocations(decoded)).toEqual(bytes);
      }),
      { seed: 1 },
    );
  });

  it("may hold as many rows of one archive as there may be, at its own limit of bytes", () => {
    const rows = new Uint8Array(48 * 16384);
    const view = new DataView(rows.buffer);
    for (let i = 0; i < 16384; i++) {
      view.setUint32(48 * i, i);
      view.setUint32(48 * i + 32, 1, true);
      rows[48 * i + 44] = 1;
    }
    const bytes = encodeLocations([{ archive: archive(1), rows }]);
    expect(bytes.length).toBeLessThan(limits.objectBytes);
    expect(Buffer.compare(decodeLocations(bytes, limits)[0]?.rows as Uint8Array, rows)).toBe(0);
    const more = concatBytes(bytes, rowsOf(row(255)));
    new DataView(more.buffer).setUint32(8 + 76, 16385, true);
    expect(() => decodeLocations(more, limits)).toThrow("locations: section 0 of 16385 rows");
  });

  const two = encodeLocations([section(1, row(1), row(2), row(2, "page")), section(2, row(1))]);
  const secondRow = 8 + 80 + 48;
  const secondHead = 8 + 80 + 3 * 48;
  const with32 = (at: number, value: number) => {
    const copy = two.slice();
    new DataView(copy.buffer).setUint32(at, value, true);
    return copy;
  };

  it("is accepted as it is", () => expect(decodeLocations(two, limits)).toHaveLength(2));

  it.each([
    ["no bytes", new Uint8Array(), "0 bytes are too few"],
    ["seven bytes", two.subarray(0, 7), "7 bytes are too few"],
    ["no section", encodeLocations([]), "no section"],
    ["reserved bytes in its head", with32(4, 1), "reserved bytes are not zero"],
    ["a section more than it has", with32(0, 3), "0 bytes for section 2"],
    ["a section less than it has", with32(0, 1), "128 bytes after the last section"],
    ["half a head", two.subarray(0, secondHead + 79), "79 bytes for section 1"],
    ["a byte too few", two.subarray(0, -1), "47 bytes for 1 rows of section 1"],
    ["a byte too many", concatBytes(two, new Uint8Array(1)), "1 bytes after the last section"],
    ["a section of no rows", with32(8 + 76, 0), "section 0 of 0 rows"],
    ["a section of 2^32-1 rows", with32(8 + 76, 0xffffffff), "section 0 of 4294967295 rows"],
    ["an archive of no bytes", with32(8 + 64, 0), "section 0 of an archive of 0 bytes"],
    ["an archive of 2^53 bytes", with32(8 + 68, 1 << 21), "section 0 of an archive of NaN bytes"],
    ["place 0", two.with(8 + 72, 0), "section 0 has an unknown place or reserved"],
    ["place 3", two.with(8 + 72, 3), "section 0 has an unknown place or reserved"],
    ["a reserved byte in a section", two.with(8 + 73, 1), "section 0 has an unknown place or reserved"],
    ["the last reserved byte of a section", two.with(8 + 75, 1), "section 0 has an unknown place or reserved"],
    ["archives out of order", encodeLocations([section(2, row(1)), section(1, row(2))]), "section 1 is not after the one before"],
    ["ids out of order", encodeLocations([section(1, row(2), row(1))]), "row 1 of section 0 is not after the one before"],
    ["kinds out of order", encodeLocations([section(1, row(2, "page"), row(2))]), "row 1 of section 0 is not after the one before"],
    ["a row twice", encodeLocations([section(1, row(2), row(2))]), "row 1 of section 0 is not after the one before"],
    ["frame zero", with32(secondRow + 32, 0), "row 1 of section 0 names no frame"],
    ["frame 2^53", with32(secondRow + 36, 1 << 21), "row 1 of section 0 names no frame"],
    ["ordinal 65536", with32(secondRow + 40, 65536), "row 1 of section 0 names ordinal 65536"],
    ["kind zero", two.with(secondRow + 44, 0), "row 1 of section 0 is of kind 0"],
    ["kind 12", two.with(secondRow + 44, 12), "row 1 of section 0 is of kind 12"],
    ["a reserved byte in a row", two.with(secondRow + 45, 1), "row 1 of section 0 is of kind 1 or has reserved bytes"],
    ["the last reserved byte of a row", two.with(secondRow + 47, 1), "row 1 of section 0 is of kind 1 or has reserved bytes"],
  ])("with %s is refused", async (_what, bytes, problem) => {
    expect(await refusal(() => decodeLocations(bytes, limits))).toContain(`PTAR_CATALOGUE_INVALID: locations: ${problem}`);
  });

  it("holds frames up to 2^53-1 and ordinals up to 65,535", () => {
    const extreme = { ...row(1), frame: Number.MAX_SAFE_INTEGER, ordinal: 65535 };
    expect(decodeLocations(encodeLocations([section(1, extreme)]), limits)[0]?.rows).toEqual(rowsOf(extreme));
  });
});

describe("rows of one archive", () => {
  const first = section(1, row(1), row(2));
  const last = decodeLocations(encodeLocations([first]), limits).at(-1);
  const changed = (change: Partial<LocatedArchive>): LocationsSection => ({ archive: archive(1, change), rows: rowsOf(row(3)) });

  it("may go on in the next section, and in the next object", () => {
    const sections = [first, section(1, row(2, "page")), section(1, row(3))];
    expect(decodeLocations(encodeLocations(sections), limits)).toEqual(sections);
    expect(decodeLocations(encodeLocations(sections.slice(1)), limits, last)).toEqual(sections.slice(1));
    expect(decodeLocations(encodeLocations([section(2, row(1))]), limits, last)).toHaveLength(1);
    expect(decodeLocations(encodeLocations([{ archive: archive(1, { length: 1 }), rows: rowsOf(row(3)) }]), limits)).toHaveLength(1);
    // the next kind of the same id
    expect(decodeLocations(encodeLocations([first, section(1, row(2, "list"))]), limits)).toHaveLength(2);
  });

  it.each([
    ["rows that were there", section(1, row(2)), "does not go on where the one before ends"],
    ["rows before those", section(1, row(1, "page")), "does not go on where the one before ends"],
    ["another length", changed({ length: 5001 }), "says something else of its archive than the one before"],
    ["another fingerprint", changed({ fingerprint: hash(201) }), "says something else of its archive than the one before"],
    ["another place", changed({ place: "adopted" }), "says something else of its archive than the one before"],
    ["an archive before it", section(0, row(3)), "is not after the one before"],
  ])("do not go on with %s", async (_what, next, problem) => {
    expect(await refusal(() => decodeLocations(encodeLocations([first, next]), limits))).toBe(
      `PTAR_CATALOGUE_INVALID: locations: section 1 ${problem}`,
    );
    expect(await refusal(() => decodeLocations(encodeLocations([next]), limits, last))).toBe(
      `PTAR_CATALOGUE_INVALID: locations: section 0 ${problem}`,
    );
  });
});
