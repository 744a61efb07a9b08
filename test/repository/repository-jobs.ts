// What another program does with repositories on a disk, from beginning to end, while a test kills it.
import { join } from "node:path";
import { openArchive } from "../../src/archive/open.js";
import { MemorySource } from "../../src/connectors/memory/source.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { openFileReader } from "../../src/connectors/node/archive/file-reader.js";
import { createFileSink } from "../../src/connectors/node/archive/file-sink.js";
import { folderStorage } from "../../src/connectors/node/storage/folder-storage.js";
import { backup } from "../../src/repository/backup.js";
import { initRepository } from "../../src/repository/init.js";
import { forgetSnapshots } from "../../src/repository/prune/forget.js";
import { prune } from "../../src/repository/prune/prune.js";
import { Repository } from "../../src/repository/repository.js";
import { exportSnapshots } from "../../src/repository/transfer/export.js";
import { heldByPeer, writeHave } from "../../src/repository/transfer/have.js";
import { importArchives } from "../../src/repository/transfer/import.js";
import { takeSnapshots } from "../../src/repository/transfer/sync.js";
import { native, noise } from "../archive/engines.js";
import { author } from "../container/build.js";

const pack = { codec: "zstd", level: 3 } as const;
const owner = { host: "here", user: "me", process: 1 };
/** A day. */
export const grace = 86_400;

/** What the repositories `a` and `b` of {@link prepare} hold, and what `backup` adds to `a`. Made when it is needed: every killed program would make it. */
const trees = {
  first: () => ({ x: noise(300_000), y: noise(1_200_000, 2), d: { type: "directory", children: { e: noise(70_000, 3) } } }),
  second: () => ({ x: noise(300_000), z: noise(1_100_000, 4) }),
  other: () => ({ x: noise(300_000), o: noise(3_200_000, 5), p: noise(90_000, 6) }),
  edited: () => ({ x: noise(300_000), y: noise(1_200_000, 2), n: noise(3_200_000, 7), d: { type: "directory", children: { f: noise(60_000, 8) } } }),
} as const satisfies Readonly<Record<string, () => MemoryTree>>;

/** Bytes and objects that a job has added. */
export interface Added {
  readonly addedBytes: number;
}

/** Opens the repository in the folder `name` of `place` for `use`. */
export async function withRepository<T>(place: string, name: string, use: (repository: Repository) => Promise<T>): Promise<T> {
  const repository = await Repository.open(folderStorage(join(place, name)), { engine: native });
  try {
    return await use(repository);
  } finally {
    await repository.close();
  }
}

async function backUp(repository: Repository, tree: MemoryTree): Promise<Added> {
  const parent = repository.snapshots.at(-1);
  const result = await backup(repository, { source: new MemorySource(tree), signers: [author], pack, facts: {}, ...(parent && { parent }) });
  await repository.refresh();
  return result;
}

async function exportTo(repository: Repository, path: string, have?: string): Promise<void> {
  const sink = await createFileSink(path);
  const reader = have === undefined ? undefined : await openFileReader(have);
  try {
    const held = reader && (await heldByPeer(repository, await openArchive(reader, { engine: native, trust: "any-signer" })));
    const snapshots = [repository.snapshot("latest")];
    await exportSnapshots(repository, { snapshots, sink, signers: [author], pack, ...(held && { leaveOut: held }) });
    await sink.publish();
  } finally {
    await sink.discard();
    await reader?.close();
  }
}

async function importFrom(repository: Repository, path: string): Promise<Added> {
  const reader = await openFileReader(path);
  try {
    return await importArchives(repository, [await openArchive(reader, { engine: native, trust: "any-signer" })], { pack });
  } finally {
    await reader.close();
  }
}

/**
 * Makes in the folder `place`: a repository `a` with two snapshots and a repository `b` with the first of them and another one that it has alone,
 * which `whole.ptar` and, without what `a` has, `thin.ptar` hold; `a.have`.
 */
export async function prepare(place: string): Promise<void> {
  for (const name of ["a", "b"]) await initRepository(folderStorage(join(place, name)), { engine: native, packSize: 1 << 20 });
  await withRepository(place, "a", async (a) => {
    await backUp(a, trees.first());
    await withRepository(place, "b", async (b) => {
      await takeSnapshots(a, b, { pack, trust: "any-signer" });
      await b.refresh();
      await backUp(b, trees.other());
      const sink = await createFileSink(join(place, "a.have"));
      await writeHave(a, { sink });
      await sink.publish();
      await exportTo(b, join(place, "whole.ptar"));
      await exportTo(b, join(place, "thin.ptar"), join(place, "a.have"));
    });
    await backUp(a, trees.second());
  });
}

const pruneIn = (place: string, seconds: number) => withRepository(place, "a", (a) => prune(a, { pack, owner, grace: seconds }));

/** Jobs in the folder that {@link prepare} has made. */
export const repositoryJobs = {
  init: async (place: string) => {
    await initRepository(folderStorage(join(place, "new")), { engine: native });
  },
  backup: (place: string) => withRepository(place, "a", (a) => backUp(a, trees.edited())),
  "import whole": (place: string) => withRepository(place, "a", (a) => importFrom(a, join(place, "whole.ptar"))),
  "import thin": (place: string) => withRepository(place, "a", (a) => importFrom(a, join(place, "thin.ptar"))),
  sync: (place: string) => withRepository(place, "a", (a) => withRepository(place, "b", (b) => takeSnapshots(b, a, { pack, trust: "any-signer" }))),
  "export --have": (place: string) => withRepository(place, "b", (b) => exportTo(b, join(place, "out.ptar"), join(place, "a.have"))),
  forget: (place: string) => withRepository(place, "a", (a) => forgetSnapshots(a, a.snapshots.slice(0, 1))),
  mark: (place: string) => pruneIn(place, grace),
  sweep: (place: string) => pruneIn(place, grace),
  "prune at once": (place: string) => pruneIn(place, 0),
} as const satisfies Readonly<Record<string, (place: string) => Promise<unknown>>>;

/** Name of a job. */
export type RepositoryJob = keyof typeof repositoryJobs;

/** Does a job; what it has added, where it adds something. */
export async function doJob(job: RepositoryJob, place: string): Promise<unknown> {
  const result = await repositoryJobs[job](place);
  return typeof result === "object" && result !== null && "addedBytes" in result ? { addedBytes: result.addedBytes } : null;
}
