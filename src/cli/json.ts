// Reports as JSON documents, spec/schemas/output/: digests and ids as hex, paths that are not UTF-8 as base64url.
import type { ArchiveInfo, ExtractReport, GenerationReport, ListedEntry, SnapshotReport, StatementReport, VerifyReport } from "../archive/results.js";
import { toBase64url } from "../bytes/base64url.js";
import { toHex } from "../bytes/hex.js";
import { fromUtf8 } from "../bytes/utf8.js";
import type { Crypto } from "../crypto/crypto.js";
import { fingerprintOf } from "../keys/ssh-wire.js";

/** A path: `path`, or `pathRaw` when it is not UTF-8. */
export function pathJson(path: Uint8Array): { readonly path: string } | { readonly pathRaw: string } {
  const text = fromUtf8(path);
  return text === undefined ? { pathRaw: toBase64url(path) } : { path: text };
}

/** A public key and its fingerprint. */
export function keyJson(publicKey: Uint8Array, crypto: Crypto): object {
  return { publicKey: toHex(publicKey), fingerprint: fingerprintOf(publicKey, crypto) };
}

/** One path of `list`. */
export function entryJson({ path, index, item }: ListedEntry): object {
  const { name: _name, nameRaw: _nameRaw, ...facts } = item;
  return { ...pathJson(path), index, ...facts };
}

/** Result of `extract`. */
export function extractJson(report: ExtractReport): object {
  const { unrestored, ...numbers } = report;
  return { ...numbers, unrestored: unrestored.map(({ path, what, reason }) => ({ ...pathJson(path), what, reason })) };
}

/** Result of `verify`. */
export function verifyJson(report: VerifyReport, crypto: Crypto): object {
  const {
    level,
    fingerprint,
    archiveId,
    integrity,
    contents,
    selfContained,
    encryption,
    signature,
    time,
    completeness,
    custody,
    snapshots,
    generations,
    exitCode,
  } = report;
  return {
    id: fingerprint === undefined ? null : toHex(fingerprint),
    archiveId: archiveId === undefined ? null : toHex(archiveId),
    level,
    integrity: { ...integrity, problems: integrity.problems.map(problemJson) },
    contents: { ...contents, problems: contents.problems.map(problemJson) },
    selfContained,
    ...(encryption && { encryption }),
    signature: { ...signature, problems: signature.problems.map(problemJson) },
    time: { status: time.status, claimed: time.claimed ?? null },
    completeness: { status: completeness.status, counters: completeness.counters ?? null },
    custody: { status: custody.status, statements: custody.statements.map((one) => statementJson(one, crypto)) },
    snapshots: snapshots.map((one) => snapshotJson(one, crypto)),
    generations: generations.map((one) => generationJson(one, crypto)),
    exitCode,
  };
}

/** Result of `info`. */
export function infoJson(info: ArchiveInfo, crypto: Crypto): object {
  const { fingerprint, archiveId, snapshots, generations, ...rest } = info;
  return {
    id: toHex(fingerprint),
    archiveId: toHex(archiveId),
    ...rest,
    ...(snapshots && { snapshots: snapshots.map((one) => snapshotJson(one, crypto)) }),
    generations: generations.map((one) => generationJson(one, crypto)),
    exitCode: 0,
  };
}

/** A snapshot and what is said about it. */
export function snapshotJson({ id, snapshot, statements, vouched }: SnapshotReport, crypto: Crypto): object {
  return { id: toHex(id), vouched, statements: statements.map((one) => statementJson(one, crypto)), snapshot };
}

function generationJson({ manifest, signers, statements, later, ...rest }: GenerationReport, crypto: Crypto): object {
  return {
    ...rest,
    manifest: toHex(manifest),
    signers: signers.map((key) => keyJson(key, crypto)),
    statements: statements.map((one) => statementJson(one, crypto)),
    later: later.map((one) => statementJson(one, crypto)),
  };
}

function statementJson({ publicKey, name, ...rest }: StatementReport, crypto: Crypto): object {
  return { ...rest, ...keyJson(publicKey, crypto), name: name ?? null };
}

function problemJson({ code, message, hint }: VerifyReport["integrity"]["problems"][number]): object {
  return { code, message, hint: hint ?? null };
}
