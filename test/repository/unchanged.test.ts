// A second backup of a source: it says what a backup that reads everything would say. spec/06-snapshot.md#unchanged
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { mustHex, toHex } from "../../src/bytes/hex.js";
import { MemorySource } from "../../src/connectors/memory/source.js";
import { type FilesSourceOptions, filesSource } from "../../src/connectors/node/source/files-source.js";
import type { Content } from "../../src/format/generated/types.js";
import { itemText } from "../../src/format/page.js";
import { decodeContent } from "../../src/format/snapshot.js";
import { CompactRange } from "../../src/merkle/tree.js";
import { type BackupOptions, backup } from "../../src/repository/backup.js";
import type { Repository } from "../../src/repository/repository.js";
import type { StoredSnapshot } from "../../src/repository/snapshot-files.js";
import { itemLeaf } from "../../src/tree/item-tree.js";
import { type Source, SourceFault } from "../../src/tree/source.js";
import { walkTree } from "../../src/tree/walk.js";
import { native } from "../archive/engines.js";
import { newFolder } from "../connectors/folder.js";
import { standIn } from "../connectors/node/stand-in.js";
import { needs } from "../connectors/programs.js";
import { author } from "../container/build.js";
import { backedUp, newRepository, pack } from "./repositories.js";

const root = newFolder();
const folder = join(root, "tree");
const sh = (script: string) => execFileSync("sh", ["-euc", script], { cwd: folder });
afterEach(() => vi.unstubAllEnvs());

/** Paths of the contents that were read. */
const opened: string[] = [];

function source(options: FilesSourceOptions = {}): Source {
  const files = filesSource(["."], { cwd: folder, ...options });
  return {
    ...files,
    open(content) {
      opened.push(relative(folder, Buffer.from(content.path).toString()));
      return files.open(content);
    },
  };
}

interface Made {
  readonly snapshot: StoredSnapshot;
  readonly content: Content;
}

async function made(repository: Repository, from: Source, options: Partial<BackupOptions> = {}): Promise<Made> {
  const { snapshot: id } = await backup(repository, { source: from, signers: [author], pack, facts: {}, ...options });
  await repository.refresh();
  const snapshot = repository.snapshot(toHex(id));
  return { snapshot, content: decodeContent(await repository.objects.get("content", mustHex(snapshot.snapshot.content))) };
}

/** Root of the item tree of a snapshot, from its pages. */
async function itemRoot(repository: Repository, { root: page, salt }: Content): Promise<string> {
  const range = new CompactRange(native.crypto);
  for await (const step of walkTree(repository.objects, page === null ? undefined : mustHex(page))) {
    if (step.kind === "leave") continue;
    const text = new TextEncoder().encode(itemText(step.entry.item));
    range.append(itemLeaf(native.crypto, mustHex(salt), { path: step.path, text }));
  }
  return toHex(range.root());
}

/** A source of which one file cannot be read. */
function denying(path: string): Source {
  const files = source();
  return {
    ...files,
    open(content) {
      if (relative(folder, Buffer.from(content.path).toString()) === path) throw new SourceFault("EACCES", "open");
      return files.open(content);
    },
  };
}

let repository: Repository;
let parent: Made;

/** Backs up with the first snapshot as parent, and reads everything into a repository of its own: both say the same. Paths that the first one read. */
async function compared(options: FilesSourceOptions = {}, more: Partial<BackupOptions> = {}): Promise<readonly string[]> {
  opened.length = 0;
  const second = await made(repository, source(options), { parent: parent.snapshot, ...more });
  const read = [...opened];
  const whole = await newRepository();
  const full = await made(whole, source(options), more);
  expect(second.content.root).toBe(full.content.root);
  expect(second.content.links).toEqual(
    second.content.links === null ? full.content.links : { ...full.content.links, pages: second.content.links.pages },
  );
  expect(second.snapshot.snapshot.completeness).toEqual(full.snapshot.snapshot.completeness);
  expect(second.snapshot.snapshot.items.root).toBe(await itemRoot(repository, second.content));
  return read;
}

