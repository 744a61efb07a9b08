// The local copy of the index gives it back as it was, or nothing. spec/15-repository.md#index
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../../src/bytes/compare.js";
import { toHex } from "../../../src/bytes/hex.js";
import { portableCrypto } from "../../../src/crypto/portable.js";
import { PtarError } from "../../../src/errors/ptar-error.js";
import { nativeCrypto } from "../../../src/native/crypto.js";
import { type IndexCache, isWorthCaching, readIndexCache, writeIndexCache } from "../../../src/repository/cache/index-cache.js";
import { type CacheOwner, partGuard } from "../../../src/repository/cache/parts.js";
import { PackIndex } from "../../../src/repository/index/pack-index.js";
import { chunksFrom, contentOf, nameOf, sectionOf } from "../pack-index-fixtures.js";

const plain: CacheOwner = { id: nameOf("repository"), crypto: nativeCrypto };
const sealed: CacheOwner = { ...plain, secret: nameOf("secret") };
const owners = { plain, sealed };
const forms = ["plain", "sealed"] as const;
const sourceA = nameOf("index a");
const sourceB = nameOf("index b");
const headLength = 104;
/** In the lists of `madeIndex`: behind two index archives, 4 + 36 + 68 bytes, and the number of archives. */
const firstArchive = 112;

/** One file in memory. */
class OneFile implements IndexCache {
  bytes: Uint8Array | undefined;
  closed = 0;

  constructor(bytes?: Uint8Array) {
    this.bytes = bytes;
  }

  async read() {
    const { bytes } = this;
    if (bytes === undefined) return undefined;
    return {
      length: bytes.length,
      read: async (offset: number, length: number) => {
        if (offset + length > bytes.length) throw new PtarError("PTAR_IO_FAILED", "a read past the end");
        // at an odd address, as readers may give them
        const given = new Uint8Array(length + 1).subarray(1);
        given.set(bytes.subarray(offset, offset + length));
        return given;
      },
      close: async () => {
        this.closed += 1;
      },
    };
  }

  async write(_id: Uint8Array, parts: AsyncIterable<Uint8Array>) {
    const copies: Uint8Array[] = [];
    for await (const part of parts) copies.push(part.slice());
    this.bytes = concatBytes(...copies);
  }
}

/** Three packs and an adopted archive of two index archives, of which one supersedes a third. */
function madeIndex(secret?: Uint8Array): PackIndex {
  const index = new PackIndex();
  const adopted = sectionOf("adopted", [{ kind: "page", id: nameOf("page"), frame: 2 ** 40 + 7, ordinal: 65_535 }]);
  index.add(sectionOf("gone", chunksFrom(0, 9)), sourceA);
  for (const pack of ["one", "two"]) index.add(sectionOf(pack, chunksFrom(0, 12)), sourceA);
  index.add(sectionOf("one", chunksFrom(0, 12)), sourceB);
  index.add({ ...adopted, archive: { ...adopted.archive, place: "adopted", ...(secret && { secret }) } }, sourceB);
  index.note({ name: sourceA, supersedes: [] });
  index.note({ name: sourceB, supersedes: [nameOf("old")] });
  // so that numbers have gaps
  index.remove(nameOf("gone"));
  return index;
}

async function written(index: PackIndex, owner: CacheOwner): Promise<Uint8Array> {
  const file = new OneFile();
  await writeIndexCache(file, index, owner);
  return file.bytes as Uint8Array;
}

/** What `bytes` are read as: "ignored" or the number of rows. */
async function readAs(bytes: Uint8Array, owner: CacheOwner): Promise<number | "ignored"> {
  const file = new OneFile(bytes);
  const index = await readIndexCache(file, owner);
  expect(file.closed).toBe(1);
  return index?.size ?? "ignored";
}

