// A container opens only when header, trailers, manifests and frame tables agree. spec/02-container.md, spec/10-verify.md#order
import { describe, expect, it } from "vitest";
import { toHex } from "../../src/bytes/hex.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { Container } from "../../src/container/container.js";
import { scanFrames } from "../../src/container/scan.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import type { FrameRow, FrameTable } from "../../src/format/frame-table.js";
import type { Manifest } from "../../src/format/generated/types.js";
import { encodeHeader } from "../../src/format/header.js";
import { type Limits, limits } from "../../src/format/limits.js";
import { encodeTrailer, type Trailer } from "../../src/format/trailer.js";
import { leafHash } from "../../src/merkle/tree.js";
import { ArchiveBuilder, author, type GenerationPlan, signerOf } from "./build.js";
import { refusal } from "./refusal.js";

const open = (bytes: Uint8Array, lower: Partial<Limits> = {}) => Container.open(new MemoryReader(bytes), portableCrypto, { ...limits, ...lower });
const one = (plan: GenerationPlan = {}) => new ArchiveBuilder().generation(plan).bytes();
const two = (plan: GenerationPlan) => new ArchiveBuilder().generation().generation(plan).bytes();
const other = "ab".repeat(32);

async function scanned(bytes: Uint8Array): Promise<number> {
  let frames = 0;
  for await (const _ of scanFrames(await open(bytes))) frames++;
  return frames;
}

describe("an ordinary archive", () => {
  it("opens, and every frame is found in order and by its number", async () => {
    const container = await open(one());
    expect(container.generations).toHaveLength(1);
    expect(container.newest.statements).toHaveLength(1);
    expect(container.newest.statements[0]?.tree.size).toBe(container.newest.manifest.tree.size + 1);
    const frames = [];
    for await (const frame of scanFrames(container)) frames.push(frame);
    expect(frames.map(({ number }) => number)).toEqual(Array.from({ length: container.lastFrame }, (_, i) => i + 1));
    for (let number = 1; number < container.newest.manifest.tree.size - 1; number++)
      expect((await container.frame(number)).payload).toEqual(frames[number - 1]?.payload);
  });

  it("has no frame beyond its frame table", async () => {
    const container = await open(one());
    expect(await refusal(() => container.frame(container.newest.manifest.frameTable))).toBe(
      "PTAR_INDEX_INVALID: index: names frame 6, which is in no frame table",
    );
  });

  it("opens with several generations, tails and signers", async () => {
    const builder = new ArchiveBuilder().generation({ signers: [author, signerOf(2)] }).tail([signerOf(3)]);
    const bytes = builder
      .tail([author, signerOf(4)])
      .generation({ pageUnits: 3 })
      .tail([author])
      .generation({ signers: [] })
      .bytes();
    const container = await open(bytes);
    expect(container.generations.map(({ tails }) => tails.map(({ sequence, statements }) => [sequence, statements.length]))).toEqual([
      [
        [1, 1],
        [2, 2],
      ],
      [[1, 1]],
      [],
    ]);
    expect(toHex(container.fingerprint)).toBe(toHex(portableCrypto.sha256(new TextEncoder().encode(JSON.stringify(container.newest.manifest)))));
    expect(await scanned(bytes)).toBe(container.lastFrame);
    const tables = container.generations.map(({ manifest }) => manifest.frameTable);
    for (let number = 1; number < container.newest.manifest.frameTable; number++)
      if (!tables.includes(number)) expect((await container.frame(number)).number).toBe(number);
  });
});

describe("header and features", () => {
  it.each([
    ["sealed", true, false],
    ["thin", false, true],
    ["sealed and thin", true, true],
  ])("an archive that is %s is looked at like any other", async (_name, sealed, thin) => {
    const header = encodeHeader({ sealed, thin, archiveId: new Uint8Array(32) }, (bytes) => portableCrypto.sha256(bytes));
    expect(await refusal(() => open(header))).toMatch("PTAR_TRAILER_MISSING: archive: its 64 bytes");
  });

  it("nothing at all and a lone header are cut archives", async () => {
    expect(await refusal(() => open(new Uint8Array()))).toContain("PTAR_HEADER_MAGIC: header: not a PTAR archive, but an empty file");
    expect(await refusal(() => open(one().subarray(0, 64)))).toContain("PTAR_TRAILER_MISSING: archive: its 64 bytes do not end with a trailer");
    expect(await refusal(() => open(one().subarray(0, 40)))).toContain("PTAR_TRAILER_MISSING: archive: 40 bytes, cut inside the header");
  });
});

