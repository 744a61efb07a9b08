// Makes an archive of a source. spec/01-overview.md
import type { PackParams } from "../block/pack.js";
import { type ChunkerParams, type ChunkerProfile, profiles } from "../chunking/gear.js";
import type { CodecName } from "../compression/codecs.js";
import type { ByteSink } from "../container/bytes-io.js";
import type { ListedHash } from "../crypto/crypto.js";
import type { Snapshot } from "../format/generated/types.js";
import type { SealFor } from "../keys/key-ring.js";
import type { Signer } from "../keys/signer.js";
import type { Source } from "../tree/source.js";
import { type CaptureProfile, capturedBy } from "./captured.js";
import { type CollectedSnapshot, type CollectionFacts, collect } from "./collect.js";
import type { Engine } from "./engine.js";
import type { OnProgress } from "./progress.js";
import type { CreateResult } from "./results.js";
import { testSigners } from "./test-signers.js";
import { writerName } from "./version.js";
import { wrapSecret } from "./wrap.js";
import { ArchiveWriter } from "./writer.js";

/** What is archived, where to, and how. */
export interface CreateOptions extends Omit<CollectionFacts, "parents"> {
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
  const { engine, source, signers, seal, alsoHash = [], onProgress, signal } = options;
  // a key that cannot sign is found before the source is read
  await testSigners(signers, engine.crypto);
  const plan = planOf(options);
  const writer = await startWriter(options, plan);
  const collected = await collect({
    ...plan,
    engine,
    source,
    writer,
    blocks: seal === undefined ? "plain" : "sealed",
    alsoHash,
    reproducible: options.reproducible,
    facts: options,
    signers,
    onProgress,
    signal,
  });
  const manifest = await closeArchive(options, writer, collected);
  const { document: _document, bytes: _bytes, statements: _statements, ...result } = collected;
  return { ...result, fingerprint: engine.crypto.sha256(manifest), archiveBytes: writer.length };
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

/** Writes what stands after the last page; the payload of the manifest. */
async function closeArchive({ signers }: CreateOptions, writer: ArchiveWriter, collected: CollectedSnapshot): Promise<Uint8Array> {
  const { bytes, completeness, document } = collected;
  const id = writer.put("snapshot", bytes);
  const statements = collected.statements.map((statement) => writer.put("statement", statement));
  return writer.finish({
    snapshots: [{ id, statements }],
    complete: completeness.failed + completeness.unstable === 0,
    createdAt: document.times.finished,
    signers,
    role: "author",
    writer: writerName,
  });
}
