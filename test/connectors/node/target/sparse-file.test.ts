// Holes of extracted files. spec/12-extract.md#sparse
import { execFileSync } from "node:child_process";
import { closeSync, constants, ftruncateSync, mkdtempSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { createFilesTarget } from "../../../../src/connectors/node/target/files-target.js";
import { copyNew } from "../../../../src/connectors/node/target/new-files.js";
import { ContentWriter } from "../../../../src/connectors/node/target/sparse-file.js";
import type { Hole, Item } from "../../../../src/format/generated/types.js";
import { canMount, imageDisk, memoryDisk } from "../../disks.js";
import { newFolder } from "../../folder.js";
import { bytes, file, nothingLost } from "../../target-conformance.js";

const root = newFolder();
const mib = 1 << 20;
let out: string;

beforeEach(() => {
  out = join(mkdtempSync(join(root, "x")), "out");
});

const blocksOf = (path: string) => statSync(path).blocks * 512;
const sparse = (size: number, holes: readonly Hole[]): Item => ({ ...file, size, holes });

/** Views of `content` in pieces of `length` bytes. */
async function* inPieces(content: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += length) yield content.subarray(at, at + length);
}

/** Writes `content` to what is open as `fd`. */
function written(fd: number, item: Item, content: Uint8Array): void {
  const writer = new ContentWriter({ fd }, item);
  writer.write(content);
  writer.finish();
}

async function made(item: Item, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
  const target = await createFilesTarget(out, { owner: "skip" });
  await target.file(bytes("f"), item, content);
  expect(await target.finish()).toEqual(nothingLost);
  return join(out, "f");
}

const island = Buffer.alloc(mib, 7);
const places = [0, 300 * mib, 1000 * mib];

/** A file of 1 GiB with three islands, and what a listing says of it. */
function islands(path: string): Item {
  const fd = openSync(path, "wx");
  for (const place of places) writeSync(fd, island, 0, mib, place);
  ftruncateSync(fd, 1024 * mib);
  closeSync(fd);
  const ends = [...places.slice(1), 1024 * mib];
  return sparse(
    1024 * mib,
    places.map((place, i) => ({ offset: place + mib, length: (ends[i] as number) - place - mib })),
  );
}

/** Its contents in pieces that end elsewhere than islands and holes. */
async function* contentOfIslands(): AsyncGenerator<Uint8Array> {
  const sea = new Uint8Array(8 * mib);
  for (const at of Array.from({ length: 128 }, (_, i) => i * 8 * mib)) {
    const place = places.find((start) => start >= at && start < at + sea.length);
    const piece = place === undefined ? sea : Buffer.concat([sea.subarray(0, place - at), island, sea.subarray(place - at + mib)]);
    yield piece.subarray(0, 4097);
    yield piece.subarray(4097);
  }
}