describe("trailer", () => {
  const wrong: readonly (readonly [string, (trailer: Trailer) => Partial<Trailer>, string])[] = [
    ["with another total length", ({ totalLength }) => ({ totalLength: totalLength - 1 }), "says the archive has"],
    ["that points to itself", ({ totalLength }) => ({ manifestOffset: totalLength - 104 }), "manifest offset"],
    ["whose frame table comes after the manifest", ({ manifestOffset }) => ({ frameTableOffset: manifestOffset }), "frame table offset"],
    ["whose previous trailer is itself", ({ totalLength }) => ({ previousTrailerOffset: totalLength - 104 }), "previous trailer offset"],
    ["whose previous trailer overlaps it", ({ totalLength }) => ({ previousTrailerOffset: totalLength - 105 }), "overlaps it"],
    ["of generation 0", () => ({ generation: 0 }), "generation 0"],
    ["of generation 2 where there is one", () => ({ generation: 2 }), "generation 2, sequence 0 after generation 0, sequence 0"],
    ["of a tail without a generation", () => ({ sequence: 1 }), "generation 1, sequence 1 after generation 0"],
    ["whose frame table is the manifest before it", ({ manifestOffset }) => ({ frameTableOffset: manifestOffset - 1 }), ""],
  ];

  it.each(wrong)("%s is refused", async (_what, change, sentence) => {
    const answer = await refusal(() => open(one({ trailer: (trailer) => ({ ...trailer, ...change(trailer) }) })));
    expect(answer).toMatch(sentence === "" ? /^PTAR_FRAME_LENGTH|^PTAR_FRAME_SYNC/ : /^PTAR_TRAILER_INVALID/);
    expect(answer).toContain(sentence);
  });

  it("that leads to frames of other types is refused", async () => {
    const builder = new ArchiveBuilder().generation();
    const { rows } = builder;
    const at = (frame: number) => rows[frame - 1]?.end as number;
    const manifest = builder.manifest as Manifest;
    const wrongTable = one({ trailer: (trailer) => ({ ...trailer, frameTableOffset: at(1), manifestOffset: at(2) }) });
    expect(await refusal(() => open(wrongTable))).toContain("frame table offset leads to about");
    const wrongManifest = one({ trailer: (trailer) => ({ ...trailer, manifestOffset: at(manifest.tree.size + 1) }) });
    expect(await refusal(() => open(wrongManifest))).toMatch(/PTAR_TRAILER_INVALID.*manifest offset does not lead/);
  });

  it.each<readonly [string, (builder: ArchiveBuilder) => void, string]>([
    ["a note where the manifest must be", (builder) => builder.frame("note", new Uint8Array(3)), "manifest offset leads to note"],
    [
      "a byte before the manifest",
      (builder) => builder.raw(Uint8Array.of(0)).frame("manifest", new Uint8Array(3)),
      "manifest offset does not lead to the frame after the frame table",
    ],
  ])("of a generation with %s is refused", async (_what, after, sentence) => {
    const builder = new ArchiveBuilder();
    const frameTableOffset = builder.offset;
    builder.frame("frameTable", new Uint8Array(24));
    after(builder);
    const manifestOffset = builder.offset - 24 - 3 - 8;
    const rest = { previousTrailerOffset: 0, totalLength: builder.offset + 104, generation: 1, sequence: 0 };
    builder.frame("trailer", encodeTrailer({ frameTableOffset, manifestOffset, ...rest }));
    expect(await refusal(() => open(builder.bytes()))).toBe(`PTAR_TRAILER_INVALID: trailer at offset ${builder.offset - 104}: ${sentence}`);
  });

  it("of a second generation that points into the first is refused", async () => {
    const first = new ArchiveBuilder().generation();
    const offsets = { frameTableOffset: 0, manifestOffset: 0 };
    one({ trailer: (trailer) => Object.assign(offsets, trailer) });
    expect(first.offset).toBeGreaterThan(offsets.manifestOffset);
    const bytes = two({ trailer: (trailer) => ({ ...trailer, frameTableOffset: offsets.frameTableOffset, manifestOffset: offsets.manifestOffset }) });
    expect(await refusal(() => open(bytes))).toContain("PTAR_TRAILER_INVALID: trailer at offset");
    expect(await refusal(() => open(bytes))).toContain("frame table offset points before its generation");
  });

  it("of a tail must lead to the generation that it follows", async () => {
    const tail = (change: Partial<Trailer>) =>
      new ArchiveBuilder()
        .generation()
        .tail([author], undefined, (trailer) => ({ ...trailer, ...change }))
        .bytes();
    expect(await refusal(() => open(tail({})))).toBe("nothing was refused");
    expect(await refusal(() => open(tail({ manifestOffset: 1000 })))).toContain("PTAR_TRAILER_INVALID");
    expect(await refusal(() => open(tail({ frameTableOffset: 64 })))).toContain("not to generation 1");
    expect(await refusal(() => open(tail({ sequence: 2 })))).toContain("generation 1, sequence 2 after generation 1, sequence 0");
    expect(await refusal(() => open(tail({ generation: 2 })))).toContain("generation 2, sequence 1 after generation 1, sequence 0");
  });

  it("that is missing, or followed by anything, is refused without a search", async () => {
    const bytes = one();
    for (const added of [1, 23, 104]) {
      const longer = new Uint8Array(bytes.length + added);
      longer.set(bytes);
      expect(await refusal(() => open(longer))).toContain(`PTAR_TRAILER_MISSING: archive: its ${longer.length} bytes do not end with a trailer`);
    }
    const note = new ArchiveBuilder().generation();
    note.frame("note", new Uint8Array(72));
    expect(await refusal(() => open(note.bytes()))).toContain("PTAR_TRAILER_MISSING: archive: its");
    const inner = new ArchiveBuilder().generation().generation({ trailer: (trailer) => ({ ...trailer, previousTrailerOffset: 2 ** 10 }) });
    expect(await refusal(() => open(inner.bytes()))).toMatch(/^PTAR_TRAILER_MISSING: archive: no trailer ends at offset 1128/);
  });

  it("chains are limited", async () => {
    const builder = new ArchiveBuilder().generation();
    for (let tail = 0; tail < 5; tail++) {
      builder.frame("note", new Uint8Array(1));
      builder.trailer();
    }
    expect(await refusal(() => open(builder.bytes(), { generations: 5 }))).toContain(
      "PTAR_LIMIT_EXCEEDED: archive: more than 5 generations and tails",
    );
    expect((await open(builder.bytes(), { generations: 6 })).newest.tails).toHaveLength(5);
    // before one more is read: the first is no trailer
    const first = builder.rows.findIndex(({ end }, i) => i > 0 && end - (builder.rows[i - 1]?.end ?? 0) === 104);
    const damaged = builder.bytes().with((builder.rows[first - 1]?.end ?? 0) + 4, 0x82);
    expect(await refusal(() => open(damaged, { generations: 6 }))).toMatch(/^PTAR_TRAILER_MISSING/);
    expect(await refusal(() => open(damaged, { generations: 5 }))).toMatch(/^PTAR_LIMIT_EXCEEDED/);
  });
});

