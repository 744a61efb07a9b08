// What the program setfattr says, and when it is run. spec/12-extract.md#xattrs
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createFilesTarget } from "../../../../src/connectors/node/target/files-target.js";
import { setXattrs } from "../../../../src/connectors/node/target/setfattr.js";
import type { Item } from "../../../../src/format/generated/types.js";
import { newFolder } from "../../folder.js";
import { bytes, file } from "../../target-conformance.js";

const root = newFolder();
const having = (...names: readonly string[]): Item => ({ ...file, xattrs: names.map((name) => ({ name, value: "QQ" })) });
let out: string;

beforeEach(() => {
  out = join(mkdtempSync(join(root, "x")), "out");
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const make = () => createFilesTarget(out, { owner: "skip" });

describe("the program that sets them", () => {
  /** A program in place of setfattr. */
  function standingIn(script: string): string {
    const bin = mkdtempSync(join(root, "bin"));
    writeFileSync(join(bin, "setfattr"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, "setfattr"), 0o755);
    vi.stubEnv("PATH", `${bin}:${process.env.PATH}`);
    return bin;
  }

  it.runIf(process.platform === "linux")("is not run when nothing waits", async () => {
    const bin = standingIn('cat >/dev/null; echo >>"$(dirname "$0")/ran"');
    const target = await make();
    await target.file(bytes("f"), having("user.a"), bytes("x"));
    await target.finish();
    out = `${out}2`;
    await (await make()).finish();
    expect(readFileSync(join(bin, "ran"), "utf8")).toBe("\n");
  });

  it.runIf(process.platform === "linux")(
    "says what nobody knows, which is shown, and what the file system never keeps, which is one loss",
    async () => {
      standingIn(
        `sed -n 's/^# file: \\(.*3\\)$/setfattr: \\1: Operation not supported/p; s/^# file: \\(.*4\\)$/setfattr: \\1: No \\x1b luck/p' >&2; exit 1`,
      );
      const target = await make();
      for (const name of ["f", "g"]) await target.file(bytes(name), having("user.a", "user.b"), bytes("x"));
      const { first } = await target.finish();
      expect(first.map(({ path, what, reason }) => `${Buffer.from(path)}: ${what}: ${reason}`)).toEqual([
        "f: xattrs: ENOTSUP",
        "g: xattr user.a: No \\u{1b} luck",
        "g: xattr user.b: No \\u{1b} luck",
      ]);
    },
  );

  it("is gone: a loss of each entry", () => {
    const work = [{ fd: 0, xattrs: [{ name: bytes("user.a"), value: bytes("A") }] }];
    expect(setXattrs(join(root, "missing"), work)).toEqual([[{ what: "xattrs", reason: "setfattr did not run (ENOENT)" }]]);
  });
});
