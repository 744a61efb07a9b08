// A backup of a tree in which nothing, or little, changed: entries are passed over until one is not as it was. spec/06-snapshot.md#unchanged
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import type { Earlier } from "../../src/archive/earlier-tree.js";
import { type Since, since } from "../../src/archive/unchanged.js";
import { mustHex, toHex } from "../../src/bytes/hex.js";
import { type FilesSourceOptions, filesSource } from "../../src/connectors/node/source/files-source.js";
import type { Content } from "../../src/format/generated/types.js";
import { decodeContent } from "../../src/format/snapshot.js";
import { type BackupOptions, backup } from "../../src/repository/backup.js";
import type { Repository } from "../../src/repository/repository.js";
import type { StoredSnapshot } from "../../src/repository/snapshot-files.js";
import type { Source, SourceEvent } from "../../src/tree/source.js";
import type { WrittenTree } from "../../src/tree/tree-writer.js";
import { newFolder } from "../connectors/folder.js";
import { needs } from "../connectors/programs.js";
import { author, signerOf } from "../container/build.js";
import { newRepository, pack } from "./repositories.js";

const folder = join(newFolder(), "tree");
const sh = (script: string) => execFileSync("sh", ["-euc", script], { cwd: folder });

/** What the walk reported. */
const reported: SourceEvent[] = [];

function source(options: FilesSourceOptions = {}): Source {
  const files = filesSource(["."], { cwd: folder, ...options });
  return {
    ...files,
    async *walk(signal, recognize) {
      for await (const events of files.walk(signal, recognize)) {
        reported.push(...events);
        yield events;
      }
    },
  };
}

interface Made {
  readonly snapshot: StoredSnapshot;
  readonly content: Content;
}

async function made(repository: Repository, options: Partial<BackupOptions> = {}): Promise<Made> {
  reported.length = 0;
  const { snapshot: id } = await backup(repository, { source: source(), signers: [author], pack, facts: {}, ...options });
  await repository.refresh();
  const snapshot = repository.snapshot(toHex(id));
  return { snapshot, content: decodeContent(await repository.objects.get("content", mustHex(snapshot.snapshot.content))) };
}

let repository: Repository;
let parent: Made;

/** Backs up with the first snapshot as parent; the same tree with everything done anew has the same items and pages. How many events were reported. */
async function compared(options: Partial<BackupOptions> = {}): Promise<number> {
  const second = await made(repository, { parent: parent.snapshot, ...options });
  const { length } = reported;
  // with the same parent named by a person, who vouches for nothing: the same salt, and all is hashed
  const whole = await made(repository, { ...options, parent: parent.snapshot, signers: [] });
  expect(reported.filter(({ kind }) => kind !== "excluded").length).toBeGreaterThan(1000);
  expect(second.content).toEqual(whole.content);
  expect(second.snapshot.snapshot.items).toEqual(whole.snapshot.snapshot.items);
  expect(second.snapshot.snapshot.completeness).toEqual(whole.snapshot.snapshot.completeness);
  const anew = await made(await newRepository(), options);
  expect(second.content.root).toBe(anew.content.root);
  expect(second.content.links?.count).toBe(anew.content.links?.count);
  return length;
}

beforeAll(async () => {
  mkdirSync(folder);
  sh(`mkdir -p a/deep/er b/empty many/none z; seq 1 1000000 > b/long; for i in $(seq 1 1000); do echo $i > many/$i; done; echo f > a/deep/er/f; echo é > a/é
    ln -s f a/deep/link; mkfifo b/fifo; echo one > one; ln one z/two; ln one z/three; : > z/nothing; touch -d 1960-01-01 z/old; echo > zlast`);
  if (needs("setfattr")) sh("setfattr -n user.a -v 1 a/deep many/7 many/8; setfattr -n user.a -v 2 many/9 z/old");
  // what changes within the second in which a snapshot begins is read again
  await setTimeout(1010 - (Date.now() % 1000));
  repository = await newRepository();
  parent = await made(repository);
});

