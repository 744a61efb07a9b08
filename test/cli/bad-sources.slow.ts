// ptar create from what cannot be read, may not be read, or should not be there: each has an outcome of its own, and none is silent.

import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { isRoot } from "../connectors/folder.js";
import { needs } from "../connectors/programs.js";
import { type Place, place, root } from "./run.js";
import { document } from "./schema.js";

const everything = process.env.CI === "true";
/** What only root can set up; where everything must be tested it fails without. */
const asRoot = isRoot || everything;

interface Listed {
  readonly path?: string;
  readonly pathRaw?: string;
  readonly type: string;
  readonly size?: number;
  readonly sha256?: string | null;
  readonly sha256Stored?: string;
  readonly errors?: readonly { readonly code: string; readonly operation: string; readonly offset?: number; readonly length?: number }[];
  readonly [member: string]: unknown;
}

/** Packs `source` and lists the archive; the archive verifies with the same counters. */
async function collected({ ptar, shell }: Place, source: string, { as = "ptar" }: { readonly as?: string } = {}) {
  const created = await shell(`${as} create a.ptar ${source} --no-sign --json`);
  const made = document("create", created.stdout);
  const verified = document("verify", (await ptar("verify", "a.ptar", "--allow-unsigned", "--level", "deep", "--json")).stdout);
  expect(verified).toMatchObject({ integrity: { status: "ok" }, completeness: { counters: made.completeness } });
  const { entries } = document("list", (await ptar("list", "a.ptar", "--json")).stdout) as unknown as { readonly entries: readonly Listed[] };
  return {
    ...created,
    made,
    completeness: made.completeness,
    noatime: made.noatime,
    entries,
    entry: (path: string) => entries.find((entry) => entry.path === path),
  };
}

const counted = (stored: number, others: { readonly failed?: number; readonly unstable?: number; readonly excluded?: number } = {}) => {
  const { failed = 0, unstable = 0, excluded = 0 } = others;
  return { excluded, failed, seen: stored + failed + excluded, stored, unstable };
};
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** The program without the rights that root has over other people's files. */
const weak = `setpriv --bounding-set=-dac_override,-dac_read_search,-fowner --inh-caps=-all -- "${process.execPath}" "${root}/bin/ptar.js"`;

describe.runIf(asRoot && needs("setpriv"))("a source without the right to read", () => {
  it("has failed entries, and all others", async () => {
    const at = place();
    await at.shell(
      `mkdir -p src/closed src/open; echo no > src/secret; echo hidden > src/closed/x; echo yes > src/open/y; chmod 0 src/secret src/closed`,
    );
    const { code, stderr, completeness, entries, entry } = await collected(at, "src", { as: weak });
    expect(code).toBe(3);
    expect(completeness).toEqual(counted(3, { failed: 2 }));
    expect(entries.map(({ path }) => path)).toEqual(["src", "src/closed", "src/open", "src/open/y", "src/secret"]);
    expect(entry("src/closed")).toMatchObject({ type: "directory", errors: [{ code: "EACCES", operation: "list" }] });
    expect(entry("src/secret")).toMatchObject({ type: "file", size: 3, sha256: null, errors: [{ code: "EACCES", operation: "open" }] });
    expect(entry("src/open/y")).toMatchObject({ sha256: sha256(Buffer.from("yes\n")) });
    for (const line of ["ptar: src/closed: list: EACCES", "ptar: src/secret: open: EACCES"]) expect(stderr).toContain(`${line}\n`);
    expect((await at.ptar("list", "a.ptar", "--long")).stdout).toMatch(/src\/secret {2}\[open: EACCES\]$/m);
    expect((await at.ptar("verify", "a.ptar", "--allow-unsigned")).code).toBe(3);
  });

  it("says how many files were read without touching their access times", async () => {
    const at = place();
    await at.shell("mkdir src; echo own > src/own; echo other > src/other; : > src/empty; chown 65534 src/other; touch -a -d 2001-01-01 src/own");
    const before = statSync(join(at.folder, "src/own")).atimeMs;
    expect((await collected(at, "src", { as: weak })).noatime).toEqual({ kept: 2, refused: 1 });
    await at.shell("rm a.ptar");
    expect((await collected(at, "src")).noatime).toEqual({ kept: 3, refused: 0 });
    expect(statSync(join(at.folder, "src/own")).atimeMs).toBe(before);
  });
});

