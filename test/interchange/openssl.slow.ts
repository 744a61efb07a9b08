// Statements that the real openssl and sha256sum check. spec/13-interchange.md#openssl
import { spawnSync } from "node:child_process";
import { createPublicKey } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openArchive } from "../../src/archive/open.js";
import { toHex } from "../../src/bytes/hex.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { opensslFiles, opensslNames } from "../../src/interchange/openssl.js";
import type { ExportedFile } from "../../src/interchange/openssl-parts.js";
import { spkiPem } from "../../src/interchange/spki.js";
import { formatFingerprint } from "../../src/keys/archive-fingerprint.js";
import { nativeCrypto } from "../../src/native/crypto.js";
import { type SnapshotSubject, signSnapshot } from "../../src/statement/sign.js";
import { native } from "../archive/engines.js";
import { claim, forge } from "../archive/forge.js";
import { author, signerOf } from "../container/build.js";
import { without } from "./lists.js";

const folder = mkdtempSync(join(tmpdir(), "ptar-openssl-"));
const archivePath = join(folder, "archive.ptar");
let bytes: Uint8Array;
let files: readonly ExportedFile[];

beforeAll(async () => {
  // two generations, the first with two signers and a receipt
  const first = (await forge({ plan: { signers: [author, signerOf(2)] } })).tail([signerOf(3)]);
  bytes = (await forge({ write: (tree) => void tree.file("later", ["new"]) }, first)).bytes();
  writeFileSync(archivePath, bytes);
  files = await opensslFiles(await open());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function open(of = bytes) {
  return openArchive(new MemoryReader(of), { engine: native, trust: "any-signer" });
}

function fileOf(name: string): Buffer {
  return Buffer.from(files.find((file) => file.name === name)?.bytes ?? []);
}

/** A folder of programs that stands before, or in place of, all others. */
function programs(own: Readonly<Record<string, string>>, links: readonly string[] = []): string {
  const bin = mkdtempSync(join(folder, "bin "));
  for (const [name, script] of Object.entries(own)) writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  for (const name of links) symlinkSync(spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).stdout.trim(), join(bin, name));
  return bin;
}

/** Runs the script of a new folder with other variables. */
function runWith(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const place = mkdtempSync(join(folder, "with "));
  for (const { name } of files) writeFileSync(join(place, name), fileOf(name));
  return spawnSync("/bin/sh", [join(place, "verify.sh"), ...args], { cwd: folder, encoding: "utf8", env: { ...process.env, ...env } });
}

/** Writes the files to a new folder, with one of them changed, and runs the script. */
function runScript(change: { readonly name?: string; readonly alter?: (own: Buffer) => Buffer } = {}, ...args: readonly string[]) {
  const place = mkdtempSync(join(folder, "export "));
  for (const { name } of files)
    writeFileSync(join(place, name), name === change.name ? (change.alter ?? ((own) => flipped(own)))(fileOf(name)) : fileOf(name));
  const { status, stdout, stderr } = spawnSync("sh", [join(place, "verify.sh"), ...args], { cwd: folder, encoding: "utf8" });
  return { status, lines: stdout.split("\n"), stderr };
}

/** One bit flipped, in the middle unless told. */
function flipped(own: Buffer, at = own.length >> 1): Buffer {
  const copy = Buffer.from(own);
  copy[at] = (copy[at] as number) ^ 1;
  return copy;
}

const statements = ["archive-1-1", "archive-1-2", "archive-1-3", "archive-2-1", "snapshot-1-1", "snapshot-1-2", "snapshot-2-1"];

describe("an export for OpenSSL", () => {
  it("has message, signature and key of every statement, and what they are about", () => {
    expect(files.map(({ name }) => name)).toEqual([
      "manifest-1.json",
      "manifest.json",
      "snapshot-1.json",
      "snapshot-2.json",
      ...statements.flatMap((name) => [`${name}.msg`, `${name}.sig`, `${name}.pem`]),
      "verify.sh",
      "README.txt",
    ]);
    for (const name of statements) expect(fileOf(`${name}.sig`).length).toBe(64);
    for (const { name } of files) expect(name).toMatch(opensslNames);
    for (const name of ["manifest.json.bak", "my-snapshot-1.json", "archive.ptar", "SHA256SUMS"]) expect(name).not.toMatch(opensslNames);
    const message = fileOf("archive-2-1.msg").toString();
    const body = message.slice(message.indexOf("{"));
    expect(message).toBe(`DSSEv1 33 application/vnd.ptar.archive+json ${body.length} ${body}`);
  });

  it("has the manifest whose digest is the archive fingerprint and stands in the message", async () => {
    const { fingerprint } = await open();
    const digest = nativeCrypto.sha256(fileOf("manifest.json"));
    expect(toHex(digest)).toBe(toHex(fingerprint));
    expect(fileOf("archive-2-1.msg").toString()).toContain(`"manifest":"${toHex(digest)}"`);
    expect(fileOf("README.txt").toString()).toContain(formatFingerprint(fingerprint));
  });

  it("can be of one snapshot", async () => {
    const archive = await open();
    const [id] = archive.snapshotIds;
    const names = (await opensslFiles(archive, { snapshot: toHex(id as Uint8Array).slice(0, 16) })).map(({ name }) => name);
    expect(names.filter((name) => /^snapshot.*(json|msg)$/.test(name))).toEqual(["snapshot-1.json", "snapshot-1-1.msg", "snapshot-1-2.msg"]);
    expect(names).toContain("archive-2-1.msg");
  });

  it("is refused when nobody signed", async () => {
    const unsigned = (await forge({ plan: { signers: [] } })).bytes();
    await expect(open(unsigned).then((archive) => opensslFiles(archive))).rejects.toMatchObject({ code: "PTAR_SIGNATURE_MISSING" });
  });

  it("never has a statement about a snapshot that is not valid", async () => {
    const about = async (subject: SnapshotSubject) => [flipped(Buffer.from(await signSnapshot(author, subject, claim())), 3)];
    const forged = (await forge({ about })).bytes();
    await expect(open(forged).then((archive) => opensslFiles(archive))).rejects.toMatchObject({ code: "PTAR_SIGNATURE_INVALID" });
  });
});

describe("a key as PEM", () => {
  it("is what Node reads as this Ed25519 key", () => {
    const key = createPublicKey(spkiPem(author.publicKey));
    expect(key.asymmetricKeyType).toBe("ed25519");
    expect(key.export({ format: "jwk" }).x).toBe(Buffer.from(author.publicKey).toString("base64url"));
    expect(key.export({ format: "pem", type: "spki" })).toBe(spkiPem(author.publicKey));
  });
});

describe.skipIf(without("openssl", "sha256sum"))("verify.sh", () => {
  it("finds everything right, also from another folder and with the archive", () => {
    const { status, lines, stderr } = runScript({}, "archive.ptar");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(lines.filter((line) => line.startsWith("FAILED"))).toEqual([]);
    // three for each statement, the chain of manifests, both in the archive, two snapshots
    expect(lines.filter((line) => line.startsWith("ok ")).length).toBe(statements.length * 3 + 5);
    expect(lines).toContain(`archive fingerprint: ${formatFingerprint(nativeCrypto.sha256(fileOf("manifest.json")))}`);
    expect(runScript({}, archivePath).status).toBe(0);
  });

  it.each([
    ["archive-2-1.msg", /^FAILED {2}archive-2-1: the signature is valid$/m],
    ["archive-1-3.sig", /^FAILED {2}archive-1-3: the signature is valid$/m],
    ["snapshot-1-2.pem", /^FAILED {2}snapshot-1-2: the signature is valid$/m],
    ["manifest.json", /^FAILED {2}archive-2-1: the message names manifest [0-9a-f]{64}$/m],
    ["manifest-1.json", /^FAILED {2}manifest\.json: follows manifest-1\.json$/m],
    ["snapshot-2.json", /^FAILED {2}manifest\.json: lists snapshot-2\.json$/m],
  ])("fails when one bit of %s is flipped", (name, expected) => {
    const { status, lines } = runScript({ name });
    expect(status).toBe(1);
    expect(lines.join("\n")).toMatch(expected);
  });

  it("fails when a key, message and signature of somebody else stand there", () => {
    const foreign = fileOf("archive-1-2.pem");
    const { lines } = runScript({ name: "archive-1-1.pem", alter: () => foreign });
    expect(lines.filter((line) => line.startsWith("FAILED"))).toEqual([
      "FAILED  archive-1-1: the signature is valid",
      "FAILED  archive-1-1: the message names the key in archive-1-1.pem",
    ]);
  });

  it("checks its own folder, also when CDPATH has another of the same name", () => {
    const other = mkdtempSync(join(folder, "cdpath "));
    mkdirSync(join(folder, "own"));
    mkdirSync(join(other, "own"));
    for (const { name } of files) {
      writeFileSync(join(folder, "own", name), name === "manifest.json" ? flipped(fileOf(name)) : fileOf(name));
      writeFileSync(join(other, "own", name), fileOf(name));
    }
    const { status } = spawnSync("sh", ["own/verify.sh"], { cwd: folder, encoding: "utf8", env: { ...process.env, CDPATH: other } });
    expect(status).toBe(1);
  });

  it.each([["OpenSSL 1.1.1w  11 Sep 2023"], ["LibreSSL 3.8.2"], ["OpenSSL 0.9.8zg"], [""]])(
    "cannot check with openssl of version %j, and does not call it a failure",
    (version) => {
      const { status, stdout, stderr } = runWith({ PATH: `${programs({ openssl: `echo '${version}'` })}:${process.env.PATH}` });
      expect({ status, stdout, stderr }).toEqual({
        status: 2,
        stdout: "",
        stderr: `cannot check: openssl is ${version === "" ? "of an unknown version" : version}, OpenSSL 3.0 or newer expected\n`,
      });
    },
  );

  const tools = ["openssl", "sha256sum", "cat", "cut", "dirname", "grep", "head", "od", "sed", "tail", "tr"];
  it.each(tools)("cannot check without %s, and says so", (missing) => {
    const bin = programs(
      {},
      tools.filter((tool) => tool !== missing),
    );
    const { status, stdout, stderr } = runWith({ PATH: bin });
    expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: "", stderr: `cannot check: ${missing} is not installed\n` });
  });

  it("needs no other programs than those", () => {
    expect(runWith({ PATH: programs({}, tools) }, "archive.ptar")).toMatchObject({ status: 0, stderr: "" });
  });

  it("takes OpenSSL 10 for a newer one", () => {
    const real = spawnSync("sh", ["-c", "command -v openssl"], { encoding: "utf8" }).stdout.trim();
    const next = programs({ openssl: `test "$1" = version && echo 'OpenSSL 10.1.0' || exec '${real}' "$@"` });
    expect(runWith({ PATH: `${next}:${process.env.PATH}` }).status).toBe(0);
  });

  it("cannot check an archive that is not there", () => {
    const { status, stderr } = runScript({}, "nope.ptar");
    expect({ status, stderr }).toEqual({ status: 2, stderr: `cannot check: ${join(folder, "nope.ptar")} cannot be read\n` });
  });

  it("fails for another archive", () => {
    const at = bytes.length - 1000;
    writeFileSync(join(folder, "other.ptar"), Buffer.concat([Buffer.from(bytes).subarray(0, at), Buffer.alloc(1000)]));
    const { status, lines } = runScript({}, "other.ptar");
    expect(status).toBe(1);
    expect(lines.join("\n")).toMatch(/^FAILED {2}\S*other\.ptar: holds manifest\.json at byte \d+$/m);
  });
});