describe.runIf(process.platform === "linux")("a tree of which nothing changed", () => {
  it("is not reported, and has the same content", async () => {
    expect(await compared()).toBe(0);
    const second = await made(repository, { parent: parent.snapshot });
    expect(second.snapshot.snapshot.content).toBe(parent.snapshot.snapshot.content);
    expect(second.snapshot.snapshot.items).toEqual(parent.snapshot.snapshot.items);
  });

  it("is reported as far as something is left out", async () => {
    const exclude = (path: Uint8Array) => Buffer.from(path).toString() === "many/none";
    expect(await compared({ source: source({ exclude }) })).toBe(10);
    const first = await made(repository, { source: source({ exclude }) });
    const second = await made(repository, { source: source({ exclude }), parent: first.snapshot });
    expect(reported).toEqual([{ kind: "excluded", path: Buffer.from("many/none") }]);
    expect(second.content).toEqual(first.content);
    expect(second.snapshot.snapshot.completeness).toEqual(first.snapshot.snapshot.completeness);
  });

  it("is reported where not all who sign now vouch for the earlier snapshot", async () => {
    for (const signers of [[author, signerOf(2)], []]) {
      await made(repository, { parent: parent.snapshot, signers });
      expect(reported.length).toBeGreaterThan(1000);
    }
  });

  it("has the item root of its pages where nobody signed another one", async () => {
    const lie = { ...parent.snapshot.snapshot, items: { ...parent.snapshot.snapshot.items, root: "00".repeat(32) } };
    const second = await made(repository, { parent: { ...parent.snapshot, snapshot: lie } });
    expect(second.snapshot.snapshot.items).toEqual(parent.snapshot.snapshot.items);
  });

  it("is reported where an archive is to be deleted", async () => {
    const elsewhere = await newRepository();
    // of what a list names nobody looks whether it stays
    const exclude = (path: Uint8Array) => Buffer.from(path).toString() === "b/long";
    const first = await made(elsewhere, { source: source({ exclude }) });
    // whichever: it may hold pages alone
    elsewhere.doomed = new Set(["00".repeat(16)]);
    await made(elsewhere, { source: source({ exclude }), parent: first.snapshot });
    expect(reported.length).toBeGreaterThan(1000);
  });
});

describe.runIf(process.platform === "linux")("what a walk reports", () => {
  const earlier = (more: Partial<Earlier> = {}): Earlier => {
    const { snapshot } = parent.snapshot;
    const root = mustHex(parent.content.root as string);
    const { links } = parent.content;
    return { objects: repository.objects, snapshot, root, holds: () => true, captured: snapshot.captured, alsoHash: [], vouched: { links }, ...more };
  };

  async function walked({ walk, whole }: Since) {
    let events = 0;
    for await (const run of walk) events += run.length;
    return { events, whole: whole() };
  }

  it("is nothing when nothing changed: the earlier tree stands for it", async () => {
    const { counters, itemRoot, ...whole } = (await walked(since(earlier(), source()))).whole as WrittenTree;
    const { count: itemCount, root } = parent.snapshot.snapshot.items;
    expect(whole).toEqual({ root: mustHex(parent.content.root as string), itemCount, links: parent.content.links });
    expect(toHex(itemRoot as Uint8Array)).toBe(root);
    expect(counters).toMatchObject({ entries: itemCount, failed: 0, unstable: 0 });
  });

  it.each<[string, () => Partial<Earlier>]>([
    [
      "the number of items does not fit",
      () => ({ snapshot: { ...parent.snapshot.snapshot, items: { ...parent.snapshot.snapshot.items, count: 7 } } }),
    ],
    ["the number of links does not fit", () => ({ vouched: { links: null } })],
    ["nobody vouches for the earlier snapshot", () => ({ vouched: undefined })],
    ["chunks are not kept", () => ({ holds: (kind) => kind !== "chunk" })],
    ["a list is not kept", () => ({ holds: (kind) => kind !== "list" })],
    ["what is captured differs", () => ({ captured: { ...parent.snapshot.snapshot.captured, profile: "evidence" } })],
    ["other digests are wanted", () => ({ alsoHash: ["md5"] })],
    [
      "all may have changed since",
      () => ({ snapshot: { ...parent.snapshot.snapshot, times: { started: "1950-01-01T00:00:00Z", finished: "1950-01-01T00:00:00Z" } } }),
    ],
  ])("is all of it when %s", async (_, more) => {
    const { events, whole } = await walked(since(earlier(more()), source()));
    expect(whole).toBeUndefined();
    // eight directories are left
    expect(events).toBe(parent.snapshot.snapshot.items.count + 8);
  });

  it("is told of by numbers meanwhile", async () => {
    const told: number[] = [];
    const exclude = (path: Uint8Array) => Buffer.from(path).toString() === "zlast";
    await walked(since(earlier(), source({ exclude }), { onPassed: (entries) => told.push(entries) }));
    expect(told.at(-1)).toBe(parent.snapshot.snapshot.items.count - 1);
  });
});

// each change stays for the next one: they come nearer to the beginning
describe.runIf(process.platform === "linux")("a tree in which something changed", () => {
  it.each([
    ["the last entry is gone", "rm zlast", 0],
    ["there is another one at the end", "echo > zz", 1],
    ["another name of a file", "rm z/two", 7],
    ["one more name of a file", "ln z/three z/two", 7],
    ["the mode of a directory", "chmod 700 z", 7],
    ["an extended attribute", "command -v setfattr > /dev/null && setfattr -n user.a -v 3 many/9 || chmod 600 many/9", 100],
    ["the contents of a file", "echo >> many/500", 500],
    ["a new file", "echo > many/1000a", 1000],
    ["a long file", "echo >> b/long", 1000],
    ["a symlink", "ln -sfn g a/deep/link", 1000],
    ["the first one", "chmod 700 a", 1000],
  ])("is the same as when it is collected anew, and seen from there on: %s", async (_, script, atLeast) => {
    sh(script);
    const events = await compared();
    expect(events).toBeGreaterThanOrEqual(atLeast);
    expect(events).toBeLessThanOrEqual(2 * atLeast);
  });
});
