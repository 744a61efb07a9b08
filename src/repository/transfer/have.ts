// Have-lists: what a repository holds, for whoever sends something there. spec/16-transfer.md#have-list
import { claimedTime } from "../../archive/claimed-time.js";
import type { Engine } from "../../archive/engine.js";
import type { Archive } from "../../archive/open.js";
import { readInventory, readInventoryKeys, subjectOf } from "../../archive/subject.js";
import { writerName } from "../../archive/version.js";
import type { ArchiveWriter } from "../../archive/writer.js";
import { ObjectTable } from "../../block/object-table.js";
import { type PackParams, packBlock } from "../../block/pack.js";
import { compareBytes } from "../../bytes/compare.js";
import { mustHex, toHex } from "../../bytes/hex.js";
import type { ByteSink } from "../../container/bytes-io.js";
import { PtarError } from "../../errors/ptar-error.js";
import { encodeHoldings, shortKey } from "../../format/holdings.js";
import { encodeInventory } from "../../format/inventory.js";
import type { Kind } from "../../format/object.js";
import type { SealFor } from "../../keys/key-ring.js";
import { walkReferences } from "../../tree/references.js";
import { liveObjects, rowsOf } from "../live.js";
import type { Repository } from "../repository.js";
import type { Holds } from "./held.js";
import { startArchive } from "./new-archive.js";

const pack: PackParams = { codec: "store", level: 0 };
/** Bytes of keys in one page. */
const pageTarget = 1 << 19;

/** Where a have-list goes. */
export interface HaveOptions {
  readonly sink: ByteSink;
  /** Those who may read it. */
  readonly seal?: SealFor;
  readonly signal?: AbortSignal | undefined;
}

/** How much a have-list holds. */
export interface HaveResult {
  readonly snapshots: number;
  /** Objects that no snapshot needs. */
  readonly others: number;
  readonly archiveBytes: number;
}

/** Writes the have-list of a repository. @throws what reading snapshots throws, PTAR_IO_* */
export async function writeHave(repository: Repository, { sink, seal, signal }: HaveOptions): Promise<HaveResult> {
  const { archives, snapshots, description } = repository;
  const { crypto } = archives.engine;
  const salt = crypto.randomBytes(16);
  const others = await otherKeys(repository, salt, signal);
  const writer = await startArchive(archives.engine, { sink, pack, seal });
  const ids = snapshots.map(({ id }) => id).toSorted(compareBytes);
  const inventory = encodeInventory({
    type: "inventory",
    repository: description.id,
    time: claimedTime(new Date()),
    snapshots: { count: ids.length, pages: await putPages(writer, ids, archives.engine) },
    others: { count: others.length, pages: await putPages(writer, others, archives.engine) },
    salt: toHex(salt),
    ext: [],
  });
  const id = writer.put("inventory", inventory);
  await writer.finish({
    snapshots: [],
    complete: true,
    subject: { kind: "inventory", id },
    createdAt: claimedTime(new Date()),
    signers: [],
    role: "author",
    writer: writerName,
  });
  return { snapshots: ids.length, others: others.length, archiveBytes: writer.length };
}

/** Short keys of objects that no snapshot needs, sorted. */
async function otherKeys(repository: Repository, salt: Uint8Array, signal: AbortSignal | undefined): Promise<readonly Uint8Array[]> {
  const { index, doomed, archives } = repository;
  const live = await liveObjects(repository, signal);
  const keys = new Map<string, Uint8Array>();
  for (const archive of index.archives()) {
    if (doomed.has(toHex(archive.name))) continue;
    for (const { kind, id } of rowsOf(index, archive)) {
      if (live.find(kind, id) >= 0) continue;
      const key = shortKey((bytes) => archives.engine.crypto.sha256(bytes), salt, { kind, id });
      keys.set(toHex(key), key);
    }
  }
  return [...keys.values()].sort(compareBytes);
}

/** Puts sorted keys of one length in pages; their ids. */
async function putPages(writer: ArchiveWriter, keys: readonly Uint8Array[], { codecs }: Engine): Promise<readonly string[]> {
  const perPage = Math.max(1, Math.floor(pageTarget / (keys[0]?.length ?? 1)));
  const pages: string[] = [];
  for (let at = 0; at < keys.length; at += perPage) {
    pages.push(toHex(writer.put("holdings", encodeHoldings(keys.slice(at, at + perPage)))));
    for (const { objects, rows } of writer.takeFull()) await writer.addMeta(packBlock(objects, codecs, pack), rows);
  }
  return pages;
}

/**
 * What the maker of a have-list holds, as far as `repository` can tell: what the snapshots need that both have, and the other objects.
 * About 60 bytes for each object.
 * @throws PTAR_INVENTORY_INVALID when the archive is no have-list or a malformed one, PTAR_OBJECT_*, PTAR_DOCUMENT_*, and what reading snapshots throws
 */
export async function heldByPeer(repository: Repository, have: Archive, signal?: AbortSignal): Promise<Holds> {
  const subject = subjectOf(have);
  if (subject?.kind !== "inventory")
    throw new PtarError("PTAR_INVENTORY_INVALID", "archive: it is no have-list", { hint: "`ptar repo have` makes one" });
  const inventory = await readInventory(have.objects, mustHex(subject.id));
  const common = new Set<string>();
  for await (const ids of readInventoryKeys(have.objects, inventory, "snapshots")) for (const id of ids) common.add(toHex(id));
  const others = new Set<string>();
  for await (const keys of readInventoryKeys(have.objects, inventory, "others")) for (const key of keys) others.add(toHex(key));
  const held = await neededBy(repository, common, signal);
  const salt = mustHex(inventory.salt);
  const { crypto } = repository.archives.engine;
  const keyOf = (kind: Kind, id: Uint8Array) => toHex(shortKey((bytes) => crypto.sha256(bytes), salt, { kind, id }));
  return (kind, id) => held.find(kind, id) >= 0 || (others.size > 0 && others.has(keyOf(kind, id)));
}

/** What the snapshots with these ids need. */
async function neededBy({ snapshots, objects }: Repository, ids: ReadonlySet<string>, signal: AbortSignal | undefined): Promise<ObjectTable> {
  const held = new ObjectTable();
  for (const { id, snapshot } of snapshots) {
    if (!ids.has(toHex(id))) continue;
    await walkReferences(objects, mustHex(snapshot.content), (kind, one) => {
      signal?.throwIfAborted();
      return held.add(kind, one) < 0 ? "pass" : "enter";
    });
  }
  return held;
}
