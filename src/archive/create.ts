// Makes an archive of a source: walk, batches, lanes, dedup in order, append. spec/01-overview.md
import { type PackParams, sealedTarget } from "../block/pack.js";
import { toHex } from "../bytes/hex.js";
import { type ChunkerParams, type ChunkerProfile, profiles } from "../chunking/gear.js";
import type { CodecName } from "../compression/codecs.js";
import type { ByteSink } from "../container/bytes-io.js";
import type { ListedHash } from "../crypto/crypto.js";
import type { Content, Snapshot } from "../format/generated/types.js";
import { encodeContent, encodeSnapshot } from "../format/snapshot.js";
import type { SealFor } from "../keys/key-ring.js";
import type { Signer } from "../keys/signer.js";
import { signSnapshot } from "../statement/sign.js";
import type { Source } from "../tree/source.js";
import { TreeWriter, type WrittenTree } from "../tree/tree-writer.js";
import { type CaptureProfile, capturedBy } from "./captured.js";
import { claimedTime, newestTime } from "./claimed-time.js";
import type { Engine } from "./engine.js";
import { lanesOf } from "./local-lanes.js";
import { Packing } from "./packing.js";
import type { OnProgress } from "./progress.js";
import type { CaseFields, CreateResult } from "./results.js";
import { testSigners } from "./test-signers.js";
import { writerName } from "./version.js";
import { wrapSecret } from "./wrap.js";
import { ArchiveWriter } from "./writer.js";

