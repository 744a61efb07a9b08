// Collects a source into blocks and pages, and signs what was collected: walk, batches, lanes, dedup in order, append. spec/01-overview.md
import { objectId } from "../block/object-id.js";
import { type PackParams, sealedTarget } from "../block/pack.js";
import { toHex } from "../bytes/hex.js";
import type { ChunkerParams } from "../chunking/gear.js";
import type { ListedHash } from "../crypto/crypto.js";
import type { Content, Snapshot } from "../format/generated/types.js";
import { encodeContent, encodeSnapshot } from "../format/snapshot.js";
import type { Signer } from "../keys/signer.js";
import { signSnapshot } from "../statement/sign.js";
import type { Source } from "../tree/source.js";
import { TreeWriter, type WrittenTree } from "../tree/tree-writer.js";
import type { BlockWriter } from "./block-writer.js";
import { claimedTime, newestTime } from "./claimed-time.js";
import type { Engine } from "./engine.js";
import { lanesOf } from "./local-lanes.js";
import { Packing } from "./packing.js";
import type { OnProgress } from "./progress.js";
import type { CaseFields, Collected } from "./results.js";
import type { Since } from "./unchanged.js";

/** What people may say about a collection. */
export interface CollectionFacts {
  readonly tags?: readonly string[];
  readonly case?: CaseFields;
  /** Recorded only when given. */
  readonly provenance?: NonNullable<Snapshot["provenance"]>;
  /** Ids of earlier snapshots of the same source, in hex. */
  readonly parents?: readonly string[];
}

/** What is collected, where to, and how. */
export interface Collection {
  readonly source: Source;
  /** The source compared with an earlier snapshot; default: all of it is collected. */
  readonly since?: Since | undefined;
  readonly engine: Engine;
  readonly writer: BlockWriter;
  /** Whether blocks are to be sealed. */
  readonly blocks: "plain" | "sealed";
  readonly chunker: ChunkerParams;
  readonly pack: PackParams;
  readonly captured: Snapshot["captured"];
  /** Digests of whole files beside SHA-256. */
  readonly alsoHash: readonly ListedHash[];
  /** Item salt, 32 bytes; zeros hide nothing. */
  readonly salt: Uint8Array;
  /** Clock of claimed times. */
  readonly now: () => Date;
  /** One claimed time for everything. spec/06-snapshot.md#reproducible */
  readonly reproducible?: { readonly epoch?: number } | undefined;
  readonly facts: CollectionFacts;
  /** Keys that sign the snapshot as author. */
  readonly signers: readonly Signer[];
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A snapshot that was collected, and what was said about it. */
export interface CollectedSnapshot extends Collected {
  readonly document: Snapshot;
  /** Stored bytes of the snapshot. */
  readonly bytes: Uint8Array;
  /** Stored bytes of the statements. */
  readonly statements: readonly Uint8Array[];
}

/**
 * Collects a source. Chunks, lists, pages, links and content go to the writer; what becomes of snapshot and statements is the caller's.
 * What cannot be read is recorded, not thrown.
 * @throws PTAR_SOURCE_NOT_FOUND, PTAR_SOURCE_CONFLICT, PTAR_IO_FAILED, PTAR_IO_NO_SPACE, PTAR_KEY_INVALID, and the reason of `signal`
 */
export async function collect(collection: Collection): Promise<CollectedSnapshot> {
  const { writer, salt, signers, now } = collection;
  const started = now();
  const { written, packing } = await packSource(collection);
  const times = snapshotTimes(collection, { started, finished: now(), written });
  const content = writer.put("content", encodeContent(contentOf(written, salt)));
  const document = snapshotOf(collection, { written, times, content, packing });
  const bytes = encodeSnapshot(document);
  const id = objectId(collection.engine.crypto, "snapshot", bytes);
  const { items } = document;
  const statements: Uint8Array[] = [];
  for (const signer of signers) statements.push(await signSnapshot(signer, { id, items }, { role: "author", time: times.finished }));
  return {
    document,
    bytes,
    statements,
    snapshot: id,
    signers: signers.map(({ publicKey }) => publicKey),
    completeness: document.completeness,
    entries: written.counters.entries,
    contentBytes: written.counters.bytes,
    uniqueBytes: packing.uniqueBytes,
    problems: packing.problems,
    noatime: packing.noatime,
  };
}

async function packSource(collection: Collection): Promise<{ readonly written: WrittenTree; readonly packing: Packing }> {
  const { engine, source, writer, chunker, pack, captured, alsoHash, salt, onProgress, signal } = collection;
  const tree = new TreeWriter(engine.crypto, writer, salt);
  const fill = collection.blocks === "plain" ? undefined : sealedTarget(chunker.max);
  const lanes = lanesOf(engine, { chunker, pack, alsoHash, fill }, (content) => source.open(content));
  const packing = new Packing({ lanes, writer, tree, captured, ...(onProgress && { onProgress }) });
  try {
    await packing.run(collection.since?.walk ?? source.walk(signal), signal);
  } finally {
    lanes.close();
  }
  return { written: collection.since?.whole() ?? tree.finish(), packing };
}

function contentOf({ root, links }: WrittenTree, salt: Uint8Array): Content {
  return { type: "content", root: root === undefined ? null : toHex(root), salt: toHex(salt), links, ext: [] };
}

// spec/06-snapshot.md#reproducible
function snapshotTimes(
  { reproducible }: Collection,
  facts: { readonly started: Date; readonly finished: Date; readonly written: WrittenTree },
): Snapshot["times"] {
  if (reproducible === undefined) return { started: claimedTime(facts.started), finished: claimedTime(facts.finished) };
  const { epoch } = reproducible;
  const time = epoch === undefined ? newestTime(facts.written.counters.newest) : claimedTime(new Date(epoch * 1000));
  return { started: time, finished: time };
}

function snapshotOf(
  { source, captured, chunker: { min, average, max }, reproducible, facts: own }: Collection,
  facts: { readonly written: WrittenTree; readonly times: Snapshot["times"]; readonly content: Uint8Array; readonly packing: Packing },
): Snapshot {
  const { packing } = facts;
  const { counters, itemCount, itemRoot } = facts.written;
  const { excluded } = packing;
  const evidence = captured.profile === "evidence";
  const attributes = evidence ? (source.attributes?.() ?? []) : [];
  const stored = counters.entries - counters.failed;
  return {
    type: "snapshot",
    sources: source.sources,
    times: facts.times,
    captured,
    chunker: { average, max, min, name: "gear1" },
    completeness: { excluded, failed: counters.failed, seen: counters.entries + excluded, stored, unstable: counters.unstable },
    items: {
      count: itemCount,
      hiding: reproducible === undefined,
      root: itemRoot === undefined ? null : toHex(itemRoot),
      rule: "ptar1/item",
    },
    content: toHex(facts.content),
    tags: [...new Set(own.tags ?? [])].sort(),
    parents: own.parents ?? [],
    ext: [],
    ...(evidence && { noatime: packing.noatime }),
    ...(attributes.length > 0 && { attributes }),
    ...(own.case !== undefined && Object.keys(own.case).length > 0 && { case: own.case }),
    ...(own.provenance !== undefined && { provenance: own.provenance }),
  };
}