describe.each(forms)("a %s copy of the index", (form) => {
  const owner = owners[form];
  const other = owners[form === "plain" ? "sealed" : "plain"];

  it("gives back rows, archives and index archives", async () => {
    const index = madeIndex(form === "sealed" ? nameOf("its secret") : undefined);
    const copy = await readIndexCache(new OneFile(await written(index, owner)), owner);
    if (copy === undefined) throw new Error("ignored");
    expect(contentOf(copy)).toEqual(contentOf(index));
    expect(copy.archives()).toEqual(index.archives());
    expect(copy.sources()).toEqual(index.sources());
    expect([copy.size, copy.changed]).toEqual([25, 0]);
    // what only the first index archive named goes with it
    copy.forget(sourceA);
    expect(copy.archives().map(({ length }) => length)).toEqual([1003, 1007]);
  });

  it("gives back more rows than one part holds", async () => {
    const index = new PackIndex();
    for (let pack = 0; pack < 3; pack++) index.add(sectionOf(`pack ${pack}`, chunksFrom(15_000 * pack, 15_000)), sourceA);
    index.note({ name: sourceA, supersedes: [] });
    const copy = await readIndexCache(new OneFile(await written(index, owner)), owner);
    expect(copy && Buffer.concat([...copy.rowsOf(nameOf("pack 2"))]).equals(Buffer.concat([...index.rowsOf(nameOf("pack 2"))]))).toBe(true);
    expect(copy?.size).toBe(45_000);
  });

  it("of nothing is an empty index", async () => {
    expect(await readAs(await written(new PackIndex(), owner), owner)).toBe(0);
  });

  it("is the same with portable cryptography", async () => {
    const bytes = await written(madeIndex(), owner);
    expect(await readAs(bytes, { ...owner, crypto: portableCrypto })).toBe(25);
    expect(await readAs(await written(madeIndex(), { ...owner, crypto: portableCrypto }), owner)).toBe(25);
  });

  it("leaves out packs that no index archive names, and index archives that were not read to the end", async () => {
    const index = madeIndex();
    index.add(sectionOf("own", chunksFrom(0, 5)));
    index.add(sectionOf("half", chunksFrom(0, 5)), nameOf("index c"));
    const copy = await readIndexCache(new OneFile(await written(index, owner)), owner);
    expect(copy?.archives().map(({ length }) => length)).toEqual([1003, 1003, 1007]);
    expect(copy?.sources()).toEqual(index.sources());
    expect(copy?.size).toBe(25);
  });

  it("is ignored with any byte changed", async () => {
    const bytes = await written(madeIndex(), owner);
    const taken: number[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.with(at, (bytes[at] as number) ^ (1 << (at % 8)));
      if ((await readAs(changed, owner)) !== "ignored") taken.push(at);
    }
    expect(taken).toEqual([]);
  });

  it("is ignored when it is cut or goes on", async () => {
    const bytes = await written(madeIndex(), owner);
    const lengths = [0, 1, headLength - 1, headLength, headLength + 1, bytes.length - 44, bytes.length - 1];
    for (const length of lengths) expect(await readAs(bytes.slice(0, length), owner)).toBe("ignored");
    expect(await readAs(concatBytes(bytes, new Uint8Array(1)), owner)).toBe("ignored");
  });

  it("is ignored by another repository, and where the repository is of the other form", async () => {
    const bytes = await written(madeIndex(), owner);
    expect(await readAs(bytes, { ...owner, id: nameOf("another") })).toBe("ignored");
    expect(await readAs(bytes, other)).toBe("ignored");
  });

  it.each([
    ["version", 16],
    ["form", 20],
    ["repository", 24],
  ])("is ignored with another %s, were it guarded as such", async (_name, at) => {
    const bytes = await written(madeIndex(), owner);
    expect(await readAs(await guardedAgain(bytes, owner, (head) => head.with(at, (head[at] as number) + 1)), owner)).toBe("ignored");
    expect(await readAs(await guardedAgain(bytes, owner, (head) => head), owner)).toBe(25);
  });

  it("binds a part to its number and to the head", async () => {
    const [head, bytes] = [new Uint8Array(headLength), nameOf("bytes")];
    const stored = await partGuard(owner, head).close(1, bytes);
    expect(await partGuard(owner, head).open(1, stored)).toEqual(bytes);
    expect(await partGuard(owner, head).open(2, stored)).toBeUndefined();
    expect(await partGuard(owner, head.with(60, 1)).open(1, stored)).toBeUndefined();
    expect(await partGuard({ ...owner, id: nameOf("another") }, head).open(1, stored)).toBeUndefined();
  });

  it("is ignored when parts have changed places", async () => {
    const index = new PackIndex();
    index.add(sectionOf("pack", chunksFrom(0, 2 * 16_384)), sourceA);
    index.note({ name: sourceA, supersedes: [] });
    const bytes = await written(index, owner);
    const partLength = 44 * 16_384 + 16;
    const [first, second] = [bytes.slice(-2 * partLength, -partLength), bytes.slice(-partLength)];
    expect(await readAs(concatBytes(bytes.slice(0, -2 * partLength), second, first), owner)).toBe("ignored");
  });
});

