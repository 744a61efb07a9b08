// The portable face of PTAR: browsers, workers and Node. spec/01-overview.md
//
// Verify an archive that is in memory:
//
//   import { loadPortableEngine, MemoryReader, parseTrust, verifyArchive } from "ptar";
//   const engine = await loadPortableEngine();
//   const report = await verifyArchive(new MemoryReader(bytes), { engine, trust: parseTrust(text, "keys") });
//
// Back up into a repository in memory, and carry the snapshot to another one (the archive is verified in between, as by `verifyArchive`):
//
//   await initRepository(storage, { engine });
//   const repository = await Repository.open(storage, { engine });
//   await backup(repository, { source: new MemorySource({ "notes.md": "…" }), signers, pack, facts: {} });
//   await repository.refresh();
//   await exportSnapshots(repository, { snapshots: [repository.snapshot("latest")], sink, signers, pack });
//   await importArchives(other, [await openArchive(new MemoryReader(sink.bytes()), { engine, trust })], { pack });
export { readFile } from "./archive/cat.js";
export { type CreateOptions, createArchive } from "./archive/create.js";
export { type Engine, loadPortableEngine } from "./archive/engine.js";
export { type ExtractOptions, extractArchive } from "./archive/extract.js";
export { archiveInfo } from "./archive/info.js";
export { type ListOptions, listArchive } from "./archive/list.js";
export { type Archive, type OpenOptions, openArchive, openSigned, type SignedContainer } from "./archive/open.js";
export type { OnProgress, Progress } from "./archive/progress.js";
export type {
  ArchiveInfo,
  CaseFields,
  Completeness,
  CreateResult,
  EncryptionInfo,
  ExtractReport,
  GenerationReport,
  Level,
  ListedEntry,
  Problem,
  SnapshotReport,
  StatementReport,
  VerifyReport,
} from "./archive/results.js";
export { type RewrapOptions, rewrapArchive } from "./archive/rewrap.js";
export type { SnapshotReader } from "./archive/snapshot-reader.js";
export { type VerifyOptions, verifyArchive } from "./archive/verify.js";
export type { PackParams } from "./block/pack.js";
export type { ChunkerProfile } from "./chunking/gear.js";
export type { CodecName, Codecs } from "./compression/codecs.js";
export { MemoryReader } from "./connectors/memory/reader.js";
export { MemorySink } from "./connectors/memory/sink.js";
export { MemorySource } from "./connectors/memory/source.js";
export { MemoryStorage } from "./connectors/memory/storage.js";
export { MemoryTarget } from "./connectors/memory/target.js";
export type { ByteReader, ByteSink } from "./container/bytes-io.js";
export type { Aead, AeadMessage, Crypto } from "./crypto/crypto.js";
export { type CodeRow, type ErrorCode, errorCodes } from "./errors/codes.js";
export { worstExit } from "./errors/exit.js";
export { type ErrorDetails, type ErrorOptions, PtarError } from "./errors/ptar-error.js";
export { formatFingerprint, parseFingerprint } from "./keys/archive-fingerprint.js";
export type { KeyRing, SealFor } from "./keys/key-ring.js";
export { formatPrivateKey, type PrivateKey, parsePrivateKey } from "./keys/private-key.js";
export { formatPublicLine, type PublicLine, parsePublicLine } from "./keys/public-line.js";
export { type SeedSigner, type Signer, signerFromSeed } from "./keys/signer.js";
export { fingerprintOf } from "./keys/ssh-wire.js";
export { findTrusted, formatTrustLine, type ParsedTrust, parseTrust, type Trust, type TrustedKey, type TrustFinding } from "./keys/trust.js";
export { type BackupOptions, type BackupResult, backup } from "./repository/backup.js";
export { type CheckOptions, type CheckReport, checkRepository } from "./repository/check/check.js";
export { type AffectedPath, CheckFindings, type CheckProblem } from "./repository/check/findings.js";
export type { TakingOptions } from "./repository/copy-into.js";
export { type RepositoryFacts, repositoryFacts, type StoredFiles } from "./repository/facts.js";
export {
  isStoredName,
  type NewStored,
  type OpenStored,
  partsOf,
  type Storage,
  type StorageFolder,
  type StoragePath,
  type StoredFile,
  storageFolders,
} from "./repository/files/storage.js";
export { defaultPackSize, type InitOptions, initRepository } from "./repository/init.js";
export { isMadeBy, ownParent, type ParentSigners } from "./repository/parent.js";
export { type AuthorsOf, forgetSnapshots, forgottenBy, type KeepRule } from "./repository/prune/forget.js";
export type { LockOwner } from "./repository/prune/lock.js";
export { defaultGrace, type PruneOptions, type PruneResult, prune } from "./repository/prune/prune.js";
export { Repository, type RepositoryOptions } from "./repository/repository.js";
export type { StoredSnapshot } from "./repository/snapshot-files.js";
export { type KindStats, type RepositoryStats, repositoryStats, type SnapshotStats, type StatsOptions } from "./repository/stats/stats.js";
export type { LargeFile } from "./repository/stats/walk.js";
export { authorsOf } from "./repository/stored-statements.js";
export { type ExportOptions, type ExportResult, exportSnapshots } from "./repository/transfer/export.js";
export { type HaveOptions, type HaveResult, heldByPeer, writeHave } from "./repository/transfer/have.js";
export { type Holds, heldBy } from "./repository/transfer/held.js";
export { type ImportOptions, type ImportResult, importArchives, type Missing, MissingPrerequisites } from "./repository/transfer/import.js";
export { lacking, proofOf, requireTakeable, type SyncOptions, type Taken, takeSnapshots } from "./repository/transfer/sync.js";
export { readWants, type Wanted, writeWants } from "./repository/transfer/wants.js";
export { type VerifySnapshotsOptions, verifySnapshots } from "./repository/verify/verify.js";
export { judgeListed, judgeStored, type ListedSnapshot, snapshotsOf } from "./repository/view.js";
export type { LinkFact } from "./tree/link-facts.js";
export {
  type Content,
  type ContentReader,
  type EventRun,
  type PathContent,
  type Source,
  type SourceEvent,
  SourceFault,
  type SourceItem,
  type StreamContent,
} from "./tree/source.js";
export type { FirstName, Losses, Target, Unrestored } from "./tree/target.js";
