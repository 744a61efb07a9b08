// What every Target promises.
import { describe, expect, it } from "vitest";
import type { Item } from "../../src/format/generated/types.js";
import type { Losses, Target } from "../../src/tree/target.js";
import { latin1 } from "./folder.js";

/** A target and what is in it, as lines "directory d", "file d/x: contents", "symlink s -> destination"; sorted, one character per byte. */
export interface Fixture {
  readonly target: Target;
  readonly lines: () => readonly string[];
}

/** What a target says in the end that restored everything. */
export const nothingLost: Losses = { first: [], count: 0, kinds: {} };

export const file: Item = { type: "file", mode: 0o640, mtime: "1500000000123456000" };
export const directory: Item = { type: "directory", mode: 0o750, mtime: "1400000000000000000" };
export const symlink: Item = { type: "symlink", target: "x", mode: 0o777, mtime: "1300000000000000000" };

export function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

/** Contents that come in pieces, and fail after them when there is a failure. */
export async function* pieces(texts: readonly string[], failure?: Error): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield bytes(text);
  if (failure !== undefined) throw failure;
}

const exists = expect.objectContaining({ code: "PTAR_TARGET_EXISTS", exitCode: 9 });

/** Tests targets that `make` makes. */
export function targetConformance(name: string, make: () => Promise<Fixture>): void {
  describe(`${name} as a Target`, () => {
    it("makes directories, files, hard links and symlinks", async () => {
      const { target, lines } = await make();
      await target.enter(bytes("d"), directory);
      await target.file(bytes("whole"), file, bytes("one"));
      await target.enter(bytes("deep"), directory);
      await target.file(latin1("raw\xff"), file, pieces(["tw", "", "o"]));
      await target.leave();
      await target.symlink(bytes("s"), symlink, latin1("../\xfe"));
      await target.leave();
      await target.link(bytes("again"), file, { names: [bytes("d"), bytes("deep"), latin1("raw\xff")], differing: [] });
      await target.link(bytes("top"), file, { names: [bytes("again")], differing: [] });
      expect(await target.finish()).toEqual(nothingLost);
      expect(lines()).toEqual([
        "directory d",
        "directory d/deep",
        "file again: two",
        "file d/deep/raw\xff: two",
        "file d/whole: one",
        "file top: two",
        "symlink d/s -> ../\xfe",
      ]);
    });

    it("makes symlinks in the end only", async () => {
      const { target, lines } = await make();
      await target.symlink(bytes("s"), symlink, bytes("/etc"));
      expect(lines()).toEqual([]);
      await target.finish();
      expect(lines()).toEqual(["symlink s -> /etc"]);
    });

    it("makes no file whose contents turn out wrong, and goes on", async () => {
      const { target, lines } = await make();
      const failure = new Error("wrong digest");
      await expect(target.file(bytes("bad"), file, pieces(["half"], failure))).rejects.toThrow("wrong digest");
      await target.file(bytes("good"), file, pieces(["all"]));
      await target.finish();
      expect(lines()).toEqual(["file good: all"]);
    });

    it("refuses a second entry of one name, of any kind", async () => {
      const { target, lines } = await make();
      await target.file(bytes("x"), file, bytes("first"));
      await expect(target.file(bytes("x"), file, bytes("second"))).rejects.toEqual(exists);
      await expect(target.file(bytes("x"), file, pieces(["second"]))).rejects.toEqual(exists);
      await expect(target.enter(bytes("x"), directory)).rejects.toEqual(exists);
      await target.file(bytes("y"), file, bytes("y"));
      await expect(target.link(bytes("x"), file, { names: [bytes("y")], differing: [] })).rejects.toEqual(exists);
      await target.symlink(bytes("x"), symlink, bytes("y"));
      await expect(target.finish()).rejects.toEqual(exists);
      expect(lines()).toEqual(["file x: first", "file y: y"]);
      await target.abort();
    });

    it("makes a hard link to a file only", async () => {
      const { target } = await make();
      await target.enter(bytes("d"), directory);
      await target.leave();
      await target.symlink(bytes("s"), symlink, bytes("d"));
      const unsafe = expect.objectContaining({ code: "PTAR_TARGET_UNSAFE" });
      await expect(target.link(bytes("l"), file, { names: [bytes("d")], differing: [] })).rejects.toEqual(unsafe);
      await expect(target.link(bytes("l"), file, { names: [bytes("s")], differing: [] })).rejects.toEqual(unsafe);
      await expect(target.link(bytes("l"), file, { names: [bytes("nothing")], differing: [] })).rejects.toEqual(unsafe);
      await target.abort();
    });

    it("reports what is not made, and what was incomplete at its source", async () => {
      const { target } = await make();
      await target.enter(bytes("d"), { ...directory, errors: [{ code: "EACCES", operation: "list" }] });
      await target.other(bytes("p"), { type: "fifo" });
      await target.other(bytes("gone"), { type: "unknown", errors: [{ code: "ENOENT", operation: "stat" }] });
      const bad: Item = { ...file, sha256: null, errors: [{ code: "EIO", operation: "read", offset: 0, length: 2 }] };
      await target.file(bytes("f"), bad, bytes("\0\0"));
      await target.link(bytes("l"), bad, { names: [bytes("d"), bytes("f")], differing: [] });
      await target.leave();
      const losses = await target.finish();
      expect(losses).toMatchObject({ count: 5, kinds: { contents: 3, "special file": 1, unknown: 1 } });
      const unrestored = losses.first.map(({ path, what, reason }) => `${Buffer.from(path)}: ${what}, ${reason}`);
      expect(unrestored).toEqual([
        "d: contents, EACCES at the source",
        "d/p: special file, fifo",
        "d/gone: unknown, ENOENT at the source",
        "d/f: contents, EIO at the source",
        "d/l: contents, EIO at the source",
      ]);
    });

    it("can be aborted at any time and more than once", async () => {
      const { target } = await make();
      await target.enter(bytes("d"), directory);
      await target.abort();
      await target.abort();
    });
  });
}
