// Snapshots of a source in a repository. spec/15-repository.md#publishing
import { describe, expect, it } from "vitest";
import { fileContent } from "../../src/tree/file-content.js";
import { toHex } from "../../src/bytes/hex.js";
import { MemorySource } from "../../src/connectors/memory/source.js";
import { MemoryStorage } from "../../src/connectors/memory/storage.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { decodeContent } from "../../src/format/snapshot.js";
import { mustHex } from "../../src/bytes/hex.js";
import { backup } from "../../src/repository/backup.js";
import { initRepository, Repository } from "../../src/repository/repository.js";
import { walkTree } from "../../src/tree/walk.js";
import { author } from "../container/build.js";
import { native, noise } from "../archive/engines.js";

const pack = { codec: "zstd", level: 3 } as const;

async function opened(storage = new MemoryStorage(), options: Partial<Parameters<typeof initRepository>[1]> = {}) {
  await initRepository(storage, { engine: native, packSize: 1 << 20, ...options });
  return Repository.open(storage, { engine: native });
}

const treeOf = (files: Record<string, Uint8Array>): MemoryTree => Object.fromEntries(Object.entries(files));

async function backedUp(repository: Repository, tree: MemoryTree) {
  const result = await backup(repository, { source: new MemorySource(tree), signers: [author], pack, facts: {} });
  await repository.refresh();
  return result;
}

/** Paths and digests of all files of a snapshot. */
async function filesOf(repository: Repository, selector = "latest"): Promise<Record<string, string>> {
  const { snapshot } = repository.snapshot(selector);
  const { root } = decodeContent(await repository.objects.get("content", mustHex(snapshot.content)));
  const files: Record<string, string> = {};
  for await (const step of walkTree(repository.objects, root === null ? undefined : mustHex(root))) {
    if (step.kind === "leave" || step.entry.item.type !== "file") continue;
    const parts: Uint8Array[] = [];
    for await (const bytes of fileContent(repository.objects, step.entry)) parts.push(bytes);
    files[new TextDecoder().decode(step.path)] = toHex(native.crypto.sha256(...parts));
  }
  return files;
}

describe("a backup", () => {
  const tree = treeOf({ a: noise(100_000), b: noise(3_000_000, 2), c: new Uint8Array() });

  it("holds the files of its source, in packs of about the size that was wished", async () => {
    const repository = await opened();
    const result = await backedUp(repository, tree);
    expect(result).toMatchObject({ entries: 3, contentBytes: 3_100_000, completeness: { stored: 3, failed: 0 } });
    const packs = [];
    for await (const { length } of repository.storage.list("packs")) packs.push(length);
    expect(packs.length).toBeGreaterThan(1);
    const again = await Repository.open(repository.storage, { engine: native });
    expect(again.snapshots.map(({ id }) => toHex(id))).toEqual([toHex(result.snapshot)]);
    const sha = (bytes: Uint8Array) => toHex(native.crypto.sha256(bytes));
    expect(await filesOf(again)).toEqual({ a: sha(noise(100_000)), b: sha(noise(3_000_000, 2)), c: sha(new Uint8Array()) });
  });

  it("stores nothing twice", async () => {
    const repository = await opened();
    await backedUp(repository, tree);
    const second = await backedUp(repository, { ...tree, d: noise(100_000) });
    // the page, the content: what names the new file
    expect(second.addedObjects).toBe(2);
    expect(repository.snapshots).toHaveLength(2);
  });
});
