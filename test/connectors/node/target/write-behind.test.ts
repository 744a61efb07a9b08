// Writes that go on in another thread come out in order, and never in a file of somebody else. spec/12-extract.md#rules
import { pbkdf2 } from "node:crypto";
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { NewFile } from "../../../../src/connectors/node/target/new-files.js";
import { WriteBehind } from "../../../../src/connectors/node/target/write-behind.js";
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
  it("come out as they were put: many small ones, one after a gap, one longer than the room", async () => {
    const path = newPath();
    const file = new NewFile(path);
    const behind = new WriteBehind(file);
    let at = 0;
    const put = (bytes: Uint8Array) => {
      behind.put(bytes, at);
      at += bytes.length;
    };
    for (let i = 0; i < 3000; i++) put(filled(1 + (i % 7), i));
    const small = at;
    at += 1000;
    put(filled(9 << 20, 0x5a));
    put(filled(3, 0x33));
    await behind.done();
    file.close();
    const written = readFileSync(path);
    expect(written.length).toBe(small + 1000 + (9 << 20) + 3);
    const wanted = Buffer.concat(Array.from({ length: 3000 }, (_, i) => filled(1 + (i % 7), i)));
    expect(written.subarray(0, small).equals(wanted)).toBe(true);
    expect(written.subarray(small, small + 1000).equals(filled(1000, 0))).toBe(true);
    expect(written.subarray(small + 1000, -3).equals(filled(9 << 20, 0x5a))).toBe(true);
    expect(written.subarray(-3)).toEqual(Buffer.from([0x33, 0x33, 0x33]));
  });

  it("hold back whoever puts more than there is room for", async () => {
    const file = new NewFile(newPath());
    const behind = new WriteBehind(file);
    const busy = busyThreads();
    behind.put(filled((8 << 20) - 1, 1), 0);
    expect(behind.more()).toBeUndefined();
    behind.put(filled(1, 2), (8 << 20) - 1);
    const more = behind.more();
    expect(more).toBeInstanceOf(Promise);
    await more;
    expect(behind.more()).toBeUndefined();
    await behind.done();
    expect(fstatSync(file.fd).size).toBe(8 << 20);
    file.drop();
    await busy;
  });

  it.runIf(existsSync("/dev/full"))("tell what they failed with, every time", async () => {
    const path = newPath();
    const file = new NewFile(path);
    const full = openSync("/dev/full", "w");
    const behind = new WriteBehind({ using: (use) => use(full) });
    behind.put(filled(10, 1), 0);
    await expect(behind.done()).rejects.toMatchObject({ code: "ENOSPC" });
    expect(() => behind.more()).toThrow("ENOSPC");
    closeSync(full);
    file.drop();
  });

  it.runIf(canMount)("go on where one was cut short, as on a disk that fills up", async () => {
    const path = Buffer.from(join(memoryDisk(1 << 20), "f"));
    const file = new NewFile(path);
    const behind = new WriteBehind(file);
    behind.put(filled(1, 1), 0);
    behind.put(filled(700_000, 2), 1);
    behind.put(filled(700_000, 3), 700_001);
    await expect(behind.done()).rejects.toMatchObject({ code: "ENOSPC" });
    const written = readFileSync(path);
    expect(written.length).toBeGreaterThan(1_000_000);
    expect(written.equals(Buffer.concat([filled(1, 1), filled(700_000, 2), filled(written.length - 700_001, 3)]))).toBe(true);
    file.drop();
  });

  it.runIf(existsSync("/proc/self/fd"))("never reach a file that was opened when theirs was dropped", async () => {
    const open = readdirSync("/proc/self/fd").length;
    const path = newPath();
    const busy = busyThreads();
    const file = new NewFile(path);
    const number = file.fd;
    const behind = new WriteBehind(file);
    behind.put(filled(100, 7), 0);
    behind.put(filled(100, 8), 500);
    file.drop();
    expect(existsSync(path)).toBe(false);
    // the number is still taken
    const other = newPath();
    const [a, b] = [new NewFile(other), nextNumber()];
    expect([a.fd, b]).not.toContain(number);
    await expect(behind.done()).rejects.toMatchObject({ code: "PTAR_INTERRUPTED" });
    await busy;
    a.close();
    expect(readFileSync(other).length).toBe(0);
    expect(readdirSync("/proc/self/fd").length).toBe(open);
  });
});
