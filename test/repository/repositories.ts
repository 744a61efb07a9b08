// Repositories in memory for tests, and what is in them.
import type { Engine } from "../../src/archive/engine.js";
import { mustHex, toHex } from "../../src/bytes/hex.js";
import { MemorySink } from "../../src/connectors/memory/sink.js";
import { MemorySource } from "../../src/connectors/memory/source.js";
import { MemoryStorage } from "../../src/connectors/memory/storage.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { decodeContent } from "../../src/format/snapshot.js";
import type { KeyRing } from "../../src/keys/key-ring.js";
import { type BackupOptions, type BackupResult, backup } from "../../src/repository/backup.js";
import type { Storage } from "../../src/repository/files/storage.js";
import { type InitOptions, initRepository } from "../../src/repository/init.js";
import { Repository } from "../../src/repository/repository.js";
import { type ExportOptions, exportSnapshots } from "../../src/repository/transfer/export.js";
import { fileContent } from "../../src/tree/file-content.js";
import { walkTree } from "../../src/tree/walk.js";
import { native } from "../archive/engines.js";
import { author } from "../container/build.js";

export const pack = { codec: "zstd", level: 3 } as const;

/** A new repository with packs of 1 MiB, opened. */
export async function newRepository(
  options: Partial<InitOptions> & { readonly keys?: KeyRing; readonly storage?: Storage } = {},
): Promise<Repository> {
  const { keys, storage = new MemoryStorage(), ...wishes } = options;
  await initRepository(storage, { engine: native, packSize: 1 << 20, ...wishes });
  return reopened(storage, native, keys);
}

export function reopened(storage: Repository["storage"], engine: Engine = native, keys?: KeyRing): Promise<Repository> {
  return Repository.open(storage, { engine, ...(keys && { keys }) });
}

/** Backs `tree` up, signed by `author`, and looks what is there then. */
export async function backedUp(repository: Repository, tree: MemoryTree, options: Partial<BackupOptions> = {}): Promise<BackupResult> {
  const result = await backup(repository, { source: new MemorySource(tree), signers: [author], pack, facts: {}, ...options });
  await repository.refresh();
  return result;
}

/** An archive of snapshots of a repository; default: the latest. */
export async function exported(repository: Repository, options: Partial<ExportOptions> = {}): Promise<Uint8Array> {
  const sink = new MemorySink();
  await exportSnapshots(repository, { snapshots: [repository.snapshot("latest")], sink, signers: [], pack, ...options });
  return sink.bytes();
}

/** Paths and digests of all files of a snapshot. */
export async function filesOf(repository: Repository, selector = "latest"): Promise<Readonly<Record<string, string>>> {
  const { snapshot } = repository.snapshot(selector);
  const { root } = decodeContent(await repository.objects.get("content", mustHex(snapshot.content)));
  const files: Record<string, string> = {};
  for await (const step of walkTree(repository.objects, root === null ? undefined : mustHex(root))) {
    if (step.kind === "leave" || step.entry.item.type !== "file") continue;
    const parts: Uint8Array[] = [];
    for await (const bytes of fileContent(repository.objects, step.entry)) parts.push(bytes);
    files[new TextDecoder().decode(step.path)] = digestOf(...parts);
  }
  return files;
}

export function digestOf(...parts: readonly Uint8Array[]): string {
  return toHex(native.crypto.sha256(...parts));
}

/** Lengths of the files of a folder, by name. */
export async function stored(
  repository: Pick<Repository, "storage">,
  folder: Parameters<Repository["storage"]["list"]>[0],
): Promise<ReadonlyMap<string, number>> {
  const files = new Map<string, number>();
  for await (const { name, length } of repository.storage.list(folder)) files.set(name, length);
  return files;
}
