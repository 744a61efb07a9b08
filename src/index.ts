// The portable face of PTAR: browsers, workers and Node. spec/01-overview.md
//
// Verify an archive that is in memory:
//
//   import { loadPortableEngine, MemoryReader, parseTrust, verifyArchive } from "ptar";
//   const engine = await loadPortableEngine();
//   const report = await verifyArchive(new MemoryReader(bytes), { engine, trust: parseTrust(text, "keys") });
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
export { type VerifyOptions, verifyArchive } from "./archive/verify.js";
export type { CodecName, Codecs } from "./compression/codecs.js";
export { MemoryReader } from "./connectors/memory/reader.js";
export { MemorySink } from "./connectors/memory/sink.js";
export { MemorySource } from "./connectors/memory/source.js";
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
