// The index of a repository in memory says what its sections said, whatever comes and goes. spec/15-repository.md#index
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareBytes } from "../../../src/bytes/compare.js";
import { toHex } from "../../../src/bytes/hex.js";
import { type Kind, kinds } from "../../../src/format/object.js";
import { ArchiveTable } from "../../../src/repository/index/archive-table.js";
import { PackIndex, type PackSection } from "../../../src/repository/index/pack-index.js";
import { refusal } from "../../container/refusal.js";
import { chunksFrom, contentOf, nameOf, placesIn, placeText, type Row, rowLength, rowsOf, sectionOf } from "../pack-index-fixtures.js";

const kindNames = Object.keys(kinds) as Kind[];
const sourceA = nameOf("index a");
const sourceB = nameOf("index b");

function indexOf(...sections: readonly PackSection[]): PackIndex {
  const index = new PackIndex();
  for (const section of sections) expect(index.add(section)).toBe("added");
  return index;
}

const rowMade = fc.record({
  kind: fc.constantFrom(...kindNames),
  // few, so that archives share objects
  number: fc.nat(12),
  frame: fc.integer({ min: 1, max: 2 ** 48 - 1 }),
  ordinal: fc.nat(65_535),
});
const packNames = ["a", "b", "c", "d"] as const;
const stepMade = fc.oneof(
  fc.record({
    do: fc.constant("add" as const),
    pack: fc.constantFrom(...packNames),
    rows: fc.uniqueArray(rowMade, { maxLength: 20, selector: ({ kind, number }) => `${kind} ${number}` }),
  }),
  fc.record({ do: fc.constant("remove" as const), pack: fc.constantFrom(...packNames) }),
  fc.record({ do: fc.constant("find" as const), kind: fc.constantFrom(...kindNames), number: fc.nat(12) }),
);