beforeAll(async () => {
  mkdirSync(folder);
  sh(`mkdir -p d/e many empty; seq 1 30000 > big; seq 1 300000 > bigger; echo one > one; ln one d/two; echo f > d/f; echo g > d/e/g; : > nothing
    ln -s one link; mkfifo fifo; printf ä > ä; printf x > "$(printf 'raw\\377')"; truncate -s 1M sparse; echo x >> sparse
    for i in $(seq 1 400); do echo $i > many/$i; done; touch -d 2099-01-01 future`);
  if (needs("setfattr")) sh("setfattr -n user.a -v 1 d/f d/e; setfattr -n user.a -v 1 many/7 many/8");
  // what changes within the second in which a snapshot begins is read again
  await setTimeout(1010 - (Date.now() % 1000));
  repository = await newRepository();
  parent = await made(repository, source());
});

describe.runIf(process.platform === "linux")("a tree that did not change", () => {
  it("has the same content, and nothing of it is read", async () => {
    opened.length = 0;
    const second = await made(repository, source(), { parent: parent.snapshot });
    // a time that is still to come tells nothing
    expect(opened).toEqual(["future"]);
    expect(second.snapshot.snapshot.content).toBe(parent.snapshot.snapshot.content);
    expect(second.snapshot.snapshot.items).toEqual(parent.snapshot.snapshot.items);
    expect(await compared()).toEqual(["future"]);
  });

  it("says other things in a snapshot that captures others", async () => {
    expect(await compared({}, { profile: "portable" })).toEqual(["future"]);
    expect((await compared({}, { alsoHash: ["md5"] })).length).toBeGreaterThan(400);
  });

  it("is read again as far as it was not read before, or may have changed meanwhile", async () => {
    const elsewhere = await newRepository();
    const denied = denying("d/f");
    const walk: Source["walk"] = (...how) => {
      sh("echo fresh > fresh; touch -d 2001-01-01 fresh");
      return denied.walk(...how);
    };
    const first = await made(elsewhere, { ...denied, walk });
    opened.length = 0;
    const second = await made(elsewhere, source(), { parent: first.snapshot });
    expect(opened.sort()).toEqual(["d/f", "fresh", "future"]);
    expect(second.snapshot.snapshot.completeness.failed).toBe(0);
    sh("rm fresh");
  });

  it("is compared with excludes and with names of owners as with anything else", async () => {
    const exclude = (path: Uint8Array) => Buffer.from(path).toString() === "d/e";
    expect(await compared({ exclude })).toEqual(["future"]);
    expect(await compared({ oneFileSystem: true })).toEqual(["future"]);
    expect(await compared({ ownerNames: true })).toEqual(["future"]);
  });

  it("is read again where its chunks are not kept", async () => {
    opened.length = 0;
    const elsewhere = await newRepository();
    const first = await made(elsewhere, source());
    for (const { name } of elsewhere.index.archives()) elsewhere.doomed = new Set([...elsewhere.doomed, toHex(name)]);
    opened.length = 0;
    await backup(elsewhere, { source: source(), signers: [], pack, facts: {}, parent: first.snapshot });
    expect(opened).toContain("big");
    expect(opened).toContain("d/f");
    expect(opened).toContain("d/two");
  });

  it.runIf(needs("getent"))("gets the names of its owners anew", async () => {
    const elsewhere = await newRepository();
    standIn(join(root, "nameless"), "getent", "exit 2");
    const first = await made(elsewhere, source({ ownerNames: true }));
    vi.unstubAllEnvs();
    const second = await made(elsewhere, source({ ownerNames: true }), { parent: first.snapshot });
    expect(second.content.root).toBe((await made(elsewhere, source({ ownerNames: true }))).content.root);
    expect(second.content.root).not.toBe(first.content.root);
  });

  it("has the same problems", async () => {
    const errors = [{ code: "EIO", operation: "readlink" }] as const;
    const facts = { ctime: "1", birthtime: null, uid: 0, gid: 0, dev: "1", inode: "1", nlink: 1 };
    const from = () => new MemorySource({ broken: { type: "symlink", destination: "x", facts: { errors, target: undefined } } }, { facts });
    const elsewhere = await newRepository();
    const first = await backedUp(elsewhere, {}, { source: from() });
    const second = await backedUp(elsewhere, {}, { source: from(), parent: elsewhere.snapshot("latest") });
    expect(first.problems).toHaveLength(1);
    expect(second.problems).toEqual(first.problems);
    expect(second.completeness).toEqual(first.completeness);
  });

  it("has what one name of a file keeps where another one cannot be read", async () => {
    const elsewhere = await newRepository();
    const exclude = (path: Uint8Array) => Buffer.from(path).toString() === "d/two";
    const first = await made(elsewhere, source({ exclude }));
    const second = await made(elsewhere, denying("d/two"), { parent: first.snapshot });
    expect(second.snapshot.snapshot.completeness.failed).toBe(1);
    const full = await made(elsewhere, denying("d/two"));
    expect([second.content.root, second.content.links]).toEqual([full.content.root, full.content.links]);
  });

  it("is not the same where another fact says so, whatever its times say", async () => {
    const facts = { ctime: "1", birthtime: null, uid: 0, gid: 0, dev: "1", inode: "1", nlink: 1 };
    const from = (mode: number) =>
      new MemorySource({ fifo: { type: "fifo" }, link: { type: "symlink", destination: "a" } }, { facts: { ...facts, mode } });
    const elsewhere = await newRepository();
    await backedUp(elsewhere, {}, { source: from(0o644) });
    const first = elsewhere.snapshot("latest");
    const second = await made(elsewhere, from(0o600), { parent: first });
    expect(second.content.root).toBe((await made(elsewhere, from(0o600))).content.root);
    expect(second.snapshot.snapshot.content).not.toBe(first.snapshot.content);
  });

  it.runIf(needs("getfattr"))("is not asked for extended attributes, nor for holes", async () => {
    sh("rm future");
    for (const name of ["getfattr", "perl"]) standIn(join(root, "bin"), name, `echo >> "${root}/${name}.log"\nexec "$REAL" "$@"`);
    await made(repository, source(), { parent: parent.snapshot });
    expect(["getfattr", "perl"].filter((name) => existsSync(join(root, `${name}.log`)))).toEqual([]);
    await made(repository, source());
    expect(readFileSync(join(root, "getfattr.log"), "utf8")).not.toBe("");
  });
});