describe("manifest", () => {
  const wrong: readonly (readonly [string, (manifest: Manifest) => Partial<Manifest>, string])[] = [
    ["of another archive", () => ({ archiveId: other }), "archive id"],
    ["of another generation", () => ({ generation: 2, index: [{ first: 1, frame: 4, last: 2, rows: 1 }] }), "generation 2, expected 1"],
    ["with another tree size", ({ tree }) => ({ tree: { ...tree, size: tree.size + 1 } }), "tree size"],
    ["with another frame table", ({ frameTable }) => ({ frameTable: frameTable - 1 }), "frame table"],
    ["whose index starts later", ({ index }) => ({ index: index.map((root) => ({ ...root, first: 2 })) }), "index root covers generations from 2"],
    ["whose index ends early", ({ index }) => ({ index: index.map((root) => ({ ...root, last: 2 })) }), "cover generations up to 2"],
    [
      "whose index is behind the table",
      ({ frameTable, index }) => ({ index: index.map((root) => ({ ...root, frame: frameTable })) }),
      "index root in frame",
    ],
  ];

  it.each(wrong)("%s is refused", async (_what, change, sentence) => {
    const answer = await refusal(() => open(one({ manifest: (manifest) => ({ ...manifest, ...change(manifest) }) })));
    expect(answer).toMatch(/^PTAR_MANIFEST_MISMATCH: manifest \((frame|generation) /);
    expect(answer).toContain(sentence);
  });

  it("with another root than its frame table is refused", async () => {
    const bytes = one({ manifest: (manifest) => ({ ...manifest, tree: { ...manifest.tree, root: other } }) });
    expect(await refusal(() => open(bytes))).toMatch(`, the manifest has ${other}`);
    expect(await refusal(() => open(bytes))).toMatch(/^PTAR_TABLE_ROOT/);
  });

  const chains: readonly (readonly [string, (manifest: Manifest) => Partial<Manifest>, string])[] = [
    ["names none", () => ({ prev: null }), "does not name the manifest of generation 1"],
    ["names another manifest", ({ prev }) => ({ prev: prev && { ...prev, manifest: other } }), "does not name the manifest"],
    ["names another root", ({ prev }) => ({ prev: prev && { ...prev, root: other } }), "does not name the manifest"],
    ["names another size", ({ prev }) => ({ prev: prev && { ...prev, size: prev.size + 1 } }), "does not name the manifest"],
  ];

  it.each(chains)("of a second generation that %s is refused", async (_what, change, sentence) => {
    const answer = await refusal(() => open(two({ manifest: (manifest) => ({ ...manifest, ...change(manifest) }) })));
    expect(answer).toContain(`PTAR_GENERATION_CHAIN: generation 2: ${sentence}`);
  });

  it("of a first generation that names an earlier one is refused", async () => {
    const bytes = one({ manifest: (manifest) => ({ ...manifest, prev: { manifest: other, root: other, size: 3 } }) });
    expect(await refusal(() => open(bytes))).toContain("PTAR_GENERATION_CHAIN: generation 1: the first generation names a previous one");
  });

  it("of a second generation keeps the snapshots of the first", async () => {
    const listed = (ids: readonly string[]) => (manifest: Manifest) => ({ ...manifest, snapshots: ids.map((id) => ({ id, statements: [] })) });
    const listing = (ids: readonly string[]) =>
      new ArchiveBuilder()
        .generation({ manifest: listed([other]) })
        .generation({ manifest: listed(ids) })
        .bytes();
    expect(await refusal(() => open(listing([other, "cd".repeat(32)])))).toBe("nothing was refused");
    expect(await refusal(() => open(listing([])))).toContain("PTAR_GENERATION_CHAIN: generation 2: does not list the snapshots of generation 1");
    expect(await refusal(() => open(listing(["cd".repeat(32), other])))).toContain("PTAR_GENERATION_CHAIN");
  });

  it("that stands in a block, or twice, is never taken for the one of the trailer", async () => {
    const donor = new ArchiveBuilder(new Uint8Array(32).fill(9)).generation();
    const fake = donor.bytes().subarray(64);
    const hidden = new ArchiveBuilder().generation({ blocks: [[{ kind: "chunk", bytes: fake }]] });
    const container = await open(hidden.bytes());
    expect(container.newest.manifest.archiveId).toBe("07".repeat(32));
    const twice = one({ frames: [["manifest", new TextEncoder().encode(JSON.stringify(donor.manifest))]] });
    expect(await refusal(() => scanned(twice))).toContain("PTAR_FRAME_ORDER: frame 4 at offset");
  });
});

describe("frame table", () => {
  const changed = (change: (table: FrameTable) => Partial<FrameTable>) => (table: FrameTable) => ({ ...table, ...change(table) });

  it.each<readonly [string, (table: FrameTable) => Partial<FrameTable>, string]>([
    ["that covers too few units", ({ rows }) => ({ unitCount: rows.length - 1 }), "covers units"],
    [
      "that starts late",
      ({ rows }) => ({ firstUnit: 1, unitCount: rows.length - 1, rows: rows.slice(1) }),
      "0 nodes for 1 earlier units|first unit 1, expected 0",
    ],
    ["without a row", ({ rows }) => ({ rows: rows.slice(1) }), "bytes of rows, expected"],
    ["whose ends do not increase", ({ rows }) => ({ rows: rows.with(2, { ...rows[2], end: 100 } as never) }), "row 2 ends at 100, not after"],
    ["whose header ends elsewhere", ({ rows }) => ({ rows: rows.with(0, { ...rows[0], end: 63 } as never) }), "its first row is not the header"],
    [
      "whose header has another leaf",
      ({ rows }) => ({ rows: rows.with(0, { ...rows[0], leaf: new Uint8Array(32) } as never) }),
      "its first row is not the header",
    ],
    [
      "whose last unit ends elsewhere",
      ({ rows }) => ({ rows: rows.with(-1, { ...rows.at(-1), end: 99999 } as never) }),
      "its last row ends at 99999, expected",
    ],
    ["with nodes for no units", () => ({ nodes: [new Uint8Array(32)] }), "1 nodes for 0 earlier units"],
  ])("%s is refused", async (_what, change, sentence) => {
    const answer = await refusal(() => open(one({ table: changed(change) })));
    expect(answer).toContain("PTAR_TABLE_INVALID: frame table (frame ");
    expect(answer).toMatch(new RegExp(sentence));
  });

  it("shows that a frame was exchanged for another one whose check is right", async () => {
    const builder = new ArchiveBuilder().generation();
    const bytes = builder.bytes();
    const start = builder.rows[2]?.end ?? 0;
    const end = builder.rows[3]?.end ?? 0;
    bytes[end - 9] = (bytes[end - 9] ?? 0) ^ 1;
    bytes.set(leafHash(portableCrypto, bytes.subarray(start, end - 8)).subarray(0, 8), end - 8);
    const container = await open(bytes);
    expect(await refusal(() => container.frame(3))).toBe(`PTAR_FRAME_HASH: frame 3 at offset ${start}: not the one in the frame table`);
    expect(await refusal(() => scanned(bytes))).toBe(`PTAR_FRAME_HASH: frame 3 at offset ${start}: not the one in the frame table`);
    expect((await container.frame(2)).number).toBe(2);
  });

  it("whose row has another end than its frame shows it when the frame is read", async () => {
    const bytes = one({ table: changed(({ rows }) => ({ rows: rows.with(3, { ...rows[3], end: (rows[3]?.end ?? 0) - 1 } as never) })) });
    expect(await refusal(async () => (await open(bytes)).frame(3))).toContain("PTAR_FRAME_LENGTH: frame 3 at offset");
    expect(await refusal(() => scanned(bytes))).toContain("PTAR_FRAME_LENGTH: frame 3 at offset");
  });

  it("of a second generation must extend the first", async () => {
    const nodes = (table: FrameTable) => ({ nodes: table.nodes.with(0, new Uint8Array(32)) });
    expect(await refusal(() => open(two({ table: changed(nodes) })))).toContain("its nodes do not give the root of generation 1");
    const fewer = (table: FrameTable) => ({ nodes: table.nodes.slice(1) });
    expect(await refusal(() => open(two({ table: changed(fewer) })))).toMatch(/^PTAR_TABLE_INVALID/);
    const late = ({ firstUnit, unitCount, rows }: FrameTable) => ({ firstUnit: firstUnit + 1, unitCount: unitCount - 1, rows: rows.slice(1) });
    expect(await refusal(() => open(two({ table: changed(late) })))).toMatch(/^PTAR_TABLE_INVALID.*first unit/);
  });

  it("of a second generation fits the frames behind the first manifest, which were read before", async () => {
    const builder = new ArchiveBuilder().generation();
    // the manifest, the statement and the trailer
    for (const number of [builder.next - 3, builder.next - 2, builder.next - 1]) {
      const start = (builder.rows[number - 1] as FrameRow).end;
      const row = (table: FrameTable) => {
        const at = number - table.firstUnit;
        return { rows: table.rows.with(at, { ...(table.rows[at] as FrameRow), end: start + 40 }) };
      };
      const answer = await refusal(() => open(two({ table: changed(row) })));
      expect(answer).toContain(`PTAR_FRAME_LENGTH: frame ${number} at offset ${start}: has another length than the frame table`);
    }
  });

  it("names no frame longer than any frame may be: it is refused before it is read", async () => {
    const lower = { indexRootBytes: 4096, blockBytes: 4096, framePageBytes: 4096, noteBytes: 4096, manifestBytes: 4096, keysBytes: 4096 };
    const most = { ...lower, indexPageBytes: 4096, statementBytes: 4096 };
    const block = (length: number) => one({ blocks: [[{ kind: "chunk", bytes: new Uint8Array(length) }]] });
    expect((await (await open(block(4096 - 20), most)).frame(3)).payload).toHaveLength(4096);
    const reader = new MemoryReader(block(4096 - 19));
    const container = await Container.open(reader, portableCrypto, { ...limits, ...most });
    const lengths: number[] = [];
    const read = reader.read.bind(reader);
    reader.read = (offset, length) => {
      lengths.push(length);
      return read(offset, length);
    };
    expect(await refusal(() => container.frame(3))).toBe("PTAR_FRAME_LENGTH: frame 3 at offset 451: blockData of 4097 bytes, limit 4096");
    expect(lengths).toEqual([24]);
  });
});

describe("frames after the manifest", () => {
  it("are read in order, with their numbers", async () => {
    const builder = new ArchiveBuilder().generation();
    builder.frame("note", new Uint8Array(1), builder.next + 1);
    expect(await refusal(() => open(builder.trailer().bytes()))).toContain("PTAR_FRAME_NUMBER");
    const late = new ArchiveBuilder().generation();
    late.frame("note", new Uint8Array(1));
    late.trailer((trailer) => trailer, late.next + 1);
    expect(await refusal(() => open(late.bytes()))).toMatch(/^PTAR_FRAME_NUMBER: frame 11 at offset \d+: has number 12/);
    const gap = new ArchiveBuilder().generation();
    gap.raw(Uint8Array.of(0));
    gap.tail([author]);
    expect(await refusal(() => open(gap.bytes()))).toContain("PTAR_FRAME_SYNC");
  });

  it("of a tail are named, and its statements are found", async () => {
    const builder = new ArchiveBuilder().generation();
    builder.frame("note", new Uint8Array(1));
    const { tails } = (await open(builder.tail([author]).bytes())).newest;
    expect(tails.map(({ types, statements }) => [types, statements.length])).toEqual([[[0x82, 0x40], 1]]);
  });

  it("are appended to an end that is given away once", async () => {
    const container = await open(one());
    container.takeEnd();
    expect(() => container.takeEnd()).toThrow("a tail was written after this container already");
  });

  it("are limited in number of statements", async () => {
    const signers = Array.from({ length: 65 }, () => author);
    expect(await refusal(() => open(one({ signers, manifest: (manifest) => ({ ...manifest, signers: [] }) })))).toContain(
      "PTAR_LIMIT_EXCEEDED: archive: more than 64 statements in one place",
    );
    const tail = new ArchiveBuilder().generation().tail(signers).bytes();
    expect(await refusal(() => open(tail))).toContain("PTAR_LIMIT_EXCEEDED: archive: more than 64 statements in one place");
    expect((await open(new ArchiveBuilder().generation().tail(signers.slice(1)).bytes())).newest.tails[0]?.statements).toHaveLength(64);
  });
});
