// Archives that are imported with the wish to keep them as they are.
import { type Archive, openArchive } from "../../../src/archive/open.js";
import { concatBytes } from "../../../src/bytes/compare.js";
import { toUtf8 } from "../../../src/bytes/utf8.js";
import { MemoryReader } from "../../../src/connectors/memory/reader.js";
import { MemorySink } from "../../../src/connectors/memory/sink.js";
import { MemoryStorage } from "../../../src/connectors/memory/storage.js";
import { writeTail } from "../../../src/container/tail-writer.js";
import type { KeyRing } from "../../../src/keys/key-ring.js";
import { checkRepository } from "../../../src/repository/check/check.js";
import { CheckFindings } from "../../../src/repository/check/findings.js";
import { type Storage, type StoragePath, storageFolders } from "../../../src/repository/files/storage.js";
import { Repository } from "../../../src/repository/repository.js";
import { type ImportOptions, type ImportResult, importArchives } from "../../../src/repository/transfer/import.js";
import { exportOriginal } from "../../../src/repository/transfer/original.js";
import { signArchive } from "../../../src/statement/sign.js";
import { native } from "../../archive/engines.js";
import { ArchiveBuilder, type BuiltObject, type TestSigner } from "../../container/build.js";
import { pack, stored } from "../repositories.js";

export function opened(bytes: Uint8Array, keys?: KeyRing): Promise<Archive> {
  return openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer", ...(keys && { keys }) });
}

/** Imports an archive and keeps it, with the keys that open it; looks what is there then. */
export async function adopted(
  repository: Repository,
  bytes: Uint8Array,
  { keys = { identities: [] }, ...options }: Partial<ImportOptions> & { readonly keys?: KeyRing } = {},
): Promise<ImportResult> {
  const result = await importArchives(repository, [await opened(bytes, keys)], { pack, adopt: keys, ...options });
  await repository.refresh();
  return result;
}

/** An adopted archive, given back. */
export async function originalOf({ storage }: Pick<Repository, "storage">, fingerprint: Uint8Array): Promise<Uint8Array> {
  const sink = new MemorySink();
  await exportOriginal(storage, fingerprint, { sink, engine: native });
  return sink.bytes();
}

/** Lengths of all files of a repository, by path. */
export async function allStored(repository: Pick<Repository, "storage">): Promise<Readonly<Record<string, number>>> {
  const files: Record<string, number> = {};
  for (const folder of storageFolders) for (const [name, length] of await stored(repository, folder)) files[`${folder}/${name}`] = length;
  return files;
}

/** How many files a repository has in packs, adopted, index and snapshots. */
export async function countStored(repository: Pick<Repository, "storage">): Promise<readonly number[]> {
  const folders = ["packs", "adopted", "index", "snapshots"] as const;
  return Promise.all(folders.map(async (folder) => (await stored(repository, folder)).size));
}

/** Everything that is wrong with a repository, looked at anew. */
export async function checkedDeep(storage: Storage, keys?: KeyRing) {
  const findings = new CheckFindings();
  const onProblem = (file: string, error: Parameters<CheckFindings["note"]>[0]) => findings.note(error, { file });
  const repository = await Repository.open(storage, { engine: native, ...(keys && { keys }), onProblem });
  return checkRepository(repository, findings, { level: "deep" });
}

/** A copy of a storage in which the bytes of one file are others; undefined: it is left out. */
export async function changed(storage: Storage, path: StoragePath, change: (bytes: Uint8Array) => Uint8Array | undefined): Promise<MemoryStorage> {
  const copy = new MemoryStorage();
  const paths = ["ptar-repository.json", ...Object.keys(await allStored({ storage }))] as StoragePath[];
  for (const one of paths) {
    const file = await storage.open(one);
    const bytes = (await file?.read(0, file.length)) as Uint8Array;
    const put = one === path ? change(bytes) : bytes;
    if (put === undefined) continue;
    const sink = await copy.create(one);
    await sink.write(put);
    await sink.publish();
  }
  return copy;
}

/** Does something, once, before a file is created in `folder`: fails, or what another program does meanwhile. */
export class MeddledStorage extends MemoryStorage {
  meddle: { readonly folder: string; readonly before: () => Promise<unknown> } | undefined;

  override async create(path: StoragePath) {
    const { meddle } = this;
    if (meddle !== undefined && path.startsWith(`${meddle.folder}/`)) {
      this.meddle = undefined;
      await meddle.before();
    }
    return super.create(path);
  }
}

/** `bytes` with a note and a statement of receipt in a tail. */
export async function extendedBy(bytes: Uint8Array, signer: TestSigner): Promise<Uint8Array> {
  const { container } = await opened(bytes);
  const { header, newest } = container;
  const sink = new MemorySink();
  await writeTail(sink, container, {
    frames: [{ type: "note", payload: toUtf8("received") }],
    statement: (tree) =>
      signArchive(
        signer,
        { archiveId: header.archiveId, generation: newest.number, manifest: newest.manifestDigest, tree },
        { role: "custodian", action: "received", time: "2026-01-01T00:00:00Z" },
      ),
  });
  return concatBytes(bytes, sink.bytes());
}

/** An archive with the objects of another one in two generations, each with an index of its own. */
export async function inTwoGenerations(bytes: Uint8Array): Promise<Uint8Array> {
  const { objects, container } = await opened(bytes);
  const { snapshots } = container.listing;
  const blocks: (readonly BuiltObject[])[][] = [[], []];
  let turn = 0;
  for await (const { kind, id } of objects.index.rows()) blocks[turn++ % 2]?.push([{ kind, bytes: await objects.get(kind, id) }]);
  const [first = [], second = []] = blocks;
  return new ArchiveBuilder()
    .generation({ blocks: first })
    .generation({ blocks: second, listing: (listing) => ({ ...listing, snapshots }) })
    .bytes();
}
