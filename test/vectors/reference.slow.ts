// The reference reader in Python, written from the spec alone, says the same of every vector and of an archive of the toolkit. spec/10-verify.md#order
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { frameTypes } from "../../src/format/frame.js";
import { noise } from "../archive/engines.js";
import { load } from "../fuzz/load.js";
import { cannotOpen, python as run, skipped } from "./python.js";
import { folder, vectors } from "./vectors.js";

const root = join(import.meta.dirname, "../..");
const python = (...args: readonly string[]) => run("ptar_reference", args);
const trusted = join(folder, "keys/trusted");

describe.skipIf(skipped !== undefined)(`the reference reader${skipped === undefined ? "" : ` (skipped: ${skipped})`}`, () => {
  let work = "";
  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), "ptar-reference-"));
  });
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  function ptar(...args: readonly string[]) {
    const env = { ...process.env, XDG_CONFIG_HOME: join(work, "config") };
    return spawnSync(process.execPath, [join(root, "bin/ptar.js"), ...args], { encoding: "utf8", cwd: join(root, "examples"), env });
  }

  // elliptic curves in plain Python are slow
  it("agrees with every vector", { timeout: 180_000 }, () => {
    const { status, stdout, stderr } = python("--vectors", folder);
    expect(stderr).toBe("");
    const last = stdout.trimEnd().split("\n").at(-1);
    console.info(`vectors, Python: ${last} (of ${vectors.length} vectors)`);
    expect(last, stdout).toMatch(/^[0-9]+ agree, 0 differ$/);
    expect(status).toBe(0);
    if (!cannotOpen) expect(last).toBe(`${vectors.length} agree, 0 differ`);
  });

  describe("without a key", () => {
    const archive = fileOf("sealed_valid_one-recipient");

    it("verifies a sealed archive and says that objects were not checked", () => {
      const { status, stdout, stderr } = python("verify", archive, "--trust", trusted);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toContain("objects were not checked");
      expect(stdout).toContain("signature: trusted");
    });

    it("lists and extracts nothing of one", () => {
      for (const args of [
        ["list", archive],
        ["extract", archive, join(work, "sealed")],
      ]) {
        const { status, stdout, stderr } = python(...args);
        expect({ status, stdout }).toEqual({ status: 8, stdout: "" });
        expect(stderr).toMatch(/^PTAR_KEY_REQUIRED: /);
      }
    });

    it("needs no package of Python, and counts the vectors that do", () => {
      const sealed = vectors.filter(({ file }) => file.startsWith("encryption/sealed_valid_"));
      const withKey = sealed.filter(({ flags }) => flags.includes("encryption"));
      const bare = join(work, "bare");
      mkdirSync(bare);
      // stands in the way of the real one
      writeFileSync(join(bare, "cryptography.py"), "raise ImportError\n");
      symlinkSync(join(folder, "keys"), join(bare, "keys"));
      symlinkSync(join(folder, "encryption"), join(bare, "encryption"));
      writeFileSync(join(bare, "index.json"), JSON.stringify(sealed));
      const { status, stdout, stderr } = run("ptar_reference", ["--vectors", bare], { PYTHONPATH: bare });
      expect(withKey.length).toBeGreaterThan(20);
      expect({ status, stderr, stdout }).toEqual({
        status: 0,
        stderr: "",
        stdout: `${withKey.length} skipped: encryption needs the package cryptography\n${sealed.length - withKey.length} agree, 0 differ\n`,
      });
    });
  });

  describe.skipIf(cannotOpen)(`with a key${cannotOpen ? " (skipped: python3 has no package cryptography)" : ""}`, () => {
    const identity = join(folder, "keys/erin.identity");

    it("lists a sealed archive by identity and by passphrase", () => {
      const archive = fileOf("sealed_valid_both");
      const lists = [
        ["--identity", join(folder, "keys/oscar.identity"), "--identity", identity],
        ["--passphrase-file", join(folder, "keys/words.passphrase")],
      ].map((key) => {
        const { status, stdout, stderr } = python("list", archive, ...key);
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        return stdout;
      });
      expect(lists[0]).toContain("hello.txt");
      expect(lists[1]).toBe(lists[0]);
    });

    // a vector has one code from its level on, and at full the order of frames is wrong before anything is opened
    it("refuses a block before the first session at standard, as the toolkit does", async () => {
      const [{ buildArchive }, { tinySealed }] = await Promise.all([
        load<{ readonly buildArchive: (plan: unknown, tamper: unknown) => Uint8Array }>("archive.mjs"),
        load<{ readonly tinySealed: unknown }>("sealed-plans.mjs"),
      ]);
      const archive = join(work, "before-session.ptar");
      const tamper = {
        index: (rows: readonly { readonly kind: string }[]) => rows.map((row) => (row.kind === "snapshot" ? { ...row, frame: 1, ordinal: 0 } : row)),
        frame: (frame: { readonly number: number }) => (frame.number === 1 ? { ...frame, type: frameTypes.blockMeta } : frame),
      };
      writeFileSync(archive, buildArchive(tinySealed, tamper));
      const keys = ["--trust", trusted, "--identity", identity, "--level", "standard"];
      const told = python("verify", archive, ...keys);
      expect({ status: told.status, code: told.stderr.split(":")[0] }).toEqual({ status: 4, code: "PTAR_FRAME_SEAL" });
      const report = ptar("verify", archive, ...keys, "--json");
      expect([report.status, report.stdout.includes("PTAR_FRAME_SEAL")]).toEqual([4, true]);
    });

    // spec/14-encryption.md#opening: a vector is read with one identity
    it("tries each identity by itself, as the toolkit does: what one finds damaged another opens", async () => {
      const [{ buildArchive }, { tinySealed }, { base64 }] = await Promise.all([
        load<{ readonly buildArchive: (plan: unknown, tamper: unknown) => Uint8Array }>("archive.mjs"),
        load<{ readonly tinySealed: unknown }>("sealed-plans.mjs"),
        load<{ readonly base64: (bytes: Uint8Array) => string }>("age.mjs"),
      ]);
      const zero = { args: ["X25519", base64(Buffer.alloc(32))], body: Buffer.alloc(32, 5) };
      const archive = join(work, "zero-share.ptar");
      writeFileSync(archive, buildArchive(tinySealed, { age: () => ({ stanzas: (stanzas: readonly unknown[]) => [...stanzas, zero] }) }));
      const frank = join(folder, "keys/frank.identity");
      for (const [keys, status, code] of [
        [["--identity", frank, "--identity", identity], 0, ""],
        [["--identity", frank], 4, "PTAR_KEYS_INVALID"],
      ] as const) {
        const told = python("verify", archive, "--trust", trusted, ...keys);
        expect({ status: told.status, code: told.stderr.split(":")[0] }).toEqual({ status, code });
        const report = ptar("verify", archive, "--trust", trusted, ...keys, "--json");
        expect(report.status).toBe(status);
        expect(report.stdout.includes("PTAR_KEYS_INVALID")).toBe(status !== 0);
      }
    });

    it("extracts one", () => {
      const target = join(work, "opened");
      const { status, stderr } = python("extract", fileOf("sealed_valid_one-recipient"), target, "--identity", identity);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(readFileSync(join(target, "hello.txt"), "utf8")).toBe("hello\n");
    });

    it("opens what the toolkit sealed", () => {
      const archive = join(work, "sealed.ptar");
      const recipient = /age1[a-z0-9]+/.exec(readFileSync(identity, "utf8"))?.[0] as string;
      const created = ptar("create", archive, "case", "--recipient", recipient, "--quiet");
      expect(created.status, created.stderr).toBe(0);
      const trust = join(work, "config/ptar/id_ed25519.pub");
      const { status, stdout, stderr } = python("verify", archive, "--level", "deep", "--trust", trust, "--identity", identity);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout.split("\n")[0]?.replaceAll(" ", "")).toBe(created.stdout.trim().replaceAll(" ", ""));
      expect(stdout).not.toContain("not checked");
    });

    it("shows nothing of keys that it cannot use", () => {
      const secret = readFileSync(identity, "utf8").split("\n").at(-2) as string;
      const passphrase = "horses\nstaples\n";
      const cases = [
        ["--identity", `${secret.slice(0, -1)}${secret.endsWith("Q") ? "P" : "Q"}\n`, "PTAR_KEY_INVALID"],
        ["--identity", `${secret}\n${secret.toLowerCase().slice(0, 40)}\n`, "PTAR_KEY_INVALID"],
        ["--identity", "AGE-SECRET-KEY-PQ-1QQQQ\n", "PTAR_KEY_INVALID"],
        ["--identity", "# no key\n", "PTAR_KEY_INVALID"],
        ["--passphrase-file", passphrase, "PTAR_PASSPHRASE_INVALID"],
        ["--passphrase-file", "\n", "PTAR_PASSPHRASE_INVALID"],
      ] as const;
      for (const [option, text, code] of cases) {
        const file = join(work, "key");
        writeFileSync(file, text);
        const { status, stdout, stderr } = python("list", fileOf("sealed_valid_both"), option, file);
        expect({ status, stdout }, text).toEqual({ status: 8, stdout: "" });
        expect(stderr.startsWith(`${code}: `), stderr).toBe(true);
        for (const part of text.split("\n").filter((line) => line.length > 2)) expect(stderr).not.toContain(part.slice(-8));
      }
    });
  });

  it.each(["deflate", "zstd"])("lists and verifies an archive of the toolkit in %s as the toolkit does", { timeout: 60_000 }, (codec) => {
    const archive = join(work, `${codec}.ptar`);
    const created = ptar("create", archive, "case", "--codec", codec, "--quiet");
    expect(created.status, created.stderr).toBe(0);
    const { entries } = JSON.parse(ptar("list", archive, "--json").stdout) as { entries: { path: string; type: string; size?: number }[] };
    expect(entries.length).toBeGreaterThan(10);
    const listed = python("list", archive);
    expect(listed.stderr).toBe("");
    expect(listed.stdout.trimEnd().split("\n").map(lineOf)).toEqual(entries.map(({ path, type, size }) => ({ path, type, size: size ?? "-" })));
    const trust = join(work, "config/ptar/id_ed25519.pub");
    const verified = python("verify", archive, "--level", "deep", "--trust", trust);
    expect({ stderr: verified.stderr, status: verified.status }).toEqual({ stderr: "", status: 0 });
    expect(verified.stdout.split("\n")[0]?.replaceAll(" ", "")).toBe(created.stdout.trim().replaceAll(" ", ""));
  });

  it.each(["1", "19"])("decodes what zstd makes of texts, tables and noise at level %s", { timeout: 60_000 }, (level) => {
    const archive = join(work, `level-${level}.ptar`);
    const inputs = join(work, `inputs-${level}`);
    mkdirSync(inputs);
    writeFileSync(join(inputs, "runs"), `${"a".repeat(90_000)}${"abc".repeat(50_000)}`);
    writeFileSync(
      join(inputs, "few-symbols"),
      noise(200_000).map((byte) => (byte & 3) + 97),
    );
    writeFileSync(
      join(inputs, "skewed"),
      noise(200_000, 5).map((byte, i, all) => Math.min(byte, all[(i * 7) % all.length] as number, 90)),
    );
    const chapters = join(root, "spec");
    const created = ptar("create", archive, inputs, chapters, "--codec", "zstd", "--compression-level", level, "--quiet");
    expect(created.status, created.stderr).toBe(0);
    const { status, stderr } = python("verify", archive, "--level", "deep", "--trust", join(work, "config/ptar/id_ed25519.pub"));
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  });
});

/** Path of a vector's archive. */
function fileOf(name: string): string {
  const vector = vectors.find((row) => row.name === name);
  if (vector === undefined) throw new TypeError(`no vector ${name}`);
  return join(folder, vector.file);
}

/** A line of the reader's list: a mark, type, size and path. */
function lineOf(line: string): { path: string; type: string; size: number | string } {
  const [, type = "", size = "", path = ""] = /^[ ~!] (\S+) +(\S+) (.*)$/.exec(line) ?? [];
  return { path, type, size: size === "-" ? size : Number(size) };
}