// each change stays for the next one: all are compared with the snapshot from before them
describe.runIf(process.platform === "linux")("what changed is seen", () => {
  it.each<[string, string, readonly string[]]>([
    ["the mode of a file", "chmod 600 d/f", ["d/f"]],
    ["the mode of a directory", "chmod 700 d/e", []],
    ["contents of the same size and time", "touch -r d/e/g .time; printf 'h\\n' > d/e/g; touch -r .time d/e/g; rm .time", ["d/e/g"]],
    ["a file that another took the place of", "cp -p big .copy; mv .copy big", ["big"]],
    ["a new name and one that is gone", "echo new > many/100a; rm many/200", ["many/100a"]],
    ["a file of another name", "mv many/300 many/300b", ["many/300b"]],
    ["another name of a file", "ln d/f d/zz", []],
    ["a type", "rm nothing; mkdir nothing", []],
    ["where a symlink leads", "ln -sfn two link", []],
    ["a time of a directory", "touch -d 2001-01-01 many", []],
    ["a directory that went", "rm -r empty d/e", []],
    ["a hole", "fallocate -p -o 0 -l 65536 bigger 2>/dev/null || echo x >> bigger", ["bigger"]],
  ])("%s", async (_, script, mustRead) => {
    sh(script);
    const read = await compared();
    for (const path of mustRead) expect(read).toContain(path);
    expect(read.length).toBeLessThan(20);
  });

  it.runIf(needs("setfattr"))("an extended attribute", async () => {
    sh("setfattr -n user.a -v 2 many/7; setfattr -x user.a many/8; setfattr -n user.a -v 1 many/9; setfattr -n user.b -v 1 d");
    await compared();
  });

  it("a file that cannot be read any more", async () => {
    sh("chmod 000 many/50");
    const { snapshot } = await made(repository, denying("many/50"), { parent: parent.snapshot });
    expect(snapshot.snapshot.completeness.failed).toBe(1);
  });

  it("an owner", async () => {
    if (process.getuid?.() !== 0) return;
    sh("chown 12345:54321 many/60; chown 12345 many");
    await compared();
  });
});