describe("the index of a repository", () => {
  it("behaves as a map of places by kind, id and archive", () => {
    fc.assert(
      fc.property(fc.array(stepMade, { maxLength: 40 }), (steps) => {
        const index = new PackIndex();
        const model = new Map<string, Row & { readonly pack: string }>();
        const modelPlaces = (kind: Kind, id: Uint8Array) =>
          [...model.values()]
            .filter((row) => row.kind === kind && compareBytes(row.id, id) === 0)
            .map(({ pack, frame, ordinal }) => placeText(nameOf(pack), frame, ordinal))
            .toSorted();
        for (const step of steps) {
          if (step.do === "add") {
            const rows = step.rows.map(({ kind, number, frame, ordinal }) => ({ kind, id: nameOf(`object ${number}`), frame, ordinal }));
            index.add(sectionOf(step.pack, rows));
            for (const row of rows) {
              const key = `${step.pack} ${row.kind} ${toHex(row.id)}`;
              if (!model.has(key)) model.set(key, { ...row, pack: step.pack });
            }
          } else if (step.do === "remove") {
            index.remove(nameOf(step.pack));
            for (const [key, { pack }] of model) if (pack === step.pack) model.delete(key);
          } else expect(placesIn(index, step.kind, nameOf(`object ${step.number}`))).toEqual(modelPlaces(step.kind, nameOf(`object ${step.number}`)));
          expect(index.size).toBe(model.size);
        }
        for (const kind of kindNames) {
          for (let number = 0; number <= 12; number++) {
            const id = nameOf(`object ${number}`);
            const places = modelPlaces(kind, id);
            expect(placesIn(index, kind, id)).toEqual(places);
            expect(index.has(kind, id)).toBe(places.length > 0);
            const found = index.find(kind, id);
            if (found === undefined) expect(places).toEqual([]);
            else expect(places).toContain(placeText(index.archive(found.archive).name, found.frame, found.ordinal));
          }
        }
        expect(contentOf(index).length).toBe(model.size);
      }),
    );
  });

  it("finds each of 200,000 objects of 400 packs, and none that is not there", () => {
    const index = new PackIndex();
    const perPack = 500;
    for (let pack = 0; pack < 400; pack++) index.add(sectionOf(`pack ${pack}`, chunksFrom(pack * perPack, perPack)));
    expect(index.size).toBe(200_000);
    const wrong: number[] = [];
    for (let i = 0; i < 200_000; i++) {
      const place = index.find("chunk", nameOf(`chunk ${i}`));
      const pack = nameOf(`pack ${Math.floor(i / perPack)}`);
      if (place === undefined || place.ordinal !== i % perPack || compareBytes(index.archive(place.archive).name, pack) !== 0) wrong.push(i);
    }
    for (let i = 200_000; i < 210_000; i++) if (index.has("chunk", nameOf(`chunk ${i}`))) wrong.push(i);
    expect(wrong).toEqual([]);
  });

  it("gives the rows of an archive back as they were, in sections of 16,384", () => {
    const large = sectionOf("large", chunksFrom(0, 20_000));
    const index = indexOf(large, sectionOf("small", chunksFrom(19_990, 20)));
    const sections = [...index.rowsOf(large.archive.name)];
    expect(sections.map(({ length }) => length / rowLength)).toEqual([16_384, 3616]);
    expect(Buffer.concat(sections).equals(large.rows)).toBe(true);
  });

  it("gives the sections of chosen archives, each once, in the order of their names given", () => {
    const sections = ["a", "b", "c"].map((pack, i) => sectionOf(pack, chunksFrom(2 * i, 4)));
    const index = indexOf(...sections);
    const [a, b, c] = sections as [PackSection, PackSection, PackSection];
    const given = [c.archive.name, nameOf("unknown"), a.archive.name, c.archive.name];
    expect([...index.sections(given)]).toEqual([c, a]);
    expect(index.archives()).toEqual([a.archive, b.archive, c.archive]);
  });

  it("refuses to go on with rows that changed while they were read", () => {
    const index = indexOf(sectionOf("a", chunksFrom(0, 20_000)));
    const rows = index.rowsOf(nameOf("a"));
    rows.next();
    index.add(sectionOf("b", chunksFrom(0, 1)));
    expect(() => rows.next()).toThrow(TypeError);
  });

  it("takes the sections of one archive one after the other, in any order and twice", () => {
    const rows = chunksFrom(0, 90).toSorted((a, b) => compareBytes(a.id, b.id));
    const part = (from: number, to: number) => sectionOf("a", rows.slice(from, to));
    const index = indexOf(part(30, 50), part(50, 52), part(51, 60), part(55, 90), part(0, 30), part(0, 90));
    expect(index.size).toBe(90);
    expect(Buffer.concat([...index.rowsOf(nameOf("a"))]).equals(rowsOf(rows))).toBe(true);
  });

  it("takes an object again that another archive has already", () => {
    const [x, y] = chunksFrom(0, 2) as [Row, Row];
    const index = indexOf(sectionOf("a", [x]), sectionOf("b", [x, y]), sectionOf("a", [x, y]), sectionOf("b", [x, y]));
    expect([index.size, index.places("chunk", x.id).length, index.places("chunk", y.id).length]).toEqual([4, 2, 2]);
  });

  it("keeps the first place that is said of an object in one archive", () => {
    const row = { kind: "page", id: nameOf("x"), frame: 3, ordinal: 4 } as const;
    const index = indexOf(sectionOf("a", [row]), sectionOf("a", [{ ...row, frame: 9 }]));
    expect(index.find("page", row.id)).toMatchObject({ frame: 3, ordinal: 4 });
    expect(index.size).toBe(1);
  });

  it("keeps apart kinds of one id", () => {
    const id = nameOf("x");
    const index = indexOf(
      sectionOf(
        "a",
        kindNames.filter((kind) => kind !== "page").map((kind, ordinal) => ({ kind, id, frame: 1, ordinal })),
      ),
    );
    expect(kindNames.filter((kind) => index.has(kind, id))).toEqual(kindNames.filter((kind) => kind !== "page"));
    expect(index.find("list", id)?.ordinal).toBe(1);
  });

  it("tells apart ids that differ in one byte", () => {
    const id = nameOf("x");
    const index = indexOf(sectionOf("a", [{ kind: "chunk", id, frame: 1, ordinal: 0 }]));
    const others = Array.from(id, (byte, i) => id.with(i, byte ^ 1));
    expect(others.filter((other) => index.has("chunk", other))).toEqual([]);
  });

  it("does not slow down for ids that all begin alike", () => {
    const alike = (i: number) => {
      const id = new Uint8Array(32).fill(0xab);
      new DataView(id.buffer).setUint32(28, i);
      return id;
    };
    const rows = Array.from({ length: 60_000 }, (_, i) => ({ kind: "chunk" as const, id: alike(i), frame: 1 + i, ordinal: 0 }));
    const index = indexOf(sectionOf("a", rows));
    // 60,000 looks at 60,000 rows each would take a minute
    for (let i = 0; i < 60_000; i++) if (index.find("chunk", alike(i))?.frame !== 1 + i) throw new Error(`${i} is not found`);
    expect(index.has("chunk", alike(60_000))).toBe(false);
  });

  it("reads rows that begin at an odd address, and keeps none of the memory given", () => {
    const { archive, rows } = sectionOf("a", chunksFrom(0, 3));
    const odd = new Uint8Array(rows.length + 1).subarray(1);
    odd.set(rows);
    const index = indexOf({ archive, rows: odd });
    odd.fill(0);
    expect(Buffer.concat([...index.rowsOf(archive.name)]).equals(rows)).toBe(true);
  });

  it("refuses places that its rows have no room for", async () => {
    const row = { kind: "chunk", id: nameOf("x"), frame: 1, ordinal: 0 } as const;
    const added = (change: Partial<Row>) => refusal(() => indexOf(sectionOf("a", [{ ...row, ...change }])));
    const most = "at most 281474976710655 and 65535 are kept";
    expect(await added({ frame: 2 ** 48 })).toBe(`PTAR_LIMIT_EXCEEDED: index: a row of frame 281474976710656, ordinal 0; ${most}`);
    expect(await added({ ordinal: 65_536 })).toBe(`PTAR_LIMIT_EXCEEDED: index: a row of frame 1, ordinal 65536; ${most}`);
  });

  it("refuses more archives than rows can number", async () => {
    const table = new ArchiveTable({ maxArchives: 2 });
    const index = new PackIndex(table);
    const add = (pack: string) => refusal(() => index.add(sectionOf(pack, chunksFrom(0, 1))));
    expect([await add("a"), await add("b"), await add("c")]).toEqual([
      "nothing was refused",
      "nothing was refused",
      "PTAR_LIMIT_EXCEEDED: index: more than 2 archives",
    ]);
    index.remove(nameOf("a"));
    expect(await add("c")).toBe("nothing was refused");
    expect(placesIn(index, "chunk", nameOf("chunk 0"))).toEqual([placeText(nameOf("b"), 1, 0), placeText(nameOf("c"), 1, 0)].toSorted());
  });

  it.each([
    ["length", { length: 1 }],
    ["fingerprint", { fingerprint: nameOf("another") }],
    ["place", { place: "adopted" }],
  ] as const)("adds nothing of an archive with another %s", (_name, change) => {
    const { archive, rows } = sectionOf("a", chunksFrom(0, 2));
    const index = indexOf({ archive, rows });
    expect(index.add({ archive: { ...archive, ...change }, rows: rowsOf(chunksFrom(5, 1)) })).toBe("contradicts");
    expect(index.size).toBe(2);
    expect(index.archives()).toEqual([archive]);
  });
});

