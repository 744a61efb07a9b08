// The program against repositories that somebody prepared. spec/15-repository.md#security
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openArchive } from "../../src/archive/open.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemorySource } from "../../src/connectors/memory/source.js";
import { folderStorage } from "../../src/connectors/node/storage/folder-storage.js";
import { encodeSnapshot } from "../../src/format/snapshot.js";
import { backup } from "../../src/repository/backup.js";
import { initRepository } from "../../src/repository/init.js";
import { readWants } from "../../src/repository/transfer/wants.js";
import { native } from "../archive/engines.js";
import { type Place, place, placeIn } from "../cli/run.js";
import { signerOf } from "../container/build.js";
import { refusal } from "../container/refusal.js";
import { pack, reopened } from "./repositories.js";

const made = mkdtempSync(join(tmpdir(), "ptar-hostile-"));
afterAll(() => rmSync(made, { recursive: true, force: true }));
/** Of the identity `mine`. */
let recipient = "";

// once: a plain repository R and an encrypted one E, each with a snapshot of src
beforeAll(async () => {
  const here = placeIn(made);
  mkdirSync(join(made, "src"));
  writeFileSync(join(made, "src", "ledger"), "pay 1000 to bob and co");
  recipient = /age1\w+/.exec(await must(here, "ptar keygen --identity --out mine 2>/dev/null"))?.[0] ?? "";
  await must(here, "ptar repo init R; ptar repo backup R src");
  await must(here, `ptar repo init E --recipient ${recipient}; ptar repo backup E src --identity mine`);
});

/** A place of its own with all that. */
function prepared(): Place {
  const here = place();
  cpSync(made, here.folder, { recursive: true, preserveTimestamps: true });
  return here;
}