describe("a source of what is no file", () => {
  it.runIf(needs("perl"))("is recorded without opening anything: fifos, sockets, devices", async () => {
    const at = place();
    await at.shell(`mkdir src; mkfifo src/fifo; perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "src/socket", Listen => 1) or die'`);
    if (asRoot) await at.shell("mknod src/block b 7 300; mknod src/tape c 9 0");
    const { code, completeness, noatime, entry } = await collected(at, "src");
    expect(code).toBe(0);
    expect(completeness).toEqual(counted(asRoot ? 5 : 3));
    expect(noatime).toEqual({ kept: 0, refused: 0 });
    expect([entry("src/fifo")?.type, entry("src/socket")?.type]).toEqual(["fifo", "socket"]);
    if (!asRoot) return;
    expect(entry("src/block")).toMatchObject({ type: "block", rdev: { major: 7, minor: 300 } });
    expect(entry("src/tape")).toMatchObject({ type: "character", rdev: { major: 9, minor: 0 } });
  });

  it("does not go round in circles of symlinks", async () => {
    const at = place();
    await at.shell("mkdir -p src/d; ln -s b src/a; ln -s a src/b; ln -s self src/self; ln -s .. src/d/up; ln -s /nowhere src/gone");
    const { code, completeness, entries } = await collected(at, "src");
    expect(code).toBe(0);
    expect(completeness).toEqual(counted(7));
    expect(entries.map(({ path, target }) => `${path} ${target ?? ""}`.trim())).toEqual([
      "src",
      "src/a b",
      "src/b a",
      "src/d",
      "src/d/up ..",
      "src/gone /nowhere",
      "src/self self",
    ]);
  });
});

describe("a source of odd names", () => {
  it("keeps 255 raw bytes, and extracts them", async () => {
    const at = place();
    // every byte but NUL and slash, once, and two more
    const bytes = Buffer.from([...Array.from({ length: 255 }, (_, i) => i + 1).filter((byte) => byte !== 0x2f), 0xff]);
    mkdirSync(join(at.folder, "src"));
    writeFileSync(Buffer.concat([Buffer.from(join(at.folder, "src/")), bytes]), "odd");
    const { code, completeness, entries } = await collected(at, "src");
    expect(code).toBe(0);
    expect(completeness).toEqual(counted(2));
    expect(Buffer.from(entries[1]?.pathRaw ?? "", "base64url")).toEqual(Buffer.concat([Buffer.from("src/"), bytes]));
    expect((await at.shell("ptar extract a.ptar -C out && diff -r --no-dereference src out/src")).code).toBe(0);
  });

  it("prints names on one line each, without their control characters", async () => {
    const at = place();
    const names = ["line\nfeed", "\x1b[31mred", "cr\rback", "quote\"'", "back\\slash", "bidi\u202eover", "\x9b31m"];
    mkdirSync(join(at.folder, "src"));
    for (const name of names) writeFileSync(join(at.folder, "src", name), "");
    const { entries } = await collected(at, "src");
    expect(new Set(entries.slice(1).map(({ path }) => path))).toEqual(new Set(names.map((name) => `src/${name}`)));
    for (const form of [[], ["--long"]]) {
      const { stdout } = await at.ptar("list", "a.ptar", ...form);
      expect(stdout.split("\n")).toHaveLength(names.length + 2);
      expect(stdout).not.toMatch(/[^\n\x20-\x7e]/);
    }
  });

  it.runIf(needs("perl"))("ends where no archive can hold the path, and says so", async () => {
    const at = place();
    await at.shell("mkdir src; cd src; perl -e 'for (1 .. 1000) { mkdir q(d); chdir q(d) } open my $file, q(>), q(f)'");
    const { code, completeness, entries } = await collected(at, "src");
    expect(code).toBe(3);
    expect(completeness).toEqual(counted(255, { failed: 1 }));
    expect(entries.at(-1)).toMatchObject({ type: "directory", errors: [{ code: "ENAMETOOLONG", operation: "list" }] });
    await at.shell("rm -rf src");
  });
});