describe("archives that come and go", () => {
  it("are gone at once, and their numbers are no longer answered", () => {
    const index = indexOf(sectionOf("a", chunksFrom(0, 100)), sectionOf("b", chunksFrom(50, 100)));
    const place = index.find("chunk", nameOf("chunk 0"));
    index.remove(nameOf("a"));
    index.remove(nameOf("never there"));
    expect(index.size).toBe(100);
    expect(index.has("chunk", nameOf("chunk 0"))).toBe(false);
    expect(placesIn(index, "chunk", nameOf("chunk 60"))).toEqual([placeText(nameOf("b"), 1, 10)]);
    expect(() => index.archive(place?.archive ?? -1)).toThrow(TypeError);
    expect([...index.rowsOf(nameOf("a"))]).toEqual([]);
  });

  it("do not come back with the rows of another archive that takes their number", () => {
    const index = new PackIndex();
    for (let round = 0; round < 40; round++) {
      index.add(sectionOf(`pack ${round}`, chunksFrom(10 * round, 10)));
      index.add(sectionOf("stays", chunksFrom(100_000, 200)));
      if (round > 0) index.remove(nameOf(`pack ${round - 1}`));
      expect(index.has("chunk", nameOf(`chunk ${10 * round - 5}`))).toBe(false);
    }
    expect(index.size).toBe(210);
  });

  it("stay as long as one index archive names them", () => {
    const index = new PackIndex();
    for (const source of [sourceA, sourceB]) index.add(sectionOf("shared", chunksFrom(0, 5)), source);
    index.add(sectionOf("only a", chunksFrom(5, 5)), sourceA);
    index.note({ name: sourceA, supersedes: [] });
    index.note({ name: sourceB, supersedes: [] });
    index.forget(sourceA);
    expect(index.archives().map(({ name }) => toHex(name))).toEqual([toHex(nameOf("shared"))]);
    expect(index.sources()).toEqual([{ name: sourceB, supersedes: [] }]);
    index.forget(sourceB);
    expect(index.size).toBe(0);
  });

  it("stay without any index archive when they are of this run", () => {
    const index = indexOf(sectionOf("own", chunksFrom(0, 5)));
    index.note({ name: sourceA, supersedes: [] }, [nameOf("own"), nameOf("unknown")]);
    index.forget(sourceA);
    expect(index.size).toBe(5);
  });

  it("are named by an index archive that was published of them", () => {
    const index = new PackIndex();
    index.add(sectionOf("a", chunksFrom(0, 5)), sourceA);
    index.note({ name: sourceA, supersedes: [] });
    index.note({ name: sourceB, supersedes: [sourceA] }, [nameOf("a")]);
    index.forget(sourceA);
    expect(index.size).toBe(5);
  });

  it.each(["first", "last"] as const)("go when only a superseded index archive names them, read %s", (when) => {
    const index = new PackIndex();
    const readOld = () => {
      index.add(sectionOf("old", chunksFrom(0, 5)), sourceA);
      index.note({ name: sourceA, supersedes: [] });
    };
    if (when === "first") readOld();
    index.add(sectionOf("new", chunksFrom(5, 5)), sourceB);
    index.note({ name: sourceB, supersedes: [sourceA] });
    if (when === "last") readOld();
    expect(index.archives().map(({ name }) => toHex(name))).toEqual([toHex(nameOf("new"))]);
    expect(index.sources().length).toBe(2);
  });

  it("are to be read again when what superseded their index archive is gone", () => {
    const index = new PackIndex();
    index.note({ name: sourceA, supersedes: [] });
    index.note({ name: sourceB, supersedes: [sourceA] });
    index.forget(sourceB);
    expect(index.sources()).toEqual([]);
  });

  it("are not to be read again while something else supersedes their index archive", () => {
    const index = new PackIndex();
    const old = { name: nameOf("index old"), supersedes: [] };
    index.note(old);
    for (const name of [sourceA, sourceB]) index.note({ name, supersedes: [old.name] });
    index.forget(sourceA);
    expect(index.sources()).toEqual([old, { name: sourceB, supersedes: [old.name] }]);
  });

  it("count again when what superseded their index archive is gone, however often that was noted", () => {
    const index = new PackIndex();
    for (let time = 0; time < 2; time++) index.note({ name: sourceB, supersedes: [sourceA] });
    index.forget(sourceB);
    index.add(sectionOf("a", chunksFrom(0, 5)), sourceA);
    index.note({ name: sourceA, supersedes: [] });
    expect(index.size).toBe(5);
  });

  it("are counted as changes", () => {
    const index = indexOf(sectionOf("a", chunksFrom(0, 5)), sectionOf("b", chunksFrom(0, 7)));
    index.remove(nameOf("a"));
    expect(index.changed).toBe(17);
    index.markUnchanged();
    index.add(sectionOf("b", chunksFrom(0, 7)));
    expect(index.changed).toBe(0);
  });
});