async function must(here: Place, script: string): Promise<string> {
  const { code, stdout, stderr } = await here.shell(`set -e\n${script}`);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** What of a script fails, or 0. */
async function exitOf(here: Place, script: string): Promise<number | null> {
  return (await here.shell(script)).code;
}

const describeAs = (folder: string, change: object) => {
  const path = join(folder, "ptar-repository.json");
  const entries = Object.entries({ ...JSON.parse(readFileSync(path, "utf8")), ...change }).sort(([a], [b]) => (a < b ? -1 : 1));
  rmSync(path);
  writeFileSync(path, JSON.stringify(Object.fromEntries(entries)));
};

describe("an encrypted repository whose description says that it is plain", () => {
  it("is refused while its files are there", async () => {
    const here = prepared();
    describeAs(join(here.folder, "E"), { keyId: null });
    expect(await exitOf(here, "ptar repo backup E src --identity mine")).toBe(4);
  });

  it("is refused to a person who gives an identity, also when its files are gone", async () => {
    const here = prepared();
    describeAs(join(here.folder, "E"), { keyId: null });
    for (const folder of ["packs", "index", "snapshots", "keys"]) rmSync(join(here.folder, "E", folder), { recursive: true });
    expect(await exitOf(here, "ptar repo backup E src --identity mine")).not.toBe(0);
  });
});

describe("a repository that was exchanged for another", () => {
  const others = 'XDG_CONFIG_HOME="$PWD/others"';

  it("that others can open too is noticed by who backed up there before", async () => {
    const here = prepared();
    await must(here, "ptar repo backup E src --identity mine");
    const theirs = /age1\w+/.exec(await must(here, "ptar keygen --identity --out theirs 2>/dev/null"))?.[0];
    // an age recipient is public: whoever knows it makes a repository that its owner can open
    await must(here, `rm -r E; ${others} ptar repo init E --recipient ${recipient} --recipient ${theirs}`);
    const { code, stderr } = await here.shell("ptar repo backup E src --identity mine");
    expect([code, stderr]).toEqual([4, expect.stringMatching(/is [0-9a-f]{64} \(key [0-9a-f]{32}\), and was [0-9a-f]{64}[\s\S]*--accept-change/)]);
    expect(await exitOf(here, "ptar repo sync E R --identity mine --plain")).toBe(4);
    expect(await exitOf(here, "ptar repo snapshots E --identity mine")).toBe(0);
    await must(here, "ptar repo backup E src --identity mine --accept-change; ptar repo backup E src --identity mine");
  });

  it("is the same under another name of its folder, and another one after init", async () => {
    const here = prepared();
    await must(here, `ptar repo init S; ln -s S link; rm -r S; ${others} ptar repo init S`);
    expect(await exitOf(here, "ptar repo backup link src")).toBe(4);
    await must(here, "rm -r S; ptar repo init S; ptar repo backup link src");
  });

  it("is not noticed, which is said, where nothing can be remembered; what was changed there is refused", async () => {
    const here = prepared();
    const known = join(here.folder, ".config", "ptar", "known_repositories");
    rmSync(known, { force: true });
    mkdirSync(known);
    const { code, stderr } = await here.shell("ptar repo backup R src");
    expect([code, stderr]).toEqual([0, expect.stringContaining("it will not be noticed when a repository is exchanged")]);
    rmSync(known, { recursive: true });
    for (const text of ["{", "[]", '{"repositories":[{"location":"/r","id":"00","keyId":null}]}', '{"repositories":[],"more":1}']) {
      writeFileSync(known, text);
      expect(await exitOf(here, "ptar repo backup R src")).toBe(9);
    }
  });

  it("of which only a file of wrapped keys was added opens as before", async () => {
    const here = prepared();
    await must(here, `ptar repo init other --recipient ${recipient}; cp other/keys/* E/keys/`);
    expect(await exitOf(here, "ptar repo snapshots E --identity mine")).toBe(0);
  });
});

describe("contents of an encrypted repository", () => {
  it("do not go to a plain one by sync unless that is wished", async () => {
    const here = prepared();
    await must(here, "ptar repo init stick");
    const held = async () => (await reopened(folderStorage(join(here.folder, "stick")))).snapshots;
    expect(await exitOf(here, "ptar repo sync E stick --identity mine")).toBe(2);
    expect(await exitOf(here, "ptar repo sync stick E --identity mine")).toBe(2);
    expect(await held()).toHaveLength(0);
    await must(here, "ptar repo sync stick E --one-way --identity mine; ptar repo sync E stick --identity mine --plain");
    expect(await held()).toHaveLength(1);
  });

  it("do not go to a plain repository by import unless that is wished", async () => {
    const here = prepared();
    await must(here, `ptar repo init B; ptar repo export E latest -o x.ptar --recipient ${recipient} --identity mine`);
    expect(await exitOf(here, "ptar repo import B x.ptar --identity mine")).toBe(2);
    await must(here, "ptar repo import B x.ptar --identity mine --plain");
  });

  it("do not go to a plain archive by export unless that is wished", async () => {
    const here = prepared();
    expect(await exitOf(here, "ptar repo export E latest -o out.ptar --identity mine")).toBe(2);
    await must(here, "ptar repo export E latest -o out.ptar --identity mine --plain");
  });

  it("are not named by id in a plain want-list", async () => {
    const here = prepared();
    const seal = `--recipient ${recipient} --identity mine`;
    const list = "ptar repo import B thin --any-signer --identity mine --want-out want";
    await must(here, `ptar repo init B --recipient ${recipient}; ptar repo export E latest -o base ${seal}`);
    await must(here, `echo 2 > src/b; ptar repo backup E src --identity mine; ptar repo export E latest --base base -o thin ${seal}`);
    expect(await exitOf(here, list)).toBe(2);
    expect(existsSync(join(here.folder, "want"))).toBe(false);
    const { code, stderr } = await here.shell(`${list} --recipient ${recipient}`);
    expect(code).toBe(7);
    expect(stderr).toContain("send it to whoever made the archive");
    expect(stderr).not.toContain("--want-out");
    const wants = openArchive(new MemoryReader(readFileSync(join(here.folder, "want"))), { engine: native, trust: "any-signer" }).then(readWants);
    expect(await refusal(() => wants)).toMatch("PTAR_KEY_REQUIRED");
    await must(here, `ptar repo export E latest --want want -o answer ${seal}; ptar repo import B thin answer base --any-signer --identity mine`);
  });
});

describe("a snapshot of somebody else", () => {
  it("is no parent whose contents a backup signs without reading the files", async () => {
    const here = prepared();
    const ledger = statSync(join(here.folder, "src", "ledger"), { bigint: true });
    const facts = { mtime: String(ledger.mtimeNs), ctime: String(ledger.ctimeNs), inode: String(ledger.ino) };
    const storage = folderStorage(join(here.folder, "stick"));
    await initRepository(storage, { engine: native });
    const peer = await reopened(storage);
    const lie = { type: "file", content: "pay 1000 to mallory ok", facts } as const;
    const source = new MemorySource({ src: { type: "directory", children: { ledger: lie } } }, { label: "src" });
    await backup(peer, { source, signers: [signerOf(66)], pack, facts: {} });
    await peer.refresh();
    const { snapshot, files } = peer.snapshot("latest");
    const future = "2099-01-01T00:00:00Z";
    for (const file of files) await storage.remove(`snapshots/${file}.ptar`);
    await peer.snapshotFiles.publish({ bytes: encodeSnapshot({ ...snapshot, times: { started: future, finished: future } }), statements: [] });
    expect(await exitOf(here, "ptar repo sync R stick")).toBe(5);
    await must(here, "ptar repo sync R stick --any-signer");
    const id = (await must(here, "ptar repo backup R src --quiet")).trim();
    expect(await must(here, `ptar cat R src/ledger --snapshot ${id}`)).toBe("pay 1000 to bob and co");
    const lying = Buffer.from((await reopened(folderStorage(join(here.folder, "R")))).snapshots.at(-1)?.id ?? []).toString("hex");
    const { code, stderr } = await here.shell(`ptar repo backup R src --quiet --parent ${lying}`);
    expect([code, stderr]).toEqual([0, expect.stringContaining("no key of this run signed it")]);
  });

  it("is a parent only where a key signs", async () => {
    const here = prepared();
    expect(await must(here, "ptar repo backup R src")).toMatch(/^compared +with snapshot/);
    expect(await must(here, "ptar repo backup R src --no-sign")).toMatch(/^compared +with nothing/);
    expect(await must(here, "ptar keygen --out other.key; ptar repo backup R src --key other.key")).toMatch(/^compared +with nothing/m);
  });

  it("is not taken over when only who carried it is trusted", async () => {
    const here = prepared();
    await must(here, "ptar keygen --out carrier.key; ptar repo init B; ptar repo export R latest --key carrier.key -o x.ptar");
    expect(await exitOf(here, "ptar repo import B x.ptar --trust carrier.key.pub")).toBe(6);
    expect(existsSync(join(here.folder, "B", "snapshots"))).toBe(false);
  });
});

describe("a command line", () => {
  it("that names a snapshot twice makes an archive that can be read", async () => {
    const here = prepared();
    expect(await exitOf(here, "ptar repo export R latest latest -o x.ptar && ptar verify x.ptar")).toBe(0);
  });

  it.each(['""', "--keep-last 0", "--keep-tag none-has-it"])("does not forget all snapshots by accident: %s", async (words) => {
    const here = prepared();
    expect(await exitOf(here, `ptar repo forget R ${words}`)).toBe(2);
  });

  it("shows what a hostile lock says without control characters", async () => {
    const here = prepared();
    mkdirSync(join(here.folder, "R", "locks"));
    const lock = {
      createdAt: "2026-01-01T00:00:00Z",
      ext: [],
      host: "h\u009b31m\u202e",
      operation: "prune",
      process: 1,
      type: "lock",
      user: "u\u001b]0;x\u0007",
    };
    writeFileSync(join(here.folder, "R", "locks", "prune.json"), JSON.stringify(lock));
    const { code, stderr } = await here.ptar("repo", "prune", "R");
    expect(code).toBe(11);
    for (const control of ["\u001b", "\u009b", "\u202e", "\u0007"]) expect(stderr).not.toContain(control);
  });

  it("unlocks where the lock cannot be read", async () => {
    const here = prepared();
    mkdirSync(join(here.folder, "R", "locks"));
    writeFileSync(join(here.folder, "R", "locks", "prune.json"), "");
    expect(await exitOf(here, "ptar repo unlock R; ptar repo prune R")).toBe(0);
  });

  it("does not say of a folder that it is not locked when it is no repository", async () => {
    const here = prepared();
    expect(await exitOf(here, "ptar repo unlock nowhere")).toBe(7);
  });

  it("that is wrong after repo is explained by the help of the sub-command", async () => {
    const here = prepared();
    const { code, stderr } = await here.ptar("repo", "backup", "R", "src", "--badoption");
    expect(code).toBe(2);
    expect(stderr).toContain("ptar repo backup --help says more");
  });

  it("asks for the latest snapshot where it names none, and for quiet", async () => {
    const here = prepared();
    const latest = await must(here, "ptar repo snapshots R | tail -n 1 | cut -c 1-12");
    expect(await must(here, "ptar repo show R")).toContain(latest.trim());
    expect((await here.shell("ptar repo export R latest -o x.ptar --quiet && ptar repo forget R latest --quiet")).stderr).toBe("");
  });

  it("with two repositories of one id keeps them apart", async () => {
    const here = prepared();
    await must(
      here,
      "cp -r R S; echo 2 > src/b; ptar repo backup R src; ptar repo backup S src --no-sign; ptar repo sync R S --any-signer; ptar repo check S --level deep",
    );
    expect((await reopened(folderStorage(join(here.folder, "S")))).snapshots).toHaveLength(3);
  });
});