/** What is archived, where to, and how. */
export interface CreateOptions {
  readonly source: Source;
  readonly sink: ByteSink;
  readonly engine: Engine;
  /** Keys that sign as author; empty: the archive is explicitly unsigned. */
  readonly signers: readonly Signer[];
  /** Seals the archive for recipients, a passphrase or both. Not together with `reproducible`. spec/14-encryption.md */
  readonly seal?: SealFor;
  /** Same tree and key, same bytes; `epoch` is SOURCE_DATE_EPOCH in seconds. spec/06-snapshot.md#reproducible */
  readonly reproducible?: { readonly epoch?: number };
  /** Clock of claimed times. */
  readonly now?: () => Date;
  /** Default `evidence`; `portable` when reproducible. */
  readonly profile?: CaptureProfile;
  /** Digests of whole files beside SHA-256, from the same read: to find files in lists of other people. spec/05-page.md#digests */
  readonly alsoHash?: readonly ListedHash[];
  readonly chunker?: ChunkerProfile;
  /** Default `zstd`. */
  readonly codec?: CodecName;
  /** The compressor's own scale; default 3. */
  readonly compressionLevel?: number;
  readonly tags?: readonly string[];
  readonly case?: CaseFields;
  /** Recorded only when given. */
  readonly provenance?: NonNullable<Snapshot["provenance"]>;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

const defaultLevel = 3;

/**
 * Writes a whole archive of `source` to `sink`. The source is read once and never written. What cannot be read is recorded, not
 * thrown: see `completeness` of the result. The caller publishes or discards what the sink holds.
 * @throws PTAR_SOURCE_NOT_FOUND, PTAR_SOURCE_CONFLICT, PTAR_IO_FAILED, PTAR_IO_NO_SPACE, PTAR_KEY_INVALID, and the reason of `signal`
 */
export async function createArchive(options: CreateOptions): Promise<CreateResult> {
  // a key that cannot sign is found before the source is read
  await testSigners(options.signers, options.engine.crypto);
  const plan = planOf(options);
  const started = plan.now();
  const writer = await startWriter(options, plan);
  const { written, packing } = await packSource(options, plan, writer);
  const times = snapshotTimes(options, { started, finished: plan.now(), written });
  const content = writer.put("content", encodeContent(contentOf(written, plan.salt)));
  const snapshot = snapshotOf(options, { written, times, content, captured: plan.captured, packing });
  const { id, manifest } = await closeArchive(options, writer, snapshot);
  return {
    fingerprint: options.engine.crypto.sha256(manifest),
    snapshot: id,
    signers: options.signers.map(({ publicKey }) => publicKey),
    completeness: snapshot.completeness,
    entries: written.counters.entries,
    contentBytes: written.counters.bytes,
    uniqueBytes: packing.uniqueBytes,
    archiveBytes: writer.length,
    problems: packing.problems,
    noatime: packing.noatime,
  };
}

async function startWriter({ sink, engine, seal, reproducible }: CreateOptions, { archiveId, pack }: Plan): Promise<ArchiveWriter> {
  if (seal === undefined) return ArchiveWriter.start({ sink, engine, archiveId, pack });
  // a known secret hides nothing
  if (reproducible !== undefined) throw new TypeError("an archive is reproducible or sealed, not both");
  const secret = engine.crypto.randomBytes(32);
  try {
    return await ArchiveWriter.start({
      sink,
      engine,
      archiveId,
      pack,
      seal: { secret, keys: await wrapSecret({ crypto: engine.crypto, secret, archiveId }, seal) },
    });
  } finally {
    secret.fill(0);
  }
}

/** Wishes with their defaults filled in. */
interface Plan {
  readonly now: () => Date;
  readonly captured: Snapshot["captured"];
  readonly chunker: ChunkerParams;
  readonly pack: PackParams;
  /** 32 bytes each; zero when reproducible. spec/06-snapshot.md#reproducible */
  readonly archiveId: Uint8Array;
  readonly salt: Uint8Array;
}

function planOf(options: CreateOptions): Plan {
  const { crypto } = options.engine;
  const isReproducible = options.reproducible !== undefined;
  return {
    now: options.now ?? (() => new Date()),
    captured: capturedBy(
      options.profile ?? (isReproducible ? "portable" : "evidence"),
      options.source.captures,
      (options.alsoHash ?? []).length > 0 ? "digests" : "no digests",
    ),
    chunker: profiles[options.chunker ?? "default"],
    pack: { codec: options.codec ?? "zstd", level: options.compressionLevel ?? defaultLevel },
    archiveId: isReproducible ? new Uint8Array(32) : crypto.randomBytes(32),
    salt: isReproducible ? new Uint8Array(32) : crypto.randomBytes(32),
  };
}

async function packSource(
  options: CreateOptions,
  plan: Plan,
  writer: ArchiveWriter,
): Promise<{ readonly written: WrittenTree; readonly packing: Packing }> {
  const { engine, source, onProgress, signal, alsoHash = [] } = options;
  const { chunker, pack, captured } = plan;
  const tree = new TreeWriter(engine.crypto, writer, plan.salt);
  const fill = options.seal === undefined ? undefined : sealedTarget(chunker.max);
  const lanes = lanesOf(engine, { chunker, pack, alsoHash, fill }, (content) => source.open(content));
  const packing = new Packing({ lanes, writer, tree, captured, ...(onProgress && { onProgress }) });
  try {
    await packing.run(source.walk(signal), signal);
  } finally {
    lanes.close();
  }
  return { written: tree.finish(), packing };
}

/** Signs and writes what stands after the last page; the id of the snapshot and the payload of the manifest. */
async function closeArchive(
  { signers }: CreateOptions,
  writer: ArchiveWriter,
  snapshot: Snapshot,
): Promise<{ readonly id: Uint8Array; readonly manifest: Uint8Array }> {
  const id = writer.put("snapshot", encodeSnapshot(snapshot));
  const { completeness, items, times } = snapshot;
  const statements: Uint8Array[] = [];
  for (const signer of signers) {
    statements.push(writer.put("statement", await signSnapshot(signer, { id, items }, { role: "author", time: times.finished })));
  }
  const manifest = await writer.finish({
    snapshots: [{ id, statements }],
    complete: completeness.failed + completeness.unstable === 0,
    createdAt: times.finished,
    signers,
    role: "author",
    writer: writerName,
  });
  return { id, manifest };
}

function contentOf({ root, links }: WrittenTree, salt: Uint8Array): Content {
  return { type: "content", root: root === undefined ? null : toHex(root), salt: toHex(salt), links, ext: [] };
}

// spec/06-snapshot.md#reproducible
function snapshotTimes(
  options: CreateOptions,
  facts: { readonly started: Date; readonly finished: Date; readonly written: WrittenTree },
): Snapshot["times"] {
  if (options.reproducible === undefined) return { started: claimedTime(facts.started), finished: claimedTime(facts.finished) };
  const { epoch } = options.reproducible;
  const time = epoch === undefined ? newestTime(facts.written.counters.newest) : claimedTime(new Date(epoch * 1000));
  return { started: time, finished: time };
}

function snapshotOf(
  options: CreateOptions,
  facts: {
    readonly written: WrittenTree;
    readonly times: Snapshot["times"];
    readonly content: Uint8Array;
    readonly captured: Snapshot["captured"];
    readonly packing: Packing;
  },
): Snapshot {
  const { captured, packing } = facts;
  const { counters, itemCount, itemRoot } = facts.written;
  const { excluded } = packing;
  const evidence = captured.profile === "evidence";
  const attributes = evidence ? (options.source.attributes?.() ?? []) : [];
  const { min, average, max } = profiles[options.chunker ?? "default"];
  const stored = counters.entries - counters.failed;
  return {
    type: "snapshot",
    sources: options.source.sources,
    times: facts.times,
    captured,
    chunker: { average, max, min, name: "gear1" },
    completeness: { excluded, failed: counters.failed, seen: counters.entries + excluded, stored, unstable: counters.unstable },
    items: {
      count: itemCount,
      hiding: options.reproducible === undefined,
      root: itemRoot === undefined ? null : toHex(itemRoot),
      rule: "ptar1/item",
    },
    content: toHex(facts.content),
    tags: [...new Set(options.tags ?? [])].sort(),
    parents: [],
    ext: [],
    ...(evidence && { noatime: packing.noatime }),
    ...(attributes.length > 0 && { attributes }),
    ...(options.case !== undefined && Object.keys(options.case).length > 0 && { case: options.case }),
    ...(options.provenance !== undefined && { provenance: options.provenance }),
  };
}