describe.skipIf(without("openssl", "sha256sum"))("README.txt", () => {
  it("has commands that work as they stand", () => {
    const place = mkdtempSync(join(folder, "readme "));
    for (const { name } of files) writeFileSync(join(place, name), fileOf(name));
    const commands = fileOf("README.txt")
      .toString()
      .match(/^ {5}(?! )\S.*$/gm)
      ?.map((line) => line.trim().replace("ARCHIVE", '"$ARCHIVE"'));
    expect(commands?.length).toBe(6);
    const outputs = (commands ?? []).map((command) => {
      const { status, stdout, stderr } = spawnSync("sh", ["-c", command], {
        cwd: place,
        encoding: "utf8",
        env: { ...process.env, ARCHIVE: archivePath },
      });
      expect({ command, status }).toEqual({ command, status: 0 });
      return stdout + stderr;
    });
    const digestOf = (name: string) => toHex(nativeCrypto.sha256(fileOf(name)));
    expect(outputs[0]).toBe("Signature Verified Successfully\n");
    expect(outputs[1]).toContain(digestOf("manifest.json"));
    expect(outputs[2]?.replaceAll(/[\s:]/g, "")).toContain(toHex(author.publicKey));
    expect(outputs[3]).toContain(digestOf("manifest-1.json"));
    expect(outputs[4]).toContain(digestOf("manifest.json"));
    expect(outputs[5]).toContain(readFileSync(join(place, "snapshot-1-1.msg"), "utf8").match(/"snapshot":"([0-9a-f]{64})"/)?.[1]);
  });
});
