// What is set is looked at again: some file systems accept facts that they do not keep. spec/12-extract.md#facts
import { describe, expect, it } from "vitest";
import { restoreModeAndTimes, restoreOwner, type Setter } from "../../../../src/connectors/node/target/restore.js";

const facts = { mode: 0o644, atime: "1700000001000000000", mtime: "1700000003123456000" };
const options = { owner: "skip", mode: 0o666, withhold: 0o7000 } as const;

/** A file of a file system that keeps a mode as `mode` says, and times in steps of `stepMs`. */
function fileOn({ mode, stepMs }: { readonly mode: (wanted: number) => number; readonly stepMs: number }): Setter & { looks: number } {
  const now = { mode: 0o600, atimeMs: 0, mtimeMs: 0 };
  const cut = (seconds: unknown) => Math.floor((Number(seconds) * 1000) / stepMs) * stepMs;
  return {
    looks: 0,
    chown: () => undefined,
    chmod: (wanted) => {
      now.mode = 0o100000 | mode(wanted);
    },
    utimes: (atime, mtime) => {
      now.atimeMs = cut(atime);
      now.mtimeMs = cut(mtime);
    },
    kept() {
      this.looks++;
      return now;
    },
  };
}

const same = (mode: number) => mode;

describe("mode and times", () => {
  it("that are kept are no losses, and one look tells", () => {
    const file = fileOn({ mode: same, stepMs: 0.001 });
    expect(restoreModeAndTimes(file, facts, options)).toEqual([]);
    expect(file.looks).toBe(1);
  });

  it("that a file system changes are losses", () => {
    expect(restoreModeAndTimes(fileOn({ mode: () => 0o755, stepMs: 2000 }), { ...facts, mode: 0o4644 }, options)).toEqual([
      { what: "mode", reason: "the file system keeps 0755" },
      { what: "setuid", reason: "never set from an archive" },
      { what: "times", reason: "the file system keeps other ones" },
    ]);
  });

  it("that are refused are losses, each with its reason", () => {
    const refuse = (code: string) => () => {
      throw Object.assign(new Error("refused"), { code });
    };
    const file = { ...fileOn({ mode: same, stepMs: 1 }), chmod: refuse("EPERM") };
    expect(restoreModeAndTimes(file, facts, options)).toEqual([{ what: "mode", reason: "EPERM" }]);
    expect(restoreModeAndTimes({ ...file, kept: refuse("EIO") }, facts, options)).toEqual([
      { what: "mode", reason: "EPERM" },
      { what: "times", reason: "EIO" },
    ]);
  });

  it("that are not known, or too far away, are not set", () => {
    const file = fileOn({ mode: same, stepMs: 1 });
    expect(restoreModeAndTimes(file, {}, options)).toEqual([]);
    expect(restoreModeAndTimes(file, { mtime: "9".repeat(30) }, options)).toEqual([{ what: "times", reason: "too far away for this system" }]);
    expect(file.kept()).toMatchObject({ mode: 0o100666, mtimeMs: 0 });
  });

  it.each([
    ["atime", 1, true],
    ["mtime", 1, true],
    ["atime", 0.75, false],
    ["mtime", -0.75, false],
  ] as const)("of which the %s is %f ms early: a loss: %s", (which, early, isLoss) => {
    const now = { mode: 0o100644, atimeMs: 0, mtimeMs: 0 };
    const file: Setter = {
      chown: () => undefined,
      chmod: () => undefined,
      utimes(atime, mtime) {
        now.atimeMs = Number(atime) * 1000 - (which === "atime" ? early : 0);
        now.mtimeMs = Number(mtime) * 1000 - (which === "mtime" ? early : 0);
      },
      kept: () => now,
    };
    expect(restoreModeAndTimes(file, facts, options)).toEqual(isLoss ? [{ what: "times", reason: "the file system keeps other ones" }] : []);
  });
});

describe("an owner", () => {
  it.each([{ uid: 1 }, { gid: 1 }, {}])("of which only %j is known is left alone, which is no loss", (known) => {
    const calls: unknown[] = [];
    const file = { ...fileOn({ mode: same, stepMs: 1 }), chown: (...ids: unknown[]) => calls.push(ids) };
    expect(restoreOwner(file, known, { ...options, owner: "restore" })).toEqual([]);
    expect(calls).toEqual([]);
  });
});
