// The reference reader in Python, written from the spec alone, reads repositories of the toolkit and refuses what it refuses. spec/15-repository.md
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mustHex, toHex } from "../../src/bytes/hex.js";
import { folderStorage } from "../../src/connectors/node/storage/folder-storage.js";
import { encodeCatalogue } from "../../src/format/catalogue.js";
import { encodeSnapshot } from "../../src/format/snapshot.js";
import { Repository } from "../../src/repository/repository.js";
import { native, noise } from "../archive/engines.js";
import { pack } from "../repository/repositories.js";
import { cannotOpen, python, pythonBytes, skipped } from "./python.js";
import { folder as vectorFolder } from "./vectors.js";

const program = join(import.meta.dirname, "../../bin/ptar.js");
const keys = join(vectorFolder, "keys");
const identity = join(keys, "erin.identity");
const recipient = /age1[a-z0-9]+/.exec(readFileSync(identity, "utf8"))?.[0] as string;

const large = noise(2_500_000, 3);

interface Snapshots {
  readonly snapshots: readonly { readonly id: string; readonly statements: readonly { readonly fingerprint: string }[] }[];
}

describe.skipIf(skipped !== undefined)(`the reference reader of repositories${skipped === undefined ? "" : ` (skipped: ${skipped})`}`, () => {
  let work = "";
  const at = (...names: readonly string[]) => join(work, ...names);

  function toolkit(...args: readonly string[]) {
    const env = { ...process.env, XDG_CONFIG_HOME: at("config"), XDG_CACHE_HOME: at("cache") };
    return spawnSync(process.execPath, [program, ...args], { encoding: "utf8", cwd: work, env });
  }

  function ptar(...args: readonly string[]): string {
    const { status, stdout, stderr } = toolkit(...args);
    expect(status, `${args.join(" ")}: ${stderr}`).toBe(0);
    return stdout.trim();
  }

  const codesIn = ({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }) =>
    [...`${stdout}${stderr}`.matchAll(/PTAR_[A-Z_]+/g)].map(([each]) => each);

  const filesIn = (repository: string, folder: string) => readdirSync(at(repository, folder)).map((name) => at(repository, folder, name));

  /** Two snapshots in several packs. */
  function fill(repository: string, ...key: readonly string[]) {
    for (const text of ["hello\n", "hello again\n"]) {
      writeFileSync(at("tree", "notes.txt"), text.repeat(3000));
      ptar("repo", "backup", repository, "tree", "--quiet", ...key);
    }
  }

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), "ptar-reference-"));
    mkdirSync(at("tree", "below"), { recursive: true });
    writeFileSync(at("tree", "large.bin"), large);
    writeFileSync(at("tree", "below", "empty"), "");
    ptar("repo", "init", "plain", "--pack-size", "1M");
    fill("plain");
    ptar("repo", "init", "sealed", "--pack-size", "1M", "--recipient", recipient, "--passphrase-file", join(keys, "words.passphrase"));
    fill("sealed", "--identity", identity);
    // quick to check again and again
    writeFileSync(at("tree", "large.bin"), noise(100_000, 4));
    ptar("repo", "init", "small");
    fill("small");
    writeFileSync(at("tree", "large.bin"), large);
  }, 60_000);
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  const both = [
    ["a plain repository", "plain", []],
    ...(cannotOpen ? [] : ([["an encrypted repository", "sealed", ["--identity", identity]]] as const)),
  ] as const;

  it("tells snapshots of one second apart by when their files were written, then by their names, as the toolkit does", () => {
    ptar("repo", "init", "quick");
    for (const text of ["1", "2", "3", "4"]) {
      writeFileSync(at("quick.txt"), text);
      ptar("repo", "backup", "quick", "quick.txt", "--quiet");
    }
    const files = filesIn("quick", "snapshots").sort();
    /** What both say when the files were written so many seconds before each other: snapshots by the second in which they finished. */
    const saidWhenApart = (seconds: number) => {
      const last = Math.floor(Date.now() / 1000) + 0.0009;
      for (const [i, file] of files.entries()) utimesSync(file, last, last - i * seconds);
      const { snapshots } = JSON.parse(ptar("repo", "snapshots", "quick", "--json")) as Snapshots;
      const { stdout } = python("ptar_repository", ["snapshots", at("quick")]);
      const said = [...stdout.matchAll(/^([0-9a-f]{64}) (\S+) /gm)].map(([, id = "", finished = ""]) => ({ id, finished }));
      expect(said).toHaveLength(4);
      expect(said.map(({ id }) => id)).toEqual(snapshots.map(({ id }) => id));
      return [...new Set(said.map(({ finished }) => finished))].map((second) => said.filter(({ finished }) => finished === second));
    };
    // within one millisecond their names decide, which go the other way here
    expect(saidWhenApart(0.0002)).toEqual(saidWhenApart(0.01).map((group) => group.reverse()));
  });

  describe.each(both)("of %s", (_what, repository, key) => {
    it("verifies packs, index, statements and trees, and says what the toolkit says", () => {
      const { snapshots } = JSON.parse(ptar("repo", "snapshots", repository, "--json", ...key)) as Snapshots;
      const { objects } = JSON.parse(ptar("repo", "check", repository, "--json", ...key)) as { objects: number };
      const trust = at("config/ptar/id_ed25519.pub");
      const { status, stdout, stderr } = python("ptar_repository", ["check", at(repository), "--trust", trust, ...key]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      const lines = stdout.trimEnd().split("\n");
      const packs = filesIn(repository, "packs").length;
      expect(packs).toBeGreaterThan(2);
      expect(lines.pop()).toBe(`repository: ok (${packs} packs, 0 adopted archives, 2 index archives, ${objects} objects, 0 orphans)`);
      const said = snapshots.flatMap(({ id, statements }) => [id, ...statements.map(({ fingerprint }) => fingerprint)]);
      expect(said).toHaveLength(4);
      for (const [i, each] of said.entries()) expect(lines[i]).toContain(each);
      expect(lines[1]).not.toContain("unknown key");
    });

    it("restores files of every snapshot", () => {
      const [first] = python("ptar_repository", ["snapshots", at(repository), ...key]).stdout.split(" ") as [string];
      const cat = (snapshot: string, path: string) => pythonBytes("ptar_repository", ["cat", at(repository), snapshot, path, ...key]);
      expect(cat("latest", "tree/large.bin").stdout.equals(readFileSync(at("tree", "large.bin")))).toBe(true);
      expect(cat("latest", "tree/notes.txt").stdout.toString()).toBe("hello again\n".repeat(3000));
      expect(cat(first.slice(0, 12), "tree/notes.txt").stdout.toString()).toBe("hello\n".repeat(3000));
      expect(cat("latest", "tree/below/empty")).toMatchObject({ status: 0, stdout: Buffer.alloc(0) });
      for (const [snapshot, path, code] of [
        ["latest", "tree/nothing", "PTAR_PATH_NOT_FOUND"],
        ["ffffffffffff", "tree/notes.txt", "PTAR_SNAPSHOT_NOT_FOUND"],
      ] as const)
        expect(cat(snapshot, path)).toMatchObject({ status: 7, stderr: expect.stringMatching(`^${code}: `) });
    });
  });

  describe.skipIf(cannotOpen)(`with keys${cannotOpen ? " (skipped: python3 has no package cryptography)" : ""}`, () => {
    it.each([
      ["no key", [], "PTAR_KEY_REQUIRED"],
      ["the identity of somebody else", ["--identity", join(keys, "oscar.identity")], "PTAR_IDENTITY_WRONG"],
      ["another passphrase", ["--passphrase-file", join(keys, "other.passphrase")], "PTAR_PASSPHRASE_WRONG"],
    ])("opens nothing with %s, like the toolkit", (_what, key, code) => {
      expect(python("ptar_repository", ["check", at("sealed"), ...key])).toMatchObject({
        status: 8,
        stdout: "",
        stderr: expect.stringMatching(`^${code}: `),
      });
      const found = toolkit("repo", "check", "sealed", "--json", ...key);
      expect(found.status).toBe(8);
      expect(codesIn(found)).toContain(code);
    });

    it("opens with the passphrase too", () => {
      const { status, stdout } = python("ptar_repository", ["snapshots", at("sealed"), "--passphrase-file", join(keys, "words.passphrase")]);
      expect({ status, lines: stdout.trimEnd().split("\n").length }).toEqual({ status: 0, lines: 4 });
    });
  });

  it.each(both)("reads archives that %s adopted where they are", (_what, repository, key) => {
    const copy = `adopting-${repository}`;
    cpSync(at(repository), at(copy), { recursive: true, preserveTimestamps: true });
    mkdirSync(at("other"), { recursive: true });
    writeFileSync(at("other", "field.bin"), noise(300_000, 8));
    const seal = key.length === 0 ? [] : ["--recipient", recipient];
    ptar("create", `${copy}.ptar`, "other", "--quiet", ...seal);
    ptar("repo", "import", copy, `${copy}.ptar`, "--adopt", "--any-signer", ...key);
    expect(filesIn(copy, "adopted")).toHaveLength(1);
    const { status, stdout, stderr } = python("ptar_repository", ["check", at(copy), ...key]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain(" 1 adopted archives, ");
    expect(pythonBytes("ptar_repository", ["cat", at(copy), "latest", "other/field.bin", ...key]).stdout.equals(Buffer.from(noise(300_000, 8)))).toBe(
      true,
    );
  });

  it("takes the rows of no index archive that another one supersedes, or that is gone", () => {
    cpSync(at("plain"), at("pruned"), { recursive: true, preserveTimestamps: true });
    const [first] = python("ptar_repository", ["snapshots", at("pruned")]).stdout.split(" ") as [string];
    const before = filesIn("pruned", "index");
    const saved = at("saved");
    mkdirSync(saved);
    for (const path of before) copyFileSync(path, join(saved, path.slice(-69)));
    ptar("repo", "forget", "pruned", first);
    ptar("repo", "prune", "pruned", "--grace", "0");
    expect(filesIn("pruned", "index")).toHaveLength(1);
    const after = python("ptar_repository", ["check", at("pruned")]);
    expect(after, after.stderr).toMatchObject({ status: 0 });
    // left by a prune that was killed before it deleted them: their packs may be gone
    for (const path of before) copyFileSync(join(saved, path.slice(-69)), path);
    const again = python("ptar_repository", ["check", at("pruned")]);
    expect(again).toMatchObject({ status: 0, stdout: after.stdout.replace(" 1 index archives", ` ${before.length + 1} index archives`) });
  });

  describe("refuses what the toolkit refuses, with the same code:", () => {
    const first = (copy: string, folder: string) => filesIn(copy, folder)[0] as string;
    const inDescription = (copy: string, change: (text: string) => string) => {
      const path = at(copy, "ptar-repository.json");
      writeFileSync(path, change(readFileSync(path, "utf8")));
    };
    const flipped = (path: string, offset: number) => {
      const bytes = readFileSync(path);
      const place = offset < 0 ? bytes.length + offset : offset;
      bytes[place] = (bytes[place] as number) ^ 1;
      writeFileSync(path, bytes);
    };
    const mark = (packs: readonly string[]) => JSON.stringify({ createdAt: "2026-11-21T09:02:11Z", ext: [], grace: 60, packs, type: "mark" });

    it.each<readonly [what: string, code: string, change: (copy: string) => unknown]>([
      ["no description", "PTAR_REPOSITORY_NOT_FOUND", (copy) => rmSync(at(copy, "ptar-repository.json"))],
      ["a description of another form", "PTAR_REPOSITORY_INVALID", (copy) => inDescription(copy, (text) => `${text}\n`)],
      [
        "chunks whose average is over the maximum",
        "PTAR_REPOSITORY_INVALID",
        (copy) => inDescription(copy, (text) => text.replace(/"average":\d+/, '"average":7000000')),
      ],
      [
        "a critical extension",
        "PTAR_UNSUPPORTED_EXTENSION",
        (copy) => inDescription(copy, (text) => text.replace('"ext":[]', '"ext":[{"critical":true,"data":"","id":"org.example.unknown"}]')),
      ],
      [
        "a key id in a plain repository",
        "PTAR_KEY_REQUIRED",
        (copy) => inDescription(copy, (text) => text.replace('"keyId":null', `"keyId":"${"ab".repeat(16)}"`)),
      ],
      ["a flipped bit in a pack", "PTAR_FRAME_CHECK", (copy) => flipped(first(copy, "packs"), 600)],
      [
        "a pack that is cut short",
        "PTAR_TRAILER_MISSING",
        (copy) => writeFileSync(first(copy, "packs"), readFileSync(first(copy, "packs")).subarray(0, -8)),
      ],
      ["a pack that is not there", "PTAR_PACK_MISSING", (copy) => rmSync(first(copy, "packs"))],
      [
        "a pack under the name of another one",
        "PTAR_REPOSITORY_INVALID",
        (copy) => {
          const [one, other] = filesIn(copy, "packs") as [string, string];
          copyFileSync(one, other);
        },
      ],
      ["a flipped bit in an index archive", "PTAR_FRAME_CHECK", (copy) => flipped(first(copy, "index"), -500)],
      [
        "a pack among index archives",
        "PTAR_REPOSITORY_INVALID",
        (copy) => copyFileSync(first(copy, "packs"), join(at(copy, "index"), first(copy, "packs").slice(-69))),
      ],
      [
        "an index archive among snapshots",
        "PTAR_REPOSITORY_INVALID",
        (copy) => copyFileSync(first(copy, "index"), join(at(copy, "snapshots"), first(copy, "index").slice(-69))),
      ],
      ["the index archives all gone", "PTAR_OBJECT_MISSING", (copy) => rmSync(at(copy, "index"), { recursive: true })],
      [
        "a sealed snapshot in a plain repository",
        "PTAR_REPOSITORY_INVALID",
        (copy) => cpSync(at("sealed", "snapshots"), at(copy, "snapshots"), { recursive: true, preserveTimestamps: true }),
      ],
      [
        "packs of a mark out of order",
        "PTAR_REPOSITORY_INVALID",
        (copy) => {
          mkdirSync(at(copy, "marks"), { recursive: true });
          writeFileSync(at(copy, "marks", `${"ab".repeat(32)}.json`), mark(["bb".repeat(32), "aa".repeat(32)]));
        },
      ],
      ["index archives that supersede each other", "PTAR_CATALOGUE_INVALID", addCircle],
      [
        "a statement that was not signed",
        "PTAR_SIGNATURE_INVALID",
        (copy) => addStatement(copy, (bytes) => [...bytes.subarray(0, 40), (bytes[40] as number) ^ 1, ...bytes.subarray(41)]),
      ],
      ["a statement about another snapshot", "PTAR_STATEMENT_MISMATCH", (copy) => addStatement(copy, (bytes) => [...bytes], "other")],
    ])("%s", async (what, code, change) => {
      const copy = what.replaceAll(" ", "-");
      cpSync(at("small"), at(copy), { recursive: true, preserveTimestamps: true });
      await change(copy);
      const found = toolkit("repo", "check", copy, "--json");
      expect(codesIn(found), found.stderr).toContain(code);
      expect(python("ptar_repository", ["check", at(copy)]).stderr).toMatch(new RegExp(`^${code}: `));
    });

    /** Publishes two index archives without rows that supersede each other. */
    async function addCircle(copy: string) {
      const { archives } = await Repository.open(folderStorage(at(copy)), { engine: native });
      const [one, other] = [await archives.create("index", { pack }), await archives.create("index", { pack })];
      for (const [file, superseded] of [
        [one, other],
        [other, one],
      ] as const) {
        const catalogue = { type: "catalogue", locations: [], supersedes: [toHex(superseded.name)], secrets: [], ext: [] } as const;
        const id = file.writer.put("catalogue", encodeCatalogue(catalogue));
        await file.publish({ snapshots: [], complete: true, subject: { kind: "catalogue", id } });
      }
    }

    /** Replaces the snapshot archives by one whose statement is another: anybody who can write there can do that. */
    async function addStatement(copy: string, change: (bytes: Uint8Array) => readonly number[], of: "same" | "other" = "same") {
      const repository = await Repository.open(folderStorage(at(copy)), { engine: native });
      const [snapshot, other] = repository.snapshots as readonly [Repository["snapshots"][number], Repository["snapshots"][number]];
      rmSync(at(copy, "snapshots"), { recursive: true });
      const file = await repository.archives.create("snapshots", { pack, extent: "thin" });
      const id = file.writer.put("snapshot", snapshot.bytes);
      const [stored] = (of === "same" ? snapshot : other).statements as readonly [Uint8Array];
      const statements = [file.writer.put("statement", Uint8Array.from(change(stored)))];
      file.writer.leaveOut("content", mustHex(snapshot.snapshot.content));
      await file.publish({ snapshots: [{ id, statements }], complete: true });
      await repository.close();
    }
  });

  it("tells of a forged statement beside a valid one and takes the valid one, though it claims a later time", async () => {
    // of snapshots of one second the times of their files tell which is the later
    cpSync(at("small"), at("forged"), { recursive: true, preserveTimestamps: true });
    const repository = await Repository.open(folderStorage(at("forged")), { engine: native });
    const [{ bytes, statements }] = repository.snapshots as readonly [Repository["snapshots"][number]];
    const text = Buffer.from(statements[0] as Uint8Array).toString("latin1");
    const forged = Buffer.from(text.replace(/"time":"2/, '"time":"1'), "latin1");
    await repository.snapshotFiles.publish({ bytes, statements: [forged] });
    await repository.close();
    const trust = ["--trust", at("config/ptar/id_ed25519.pub")];
    const listed = python("ptar_repository", ["snapshots", at("forged"), ...trust]);
    expect(listed).toMatchObject({ status: 0, stdout: python("ptar_repository", ["snapshots", at("small"), ...trust]).stdout });
    expect(listed.stderr).toMatch(/^warning: PTAR_SIGNATURE_INVALID: /);
    expect(python("ptar_repository", ["check", at("forged")]).stderr).toMatch(/^PTAR_SIGNATURE_INVALID: /);
  });

  it("has no latest snapshot that claims to be of a day to come", async () => {
    cpSync(at("small"), at("future"), { recursive: true, preserveTimestamps: true });
    const repository = await Repository.open(folderStorage(at("future")), { engine: native });
    const { snapshot } = repository.snapshot("latest");
    const times = { started: "2099-01-01T00:00:00Z", finished: "2099-01-01T00:00:00Z" };
    await repository.snapshotFiles.publish({ bytes: encodeSnapshot({ ...snapshot, times, content: "ab".repeat(32) }), statements: [] });
    await repository.close();
    expect(python("ptar_repository", ["snapshots", at("future")]).stdout).toContain("2099-01-01");
    expect(python("ptar_repository", ["cat", at("future"), "latest", "tree/notes.txt"])).toMatchObject({ status: 0 });
  });

  it("passes over files of other names, and never follows a symbolic link", () => {
    cpSync(at("plain"), at("linked"), { recursive: true, preserveTimestamps: true });
    for (const folder of ["index", "snapshots", "packs"]) {
      const [path] = filesIn("linked", folder) as [string];
      copyFileSync(path, at("linked", folder, "notes.ptar"));
      copyFileSync(path, at("linked", folder, `.${"ab".repeat(32)}.ptar.0123456789ab.ptar-part`));
    }
    expect(python("ptar_repository", ["check", at("linked")])).toMatchObject({ status: 0 });
    const [path] = filesIn("linked", "packs").filter((each) => /\/[0-9a-f]{64}\.ptar$/.test(each)) as [string];
    renameSync(path, at("moved"));
    symlinkSync(at("moved"), path);
    expect(python("ptar_repository", ["check", at("linked")]).stderr).toMatch(/^PTAR_REPOSITORY_INVALID: /);
    expect(toolkit("repo", "check", "linked", "--json").stdout).toContain("PTAR_REPOSITORY_INVALID");
  });
});
