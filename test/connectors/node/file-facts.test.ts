import { type BigIntStats, lstatSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { factsOf, fileKey, isSameFile, itemKey } from "../../../src/connectors/node/file-facts.js";

/** What the system says of a path, with some of it changed. */
const stats = (members: { readonly [member in keyof BigIntStats]?: bigint }) => Object.assign(lstatSync("/", { bigint: true }), members);

// spec/05-page.md#entry
describe("facts of a path", () => {
  it.each([
    [0o100644n, "file", 0o644, 7],
    [0o041777n, "directory", 0o1777, undefined],
    [0o120777n, "symlink", 0o777, undefined],
    [0o010600n, "fifo", 0o600, undefined],
    [0o140755n, "socket", 0o755, undefined],
    [0o004000n, "unknown", 0o4000, undefined],
  ])("with the mode %i tell its type, its rights, and the size of a file", (mode, type, rights, size) => {
    const item = factsOf(stats({ mode, size: 7n }));
    expect([item.type, item.mode, item.size]).toEqual([type, rights, size]);
    expect("size" in item).toBe(size !== undefined);
  });

  it("have the largest numbers of the system, which Node hands over as negative ones", () => {
    const large = stats({ dev: -1n, ino: -2n, uid: 0xffff_ffffn, gid: -3n });
    const item = factsOf(large);
    expect(item).toMatchObject({ dev: "18446744073709551615", inode: "18446744073709551614", uid: 4_294_967_295, gid: 4_294_967_293 });
    expect(fileKey(large)).toBe("18446744073709551615:18446744073709551614");
    expect(itemKey(item)).toBe(fileKey(large));
  });

  it("have times to the nanosecond, and no time of birth where the system says 0", () => {
    const times = { atimeNs: -5n, mtimeNs: 1_700_000_000_123_456_789n, ctimeNs: 1n, birthtimeNs: 0n };
    expect(factsOf(stats(times))).toMatchObject({ atime: "-5", mtime: "1700000000123456789", ctime: "1", birthtime: null });
    expect(factsOf(stats({ birthtimeNs: 2n })).birthtime).toBe("2");
  });

  it("are those of one file when device and inode are the same", () => {
    const item = factsOf(stats({ dev: 1n, ino: -2n }));
    expect(isSameFile(item, stats({ dev: 1n, ino: -2n, ctimeNs: 9n }))).toBe(true);
    expect(isSameFile(item, stats({ dev: 2n, ino: -2n }))).toBe(false);
    expect(isSameFile(item, stats({ dev: 1n, ino: -1n }))).toBe(false);
  });
});
