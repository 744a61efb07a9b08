// ptar verify: verdicts and exit codes of real archives, whole, damaged and foreign. spec/10-verify.md#codes
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { errorCodes } from "../../src/errors/codes.js";
import { placeIn, root } from "./run.js";
import { document } from "./schema.js";

const folder = mkdtempSync(join(tmpdir(), "ptar-cli-"));
const { ptar, shell } = placeIn(folder);
let archive: Buffer;
let id = "";
let publicLine = "";

beforeAll(async () => {
  cpSync(join(root, "examples/case"), join(folder, "case"), { recursive: true, verbatimSymlinks: true });
  [publicLine = ""] = (await ptar("keygen", "--out", "k", "--comment", "lab")).stdout.split("\n");
  id = (await ptar("create", "a.ptar", "case", "--key", "k", "--quiet")).stdout.trim();
  await ptar("create", "unsigned.ptar", "case", "--no-sign");
  archive = readFileSync(join(folder, "a.ptar"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Verifies bytes and gives the outcome with its document; every line for people has the program's name and no stack. */
async function verifyBytes(bytes: Uint8Array) {
  writeFileSync(join(folder, "x.ptar"), bytes);
  const { code, stdout, stderr } = await ptar("verify", "x.ptar", "--trust", "k.pub", "--json");
  for (const line of stderr.trimEnd().split("\n")) expect(line).toMatch(/^ptar: [^A-Z]/);
  return {
    code,
    value: JSON.parse(stdout) as Record<
      string,
      { readonly code?: string; readonly status?: string; readonly problems?: readonly { code: string }[] }
    >,
    stdout,
  };
}

describe("ptar verify", () => {
  it("gives five verdicts, who signed, what is not shown, and the id", async () => {
    const { code, stdout, stderr } = await ptar("verify", "a.ptar", "--trust", "k.pub");
    const key = /SHA256:\S{43}/.exec(stdout)?.[0];
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.split("\n")).toEqual([
      expect.stringMatching(/^integrity {5}ok {10}\d+ objects, 18 entries, every byte$/),
      `signature     trusted     ${key} (trusted as "lab")`,
      expect.stringMatching(/^time {10}claimed {5}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ; no independent time stamp$/),
      "completeness  complete    18 of 18",
      "custody       none        none recorded",
      `contents signed by ${key} (trusted as "lab"); file made by ${key} (trusted as "lab")`,
      "not shown: that the contents are true, who wrote them, that this is the only archive made",
      id,
      "",
    ]);
  });

  it.each([
    ["standard", "structure and metadata; contents not read"],
    ["deep", "every byte, whole-file digests and page cuts"],
  ])("says at level %s what was looked at", async (level, reach) => {
    const { code, stdout } = await ptar("verify", "a.ptar", "--trust", publicLine, "--level", level);
    expect({ code, reached: stdout.split("\n")[0]?.endsWith(reach) }).toEqual({ code: 0, reached: true });
  });

  it("does not take a key for the own one because its file says so", async () => {
    const { stdout } = await shell(
      "ptar keygen --out m --comment 'your key' > keygen.out; ptar create m.ptar case --key m --quiet; ptar verify m.ptar --trust m.pub",
    );
    expect(stdout).toContain('(trusted as "your key, says its file")');
    expect(stdout).not.toContain("(your key)");
  });

  it("exits 6 for a key that is not known here, and says how to trust it", async () => {
    const { code, stdout, stderr } = await ptar("verify", "a.ptar");
    expect(code).toBe(6);
    expect(stdout).toMatch(/\nsignature {5}unknown key SHA256:\S{43} \(key not known here\)\n/);
    const command = /: (ptar trust add 'ssh-ed25519 \S+' --name) NAME\n$/.exec(stderr)?.[1];
    const other = placeIn(mkdtempSync(join(folder, "other-")));
    expect((await other.shell(`${command} them && ptar verify ${join(folder, "a.ptar")}`)).code).toBe(0);
  });

  it("exits 5 for an archive that nobody signed, unless that is allowed", async () => {
    const { code, stdout } = await ptar("verify", "unsigned.ptar", "--json");
    expect(code).toBe(5);
    expect(document("verify", stdout)).toMatchObject({
      signature: { status: "unsigned", problems: [{ code: "PTAR_SIGNATURE_MISSING" }] },
      exitCode: 5,
    });
    expect((await ptar("verify", "unsigned.ptar", "--allow-unsigned")).code).toBe(0);
  });

  it("takes the expected fingerprint in any usual writing, and exits 4 for another", async () => {
    expect((await ptar("verify", "a.ptar", "--trust", "k.pub", "--expect", id.replaceAll(" ", "").toUpperCase())).code).toBe(0);
    const other = await ptar("verify", "a.ptar", "--trust", "k.pub", "--expect", "0".repeat(64), "--json");
    expect(document("verify", other.stdout)).toMatchObject({ integrity: { problems: [{ code: "PTAR_VERIFY_UNEXPECTED" }] }, exitCode: 4 });
    expect(other.code).toBe(4);
  });

  it("does not trust a key outside its time", async () => {
    writeFileSync(join(folder, "old"), `lab namespaces="ptar",valid-before="20200101Z" ${publicLine}\n`);
    const { code, stdout } = await ptar("verify", "a.ptar", "--trust", "old");
    expect(code).toBe(6);
    expect(stdout).toContain("(key not trusted for this time)");
  });

  it.each([
    ["nope.ptar", 7, "PTAR_ARCHIVE_NOT_FOUND"],
    ["case", 1, "PTAR_IO_FAILED"],
  ])("fails on %s", async (name, exitCode, code) => {
    const outcome = await ptar("verify", name, "--json");
    expect(document("error", outcome.stdout)).toMatchObject({ error: { code }, exitCode });
    expect(outcome.code).toBe(exitCode);
  });

  it("refuses a trust file that is none", async () => {
    const outcome = await ptar("verify", "a.ptar", "--trust", "case/README.txt", "--json");
    expect(document("error", outcome.stdout)).toMatchObject({ error: { code: "PTAR_TRUST_INVALID" }, exitCode: 9 });
  });
});

describe("a damaged archive", () => {
  const cuts = [0.999, 0.9, 0.5, 0.1];
  it.each(cuts)("cut to %d of its length is refused", async (part) => {
    const { code, value } = await verifyBytes(archive.subarray(0, Math.floor(archive.length * part)));
    expect(code).toBe(4);
    expect(value.integrity).toMatchObject({ status: "damaged", problems: [{ code: "PTAR_TRAILER_MISSING" }] });
  });

  it("is not said to be signed by nobody when nothing of it could be looked at", async () => {
    writeFileSync(join(folder, "cut.ptar"), archive.subarray(0, -1));
    const { stdout } = await ptar("verify", "cut.ptar");
    expect(stdout).toContain("contents signed by (not known); file made by (not known)\n");
  });

  it.each([0.01, 0.02, 0.2, 0.4, 0.6, 0.8, 0.95, 0.99])("with a flip at %d of its length is refused", async (part) => {
    const bytes = Uint8Array.from(archive);
    const at = Math.floor(bytes.length * part);
    bytes[at] = (bytes[at] as number) ^ 1;
    const { code, stdout } = await verifyBytes(bytes);
    expect([4, 5, 10]).toContain(code);
    if (code !== 10) expect(document("verify", stdout).exitCode).toBe(code);
  });

  it("extended by a byte, or by a zip, is refused", async () => {
    for (const more of [Uint8Array.of(0), Buffer.from("PK\x05\x06".padEnd(22, "\0"))]) {
      const { code, value } = await verifyBytes(Buffer.concat([archive, more]));
      expect({ code, first: value.integrity?.problems?.[0]?.code }).toEqual({ code: 4, first: "PTAR_TRAILER_MISSING" });
    }
  });

  it("prints the first problem and a readable sentence", async () => {
    writeFileSync(join(folder, "x.ptar"), archive.subarray(0, -1));
    const { code, stdout, stderr } = await ptar("verify", "x.ptar");
    expect(code).toBe(4);
    expect(stdout).toMatch(/^integrity {5}damaged {5}\S/);
    expect(stderr).toMatch(/^ptar: \S.*\n/);
    expect(stderr).not.toContain("    at ");
  });
});

describe("a file of another kind", () => {
  it.each([
    ["a tar", "tar", () => execFileSync("tar", ["-C", folder, "-cf", "-", "case"])],
    ["a zip", "zip", () => Buffer.from("PK\x03\x04".padEnd(200, "\0"))],
    ["a Plakar file", "Plakar", () => Buffer.from("_PLATAR_".padEnd(200, "\0"))],
    ["an archive damaged by text mode", "text", () => Buffer.from(archive.toString("latin1").replaceAll("\r\n", "\n"), "latin1")],
    ["an empty file", "", () => Buffer.alloc(0)],
    ["a text", "", () => Buffer.from("hello\n".repeat(50))],
  ])("%s is named as such", async (_, word, bytes) => {
    const { code, value } = await verifyBytes(bytes());
    expect({ code, error: value.error?.code }).toEqual({ code: 10, error: "PTAR_HEADER_MAGIC" });
    expect(errorCodes.PTAR_HEADER_MAGIC.exit).toBe(10);
    expect(JSON.stringify(value.error)).toContain(word);
    // the other commands say the same
    expect((await ptar("list", "x.ptar")).code).toBe(10);
  });
});

it("does not need the folder to be writable", async () => {
  const { code } = await shell(
    "chmod 555 case; mkdir -p ro; cp a.ptar ro; chmod 555 ro; ptar verify ro/a.ptar --trust k.pub; code=$?; chmod 755 ro case; exit $code",
  );
  expect(code).toBe(0);
});