describe("a copy that is guarded well and nonsense", () => {
  const rowLength = 44;

  it.each([
    ["a row of an archive that is not there", (rows: Uint8Array) => rows.with(rows.length - 1, 1)],
    ["a row of kind 0", (rows: Uint8Array) => rows.with(40, 0)],
    ["a row of frame 0", (rows: Uint8Array) => rows.fill(0, 32, 38)],
    [
      "two rows in the wrong order",
      (rows: Uint8Array) => concatBytes(rows.subarray(rowLength, 2 * rowLength), rows.subarray(0, rowLength), rows.subarray(2 * rowLength)),
    ],
    ["a row twice", (rows: Uint8Array) => concatBytes(rows.subarray(0, rowLength), rows.subarray(0, -rowLength))],
  ])("is ignored for %s", async (_name, change) => {
    const bytes = await written(madeIndex(), plain);
    expect(await readAs(await withParts(bytes, { rows: change }), plain)).toBe("ignored");
    expect(await readAs(await withParts(bytes, {}), plain)).toBe(25);
  });

  it("is ignored when rows of one part are before those of the part before it", async () => {
    const index = new PackIndex();
    index.add(sectionOf("pack", chunksFrom(0, 2 * 16_384)), sourceA);
    index.note({ name: sourceA, supersedes: [] });
    const bytes = await written(index, plain);
    const partLength = 44 * 16_384 + 16;
    const guard = partGuard(plain, bytes.slice(0, headLength));
    const first = (await guard.open(1, bytes.slice(-2 * partLength, -partLength))) as Uint8Array;
    const second = (await guard.open(2, bytes.slice(-partLength))) as Uint8Array;
    const rest = bytes.slice(0, -2 * partLength);
    expect(await readAs(concatBytes(rest, await guard.close(1, second), await guard.close(2, first)), plain)).toBe("ignored");
    expect(await readAs(concatBytes(rest, await guard.close(1, first), await guard.close(2, second)), plain)).toBe(2 * 16_384);
  });

  it.each([
    ["lists that end early", (lists: Uint8Array) => lists.with(0, 3)],
    ["lists that go on", (lists: Uint8Array) => concatBytes(lists, new Uint8Array(1))],
    ["an index archive twice", (lists: Uint8Array) => concatBytes(lists.subarray(0, 40), lists.subarray(4, 36), lists.subarray(72))],
    ["an archive twice", (lists: Uint8Array) => oneMore(lists, (archive) => archive)],
    ["an archive in no place", (lists: Uint8Array) => lists.with(firstArchive + 72, 3)],
    ["an archive of 2^63 bytes", (lists: Uint8Array) => lists.with(firstArchive + 71, 0x80)],
    ["an archive of an index archive that is not there", (lists: Uint8Array) => lists.with(firstArchive + 80, 2)],
    [
      "an archive of no index archive",
      (lists: Uint8Array) => oneMore(lists, (archive) => concatBytes(nameOf("more"), archive.subarray(32, 76), new Uint8Array(4))),
    ],
  ])("is ignored for %s", async (_name, change) => {
    const bytes = await written(madeIndex(), plain);
    expect(await readAs(await withParts(bytes, { lists: change }), plain)).toBe("ignored");
  });
});

