// How a target begins and ends, and what it holds meanwhile. spec/12-extract.md#rules
import { pbkdf2 } from "node:crypto";
import { existsSync, mkdtempSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Holding } from "../../../../src/connectors/node/target/directories.js";
import { createFilesTarget } from "../../../../src/connectors/node/target/files-target.js";
import { openDescriptors } from "../../descriptors.js";
import { canMount, makeReadOnly, memoryDisk } from "../../disks.js";
import { newFolder } from "../../folder.js";
import { bytes, directory, file, pieces } from "../../target-conformance.js";

const root = newFolder();
const ways: readonly Holding[] = process.platform === "linux" ? ["descriptors", "paths"] : ["paths"];
let folder: string;
let out: string;

beforeEach(() => {
  folder = mkdtempSync(join(root, "x"));
  out = join(folder, "out");
});

const make = (holding?: Holding) => createFilesTarget(out, { owner: "skip", ...(holding === undefined ? {} : { holding }) });

describe("a target", () => {
  it("says where no directory is made", async () => {
    out = join(folder, "file/out");
    writeFileSync(join(folder, "file"), "");
    const message = `target ${out}: a part of the path is not a directory (ENOTDIR)`;
    await expect(make()).rejects.toMatchObject({ code: "PTAR_IO_FAILED", message });
  });

  it.runIf(canMount)("is not made on a file system that is read-only", async () => {
    const disk = memoryDisk(1 << 20);
    makeReadOnly(disk);
    out = join(disk, "out");
    await expect(make()).rejects.toMatchObject({ code: "PTAR_IO_FAILED", message: `target ${out}: the file system is read-only (EROFS)` });
  });

  it.each(ways)("that holds %s closes everything that it opened, finished or aborted", async (holding) => {
    const open = openDescriptors();
    for (const end of ["finish", "abort"] as const) {
      out = join(folder, end);
      const target = await make(holding);
      await target.enter(bytes("d"), directory);
      await target.file(bytes("whole"), file, bytes("x"));
      await target.file(bytes("streamed"), file, pieces(["x"]));
      await expect(target.file(bytes("bad"), file, pieces(["x"], new Error("wrong digest")))).rejects.toThrow("wrong digest");
      await target.leave();
      await target.link(bytes("l"), file, { names: [bytes("d"), bytes("whole")], differing: [] });
      await target[end]();
      // what another thread writes is closed when it has done so
      await vi.waitFor(() => expect(openDescriptors()).toBeLessThanOrEqual(open));
    }
  });

  it("that is finished is not undone by an abort", async () => {
    const target = await make();
    await target.finish();
    await target.abort();
    expect(existsSync(out)).toBe(true);
  });

  it("is not left further than it was entered, and links to no name at all", async () => {
    const target = await make();
    await expect(target.leave()).rejects.toThrow(TypeError);
    await expect(target.link(bytes("l"), file, { names: [], differing: [] })).rejects.toThrow(TypeError);
    await target.abort();
  });
});

describe("contents that come faster than they are written", () => {
  it("wait until there is room", async () => {
    const target = await make();
    let taken = 0;
    async function* content() {
      for (const piece = new Uint8Array(1 << 20); taken < 32; taken++) yield piece;
    }
    const slow = promisify(pbkdf2);
    const threads = Array.from({ length: 8 }, () => slow("", "", 100_000, 64, "sha512"));
    const written = target.file(bytes("f"), file, content());
    await Promise.race(threads);
    expect(taken).toBeLessThan(16);
    await written;
    await Promise.all(threads);
    await target.finish();
    expect(statSync(join(out, "f")).size).toBe(32 << 20);
  });
});