describe("a file with holes", () => {
  it("of 1 GiB takes as much space as at the source, and is equal", async () => {
    const source = join(out, "../source");
    const item = islands(source);
    const result = await made(item, contentOfIslands());
    execFileSync("cmp", [source, result]);
    expect(blocksOf(result)).toBeLessThan(blocksOf(source) + (1 << 18));
  });

  it.each([1, 7, 4096, 65_537, 3 * mib])("is the same in pieces of %i bytes, its end a hole or not", async (length) => {
    const content = new Uint8Array(length < 8 ? 20_000 : 2 * mib).fill(0);
    content.fill(9, 8192, 9000);
    const end = content.length - 1;
    for (const [i, holes] of [
      [
        { offset: 0, length: 8192 },
        { offset: 12_288, length: end - 12_287 },
      ],
      [
        { offset: 0, length: 8192 },
        { offset: 12_288, length: 5 },
      ],
      [{ offset: 9000, length: 1000 }],
    ].entries()) {
      out = `${out}${i}`;
      const result = await made(sparse(content.length, holes), inPieces(content, length));
      expect(readFileSync(result).equals(content)).toBe(true);
    }
  });

  it("has what is not zero wherever the archive says that holes are", async () => {
    const content = new Uint8Array(3 * mib);
    content[1] = 1;
    content.fill(2, mib + 77, mib + 78);
    content[3 * mib - 1] = 3;
    const result = await made(sparse(content.length, [{ offset: 0, length: content.length }]), inPieces(content, mib));
    expect(readFileSync(result).equals(content)).toBe(true);
    expect(blocksOf(result)).toBeLessThanOrEqual(3 << 16);
  });

  it("is sparse also when it is small, and when it is nothing but a hole", async () => {
    const whole = await made(sparse(512 << 10, [{ offset: 0, length: 512 << 10 }]), new Uint8Array(512 << 10));
    expect(statSync(whole)).toMatchObject({ size: 512 << 10, blocks: 0 });
  });

  it("has no holes that its item does not name", async () => {
    const result = await made({ ...file, size: mib }, new Uint8Array(mib));
    execFileSync("sync", [result]);
    expect(blocksOf(result)).toBeGreaterThanOrEqual(mib);
  });

  it("has space for zeros before the first hole, and after it", async () => {
    const result = await made(sparse(3 * mib, [{ offset: mib, length: 4096 }]), inPieces(new Uint8Array(3 * mib), 3 * mib));
    execFileSync("sync", [result]);
    expect(blocksOf(result)).toBe(3 * mib - 4096);
  });

  it("is as long as it should be when its only byte lies in one", async () => {
    expect(readFileSync(await made(sparse(1, [{ offset: 0, length: 1 }]), new Uint8Array(1)))).toEqual(Buffer.alloc(1));
  });

  it("keeps them where a copy takes the place of a hard link", async () => {
    const item = sparse(4 * mib, [{ offset: 4096, length: 4 * mib - 4096 }]);
    const content = new Uint8Array(4 * mib).fill(5, 0, 4096);
    const result = Buffer.from(await made(item, inPieces(content, mib)));
    const copy = Buffer.from(join(out, "copy"));
    copyNew(result, copy, { item, settle: () => undefined });
    expect(readFileSync(copy).equals(content)).toBe(true);
    expect(blocksOf(copy.toString())).toBeLessThan(1 << 17);
  });
});

describe("a system that does not do what it is asked", () => {
  // a file to which bytes can only be appended cannot be lengthened otherwise, as on file systems by way of FUSE
  it.runIf(canMount)("cannot lengthen a file: zeros are written where it ends in a hole", () => {
    const path = join(imageDisk("ext4"), "f");
    const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND);
    execFileSync("chattr", ["+a", path]);
    const size = 5 + 200_000;
    const content = new Uint8Array(size).fill(9, 0, 5);
    written(fd, sparse(size, [{ offset: 5, length: 200_000 }]), content);
    closeSync(fd);
    expect(readFileSync(path).equals(content)).toBe(true);
    execFileSync("chattr", ["-a", path]);
  });

  it("cannot lengthen it for another reason", () => {
    const fd = openSync("/dev/null", "r");
    const failing = () => written(fd, sparse(5, [{ offset: 0, length: 5 }]), new Uint8Array(5));
    expect(failing).toThrowError(expect.objectContaining({ code: "EINVAL" }));
    closeSync(fd);
  });

  it.runIf(canMount)("takes a part of the bytes only: a full disk is said, and nothing is written twice", () => {
    const path = join(memoryDisk(mib), "f");
    const fd = openSync(path, "wx");
    const content = Buffer.alloc(2 * mib, Uint8Array.of(1, 2, 3, 4, 5, 6, 7));
    expect(() => written(fd, { ...file, size: 2 * mib }, content)).toThrowError(expect.objectContaining({ code: "ENOSPC" }));
    closeSync(fd);
    expect(readFileSync(path).equals(content.subarray(0, mib))).toBe(true);
  });
});