describe("keeping copies", () => {
  it("gives nothing where there is none, or none that can be read", async () => {
    expect(await readIndexCache(new OneFile(), plain)).toBeUndefined();
    const failing = new OneFile(await written(madeIndex(), plain));
    const { length } = failing.bytes as Uint8Array;
    const read = async () => {
      throw new PtarError("PTAR_IO_FAILED", "the device reports an error");
    };
    const cache: IndexCache = { read: async () => ({ length, read, close: async () => undefined }), write: async () => undefined };
    expect(await readIndexCache(cache, plain)).toBeUndefined();
  });

  it("writes no secrets into a plain one", async () => {
    await expect(written(madeIndex(nameOf("its secret")), plain)).rejects.toThrow(TypeError);
  });

  it("seals each copy with a key of its own, and shows no id", async () => {
    const [first, second] = [await written(madeIndex(), sealed), await written(madeIndex(), sealed)];
    // one nonce under one key would give the same ciphertext of the same lists
    const ciphertext = (bytes: Uint8Array) => Buffer.from(bytes.subarray(headLength, headLength + 300));
    expect(ciphertext(first).equals(ciphertext(second))).toBe(false);
    for (const name of ["chunk 3", "page", "one", "index a"]) expect(Buffer.from(first).includes(Buffer.from(nameOf(name)))).toBe(false);
    expect(await readAs(first, { ...sealed, secret: nameOf("wrong") })).toBe("ignored");
  });

  it("refuses to write an index that changes meanwhile", async () => {
    const index = new PackIndex();
    index.add(sectionOf("pack", chunksFrom(0, 40_000)), sourceA);
    index.note({ name: sourceA, supersedes: [] });
    const cache: IndexCache = {
      read: async () => undefined,
      async write(_id, parts) {
        for await (const part of parts) if (part.length > 100_000) index.add(sectionOf("new", chunksFrom(0, 1)));
      },
    };
    await expect(writeIndexCache(cache, index, plain)).rejects.toThrow(TypeError);
  });

  it("is worth it when more than a tenth changed", async () => {
    const index = new PackIndex();
    expect(isWorthCaching(index)).toBe(false);
    index.add(sectionOf("a", chunksFrom(0, 100)), sourceA);
    expect(isWorthCaching(index)).toBe(true);
    await written(index, plain);
    expect(isWorthCaching(index)).toBe(false);
    index.add(sectionOf("b", chunksFrom(0, 11)), sourceA);
    expect(isWorthCaching(index)).toBe(false);
    index.add(sectionOf("c", chunksFrom(0, 1)), sourceA);
    expect(isWorthCaching(index)).toBe(true);
  });

  it("is worth it when so many index archives came or went that reading them takes longer", async () => {
    const index = new PackIndex();
    index.add(sectionOf("a", chunksFrom(0, 30_000)), sourceA);
    await written(index, plain);
    index.note({ name: sourceA, supersedes: [] });
    expect(isWorthCaching(index)).toBe(false);
    index.forget(sourceB);
    expect(isWorthCaching(index)).toBe(true);
    await written(index, plain);
    expect(isWorthCaching(index)).toBe(false);
  });

  it("reads no row of a copy that is of no use", async () => {
    const file = new OneFile(await written(madeIndex(), plain));
    let reads = 0;
    const cache: IndexCache = {
      read: async () => {
        const stored = await file.read();
        const read = (offset: number, length: number) => {
          reads++;
          return stored?.read(offset, length) ?? Promise.reject(new TypeError("no file"));
        };
        return stored && { ...stored, read };
      },
      write: async () => undefined,
    };
    const sources: string[] = [];
    const isOfUse = (all: readonly { readonly name: Uint8Array }[]) => {
      sources.push(...all.map(({ name }) => toHex(name)));
      return false;
    };
    expect(await readIndexCache(cache, plain, isOfUse)).toBeUndefined();
    expect(sources).toEqual([toHex(sourceA), toHex(sourceB)]);
    expect(reads).toBe(2);
    expect(file.closed).toBe(1);
  });

  it("gives nothing for a copy that memory has no room for", async () => {
    const bytes = await written(madeIndex(), plain);
    const read = async (offset: number, length: number) => (offset === 0 ? bytes.slice(0, length) : new Uint8Array(2 ** 52));
    const cache: IndexCache = { read: async () => ({ length: bytes.length, read, close: async () => undefined }), write: async () => undefined };
    expect(await readIndexCache(cache, plain)).toBeUndefined();
  });
});

interface Parts {
  readonly lists?: (lists: Uint8Array) => Uint8Array;
  readonly rows?: (rows: Uint8Array) => Uint8Array;
}

/** A plain or sealed file of one part of rows, changed and guarded again. */
async function rebuilt(
  bytes: Uint8Array,
  owner: CacheOwner,
  changes: Parts & { readonly head?: (head: Uint8Array) => Uint8Array },
): Promise<Uint8Array> {
  const head = bytes.slice(0, headLength);
  const before = partGuard(owner, head);
  const listLength = new DataView(head.buffer).getUint32(56, true);
  const listsEnd = headLength + listLength + before.overhead;
  const lists = ((await before.open(0, bytes.slice(headLength, listsEnd))) as Uint8Array).slice();
  const rows = ((await before.open(1, bytes.slice(listsEnd))) as Uint8Array).slice();
  const newLists = changes.lists?.(lists) ?? lists;
  const newHead = changes.head?.(head) ?? head.slice();
  new DataView(newHead.buffer).setUint32(56, newLists.length, true);
  const after = partGuard(owner, newHead);
  return concatBytes(newHead, await after.close(0, newLists), await after.close(1, changes.rows?.(rows) ?? rows));
}

function guardedAgain(bytes: Uint8Array, owner: CacheOwner, head: (head: Uint8Array) => Uint8Array): Promise<Uint8Array> {
  return rebuilt(bytes, owner, { head });
}

function withParts(bytes: Uint8Array, parts: Parts): Promise<Uint8Array> {
  return rebuilt(bytes, plain, parts);
}

/** Lists with a fourth archive, which is the first one changed; no row is in it. */
function oneMore(lists: Uint8Array, change: (archive: Uint8Array) => Uint8Array): Uint8Array {
  // with the numbers of two index archives
  const more = change(lists.subarray(firstArchive, firstArchive + 88));
  return concatBytes(lists.with(firstArchive - 4, 4), more);
}