describe("a source that does not keep still", () => {
  it("ends although a file grows for ever, which is unstable", async () => {
    const at = place();
    mkdirSync(join(at.folder, "src"));
    const log = join(at.folder, "src/log");
    writeFileSync(log, "line\n".repeat(1000));
    const writer = spawn("sh", ["-c", `while :; do echo line; done >> "$0"`, log], { stdio: "ignore" });
    onTestFinished(() => void writer.kill("SIGKILL"));
    while (statSync(log).size === 5000) await new Promise((resolve) => setTimeout(resolve, 5));
    const { code, completeness, entry } = await collected(at, "src");
    expect(code).toBe(3);
    const { size = 0, unstable } = entry("src/log") ?? ({} as Partial<Listed>);
    const { before, after } = unstable as { readonly before: { readonly size: number }; readonly after: { readonly size: number } };
    expect(completeness).toMatchObject({ unstable: 1, seen: 2 });
    expect(before.size).toBe(size);
    expect(after.size).toBeGreaterThan(size);
    expect((await at.ptar("cat", "a.ptar", "src/log")).stdout).toHaveLength(size);
  });
});

describe.runIf(asRoot && needs("mkfs.ext4"))("a source on a disk image", () => {
  /** A file system in a file, filled by a script, and how it is mounted read-only. */
  async function image(at: Place, fill: string) {
    const made = await at.shell(`truncate -s 16M disk.img && mkfs.ext4 -q -O ^has_journal -b 4096 disk.img && mkdir src &&
      mount -o loop disk.img src && { ${fill}; sync; umount src; }`);
    expect(made.stderr).toBe("");
    return {
      mountReadOnly() {
        execFileSync("mount", ["-o", "loop,ro", join(at.folder, "disk.img"), join(at.folder, "src")]);
        let isMounted = true;
        const umount = () => {
          if (isMounted) execFileSync("umount", [join(at.folder, "src")]);
          isMounted = false;
        };
        onTestFinished(umount);
        return umount;
      },
      digest: () => sha256(readFileSync(join(at.folder, "disk.img"))),
    };
  }

  it("that is mounted read-only is left as it was, to the last byte", async () => {
    const at = place();
    const { mountReadOnly, digest } = await image(at, "mkdir src/d; echo one > src/d/f; ln -s f src/d/s; touch -a -d 2001-01-01 src/d/f");
    const before = digest();
    const umount = mountReadOnly();
    const { code, completeness, entry } = await collected(at, "src");
    expect(code).toBe(0);
    expect(completeness).toEqual(counted(5));
    expect(entry("src/d/f")).toMatchObject({ sha256: sha256(Buffer.from("one\n")) });
    umount();
    expect(digest()).toBe(before);
  });

  it("says which range of a file the device cannot read, and keeps the rest", async () => {
    const at = place();
    const { mountReadOnly } = await image(at, "echo fine > src/a; yes 0123456789abcde | head -c 12582912 > src/b; filefrag -v src/b > blocks");
    const umount = mountReadOnly();
    // the device ends before the file does; its file system does not know
    const [, physical = 0, length = 0] =
      /^ +0: +0\.\.[^:]*: +(\d+)\.\. *\d+: +(\d+):/m.exec(readFileSync(join(at.folder, "blocks"), "utf8"))?.map(Number) ?? [];
    const size = 12_582_912;
    expect(length).toBeGreaterThan(1000);
    truncateSync(join(at.folder, "disk.img"), (physical + length - 16) * 4096);
    const { code, stderr, completeness, entry } = await collected(at, "src");
    umount();
    expect(code).toBe(3);
    expect(completeness).toEqual(counted(3, { failed: 1 }));
    const [error] = entry("src/b")?.errors ?? [];
    // the kernel gives up as much as it reads at once
    const offset = error?.offset ?? Number.NaN;
    expect(offset % 4096).toBe(0);
    expect(offset).toBeLessThanOrEqual((length - 16) * 4096);
    expect(offset).toBeGreaterThan(0);
    const stored = Buffer.from("0123456789abcde\n".repeat(offset / 16));
    expect(entry("src/b")).toMatchObject({
      size,
      sha256: null,
      sha256Stored: sha256(stored),
      errors: [{ code: "EIO", operation: "read", offset, length: size - offset }],
    });
    expect(entry("src/a")).toMatchObject({ sha256: sha256(Buffer.from("fine\n")) });
    expect(stderr).toContain("ptar: src/b: read: EIO\n");
  });
});
