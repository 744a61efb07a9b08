// Writes that go on in another thread come out in order, and never in a file of somebody else. spec/12-extract.md#rules
import { pbkdf2 } from "node:crypto";
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { NewFile } from "../../../../src/connectors/node/target/new-files.js";
import { type SparePieces, WriteBehind } from "../../../../src/connectors/node/target/write-behind.js";
import { canMount, memoryDisk } from "../../disks.js";
import { newFolder } from "../../folder.js";

const root = newFolder();
let count = 0;
const newPath = () => Buffer.from(join(root, `f${count++}`));
const filled = (length: number, byte: number) => new Uint8Array(length).fill(byte);

/** Keeps all threads that write busy for a while. */
function busyThreads(): Promise<unknown> {
  const slow = promisify(pbkdf2);
  return Promise.all(Array.from({ length: 4 }, () => slow("", "", 200_000, 64, "sha512")));
}

/** The number that the next file gets that is opened. */
function nextNumber(): number {
  const fd = openSync("/dev/null", "r");
  closeSync(fd);
  return fd;
}

describe("writes behind", () => {
  it("come out as they were put, whatever becomes of the bytes afterwards: many small ones, and one longer than the room", async () => {
    const path = newPath();
    const file = new NewFile(path);
    const behind = new WriteBehind(file, []);
    const put = (bytes: Uint8Array) => {
      const mine = bytes.slice();
      behind.put(mine);
      mine.fill(0xee);
      return bytes;
    };
    const parts = Array.from({ length: 3000 }, (_, i) => put(filled(1 + (i % 7), i)));
    parts.push(put(filled(9 << 20, 0x5a)), put(filled(3, 0x33)));
    await behind.done();
    file.close();
    expect(readFileSync(path).equals(Buffer.concat(parts))).toBe(true);
  });

  it("are done when the last byte is", async () => {
    const path = newPath();
    const file = new NewFile(path);
    const behind = new WriteBehind(file, []);
    const busy = busyThreads();
    behind.put(filled(1, 7));
    await behind.done();
    expect(readFileSync(path)).toEqual(Buffer.from([7]));
    file.close();
    await busy;
  });

  it("use what they wrote again, for the next file too", async () => {
    const spare: SparePieces = [];
    const used = new Set<ArrayBufferLike>();
    const paths = [newPath(), newPath()];
    for (const [i, path] of paths.entries()) {
      const file = new NewFile(path);
      const behind = new WriteBehind(file, spare);
      for (let piece = 0; piece < 40; piece++) {
        behind.put(filled(1 << 20, piece));
        await behind.more();
      }
      behind.put(filled(10 + i, 0x77));
      await behind.done();
      file.close();
      for (const { buffer } of spare) used.add(buffer);
    }
    for (const [i, path] of paths.entries()) {
      const written = readFileSync(path);
      expect(written.length).toBe((40 << 20) + 10 + i);
      for (let piece = 0; piece < 40; piece++) expect(written.subarray(piece << 20, (piece + 1) << 20).equals(filled(1 << 20, piece))).toBe(true);
    }
    expect(used.size).toBeLessThanOrEqual(9);
    expect(spare.every(({ length }) => length === 1 << 20)).toBe(true);
  });

  it("hold back whoever puts more than there is room for, however short the parts are and whatever they are part of", async () => {
    const file = new NewFile(newPath());
    const behind = new WriteBehind(file, []);
    const busy = busyThreads();
    let puts = 0;
    for (; behind.more() === undefined; puts++) behind.put(filled(1 << 20, puts).subarray(0, 4096));
    expect(puts).toBe((8 << 20) / 4096);
    const more = behind.more();
    expect(more).toBeInstanceOf(Promise);
    await more;
    expect(behind.more()).toBeUndefined();
    await behind.done();
    expect(fstatSync(file.fd).size).toBe(8 << 20);
    file.drop();
    await busy;
  });

  it("come to an end whenever the next bytes are put", async () => {
    for (let turns = 0; turns < 12; turns++) {
      const path = newPath();
      const file = new NewFile(path);
      const behind = new WriteBehind({ using: async (use) => use(file.fd) }, []);
      behind.put(filled(1 << 20, 1));
      const first = behind.more() ?? Promise.resolve();
      await first;
      for (let turn = 0; turn < turns; turn++) await undefined;
      behind.put(filled(1 << 20, 2));
      await behind.done();
      behind.put(filled(5, 3));
      for (let turn = 0; turn < turns; turn++) await undefined;
      await behind.done();
      file.close();
      expect(readFileSync(path).length).toBe((2 << 20) + 5);
    }
  });

  it.runIf(existsSync("/dev/full"))("tell what they failed with, every time", async () => {
    const full = openSync("/dev/full", "w");
    const behind = new WriteBehind({ using: (use) => use(full) }, []);
    behind.put(filled(10, 1));
    await expect(behind.done()).rejects.toMatchObject({ code: "ENOSPC" });
    expect(() => behind.more()).toThrow("ENOSPC");
    behind.put(filled(20 << 20, 1));
    await expect(behind.done()).rejects.toMatchObject({ code: "ENOSPC" });
    closeSync(full);
  });

  it("are not tried again once one failed", async () => {
    let tried = 0;
    const fails = async () => {
      tried++;
      throw new Error("no more");
    };
    const behind = new WriteBehind({ using: fails }, []);
    // one piece, and the beginning of another
    behind.put(filled((1 << 20) + 1, 1));
    await new Promise(setImmediate);
    for (const _ of [1, 2]) await expect(behind.done()).rejects.toThrow("no more");
    expect(tried).toBe(1);
  });

  it.runIf(canMount)("go on where one was cut short, as on a disk that fills up", async () => {
    const path = Buffer.from(join(memoryDisk(1_500_000), "f"));
    const file = new NewFile(path);
    const behind = new WriteBehind(file, []);
    for (let i = 0; i < 3; i++) behind.put(filled(1 << 20, i));
    await expect(behind.done()).rejects.toMatchObject({ code: "ENOSPC" });
    const written = readFileSync(path);
    expect(written.length).toBeGreaterThan(1_400_000);
    expect(written.equals(Buffer.concat([filled(1 << 20, 0), filled(written.length - (1 << 20), 1)]))).toBe(true);
    file.drop();
  });

  it.runIf(existsSync("/proc/self/fd"))("never reach a file that was opened when theirs was dropped", async () => {
    const open = readdirSync("/proc/self/fd").length;
    const path = newPath();
    const busy = busyThreads();
    const file = new NewFile(path);
    const number = file.fd;
    const behind = new WriteBehind(file, []);
    for (let i = 0; i < 2; i++) behind.put(filled(1 << 20, 7));
    file.drop();
    expect(existsSync(path)).toBe(false);
    // the number is still taken
    const other = newPath();
    const [next, number2] = [new NewFile(other), nextNumber()];
    expect([next.fd, number2]).not.toContain(number);
    await expect(behind.done()).rejects.toMatchObject({ code: "PTAR_INTERRUPTED" });
    await busy;
    next.close();
    expect(readFileSync(other).length).toBe(0);
    expect(readdirSync("/proc/self/fd").length).toBe(open);
  });
});
