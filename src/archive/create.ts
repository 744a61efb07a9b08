// Makes an archive of a source: walk, batches, lanes, dedup in order, append. spec/01-overview.md
import { toHex } from "../bytes/hex.js";
import { type ChunkerProfile, profiles } from "../chunking/gear.js";
import type { CodecName } from "../compression/codecs.js";
import type { ByteSink } from "../container/bytes-io.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Snapshot } from "../format/generated/types.js";
import { encodeContent, encodeSnapshot } from "../format/snapshot.js";
import type { Signer } from "../keys/signer.js";
import { signSnapshot } from "../statement/sign.js";
import type { Source } from "../tree/source.js";
import { TreeWriter, type WrittenTree } from "../tree/tree-writer.js";
import { type CaptureProfile, capturedBy } from "./captured.js";
import { claimedTime, newestTime } from "./claimed-time.js";
import type { Engine } from "./engine.js";
import { LocalLane } from "./local-lane.js";
import { Packing } from "./packing.js";
import type { OnProgress } from "./progress.js";
import type { CaseFields, CreateResult } from "./results.js";
import { writerName } from "./version.js";
import { ArchiveWriter } from "./writer.js";

/** What is archived, where to, and how. */
export interface CreateOptions {
  readonly source: Source;
  readonly sink: ByteSink;
  readonly engine: Engine;
  /** Keys that sign as author; empty: the archive is explicitly unsigned. */
  readonly signers: readonly Signer[];
  /** Same tree and key, same bytes; `epoch` is SOURCE_DATE_EPOCH in seconds. spec/06-snapshot.md#reproducible */
  readonly reproducible?: { readonly epoch?: number };
  /** Clock of claimed times. */
  readonly now?: () => Date;
  /** Default `evidence`; `portable` when reproducible. */
  readonly profile?: CaptureProfile;
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
  const { engine, source, signers } = options;
  await testSigners(options);
  const now = options.now ?? (() => new Date());
  const started = now();
  const profile = options.profile ?? (options.reproducible === undefined ? "evidence" : "portable");
  const chunker = profiles[options.chunker ?? "default"];
  const pack = { codec: options.codec ?? "zstd", level: options.compressionLevel ?? defaultLevel };
  const random = (length: number) => (options.reproducible === undefined ? engine.crypto.randomBytes(length) : new Uint8Array(length));
  const archiveId = random(32);
  const salt = random(32);
  const writer = await ArchiveWriter.start({ sink: options.sink, engine, archiveId, pack });
  const tree = new TreeWriter(engine.crypto, writer, salt);
  const lane = new LocalLane({ engine, chunker, pack, open: (content) => source.open(content) });
  const packing = new Packing({ lane, writer, tree, profile, ...(options.onProgress && { onProgress: options.onProgress }) });
  try {
    await packing.run(source.walk(options.signal), options.signal);
  } finally {
    lane.close();
  }
  const written = tree.finish();
  const times = snapshotTimes(options, { started, finished: now(), written });
  const content = writer.put(
    "content",
    encodeContent({
      type: "content",
      root: written.root === undefined ? null : toHex(written.root),
      salt: toHex(salt),
      links: written.links,
      ext: [],
    }),
  );
  const snapshot = snapshotOf(options, { written, times, content, profile, excluded: packing.excluded });
  const id = writer.put("snapshot", encodeSnapshot(snapshot));
  const statements: Uint8Array[] = [];
  for (const signer of signers) {
    statements.push(writer.put("statement", await signSnapshot(signer, { id, items: snapshot.items }, { role: "author", time: times.finished })));
  }
  const { completeness } = snapshot;
  const manifest = await writer.finish({
    snapshots: [{ id, statements }],
    complete: completeness.failed + completeness.unstable === 0,
    createdAt: times.finished,
    signers,
    role: "author",
    writer: writerName,
  });
  return {
    fingerprint: engine.crypto.sha256(manifest),
    snapshot: id,
    signers: signers.map(({ publicKey }) => publicKey),
    completeness,
    entries: written.counters.entries,
    contentBytes: written.counters.bytes,
    uniqueBytes: packing.uniqueBytes,
    archiveBytes: writer.length,
    problems: packing.problems,
  };
}

/** A key that cannot sign is found before the source is read. */
async function testSigners(options: CreateOptions): Promise<void> {
  const { crypto } = options.engine;
  const message = crypto.randomBytes(32);
  for (const signer of options.signers) {
    if (crypto.verify(message, await signer.sign(message), signer.publicKey)) continue;
    throw new PtarError("PTAR_KEY_INVALID", `key ${toHex(signer.publicKey)}: a test signature is not valid`, {
      hint: "the private and the public half of this key do not belong together",
    });
  }
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
    readonly profile: CaptureProfile;
    readonly excluded: number;
  },
): Snapshot {
  const { counters, itemCount, itemRoot } = facts.written;
  const { min, average, max } = profiles[options.chunker ?? "default"];
  const stored = counters.entries - counters.failed;
  return {
    type: "snapshot",
    sources: options.source.sources,
    times: facts.times,
    captured: capturedBy(facts.profile),
    chunker: { average, max, min, name: "gear1" },
    completeness: { excluded: facts.excluded, failed: counters.failed, seen: counters.entries + facts.excluded, stored, unstable: counters.unstable },
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
    ...(options.case !== undefined && Object.keys(options.case).length > 0 && { case: options.case }),
    ...(options.provenance !== undefined && { provenance: options.provenance }),
  };
}
