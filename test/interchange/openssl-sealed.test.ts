// Statements of a sealed archive that the real openssl and sha256sum check. spec/13-interchange.md#openssl
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openArchive } from "../../src/archive/open.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { opensslFiles, opensslNames } from "../../src/interchange/openssl.js";
import type { ExportedFile } from "../../src/interchange/openssl-parts.js";
import { create, native } from "../archive/engines.js";
import { owner, ringOf } from "../container/sealing.js";
import { without } from "./lists.js";

const folder = mkdtempSync(join(tmpdir(), "ptar-openssl-"));
let files: readonly ExportedFile[];
const textOf = (name: string) => Buffer.from(files.find((file) => file.name === name)?.bytes ?? []).toString();

beforeAll(async () => {
  const { bytes } = await create({ a: "b" }, { seal: { recipients: [owner.recipient] } });
  files = await opensslFiles(await openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer", keys: ringOf(owner) }));
  writeFileSync(join(folder, "archive.ptar"), bytes);
  for (const file of files) writeFileSync(join(folder, file.name), file.bytes);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("an export of a sealed archive for OpenSSL", () => {
  it("has the snapshot and its statements, which are sealed in the archive", () => {
    const names = files.map(({ name }) => name);
    expect(names).toContain("snapshot-1.json");
    expect(names).toContain("snapshot-1-1.sig");
    for (const name of names) expect(name).toMatch(opensslNames);
    expect(JSON.parse(textOf("manifest.json"))).toMatchObject({ snapshots: [] });
  });

  it("says what it cannot show, and that it is not sealed", () => {
    const text = textOf("README.txt").replaceAll(/\s+/g, " ");
    expect(text).toContain("That the archive holds these snapshots cannot be checked here: it is sealed, and so is its list of them.");
    expect(text).toContain("The archive is sealed, this folder is not: snapshot-*.json tells what was collected");
    expect(text).not.toContain("the manifest lists it");
  });

  it.skipIf(without("openssl", "sha256sum"))("is found right by its script, which names what it did not check", () => {
    const { status, stdout, stderr } = spawnSync("sh", [join(folder, "verify.sh"), "archive.ptar"], { cwd: folder, encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).not.toContain("FAILED");
    expect(stdout).toContain("not checked: that the archive holds snapshot-1.json, which is sealed there; ptar verify with a key shows it\n");
    // three for each of two statements, and the manifest in the archive
    expect(stdout.match(/^ok /gm)).toHaveLength(7);
  });
});
