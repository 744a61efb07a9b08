// Opens an archive for reading. spec/10-verify.md#order

import { IndexReader } from "../block/index-reader.js";
import { mustHex, toHex } from "../bytes/hex.js";
import type { ByteReader } from "../container/bytes-io.js";
import { Container } from "../container/container.js";
import { findSecret } from "../container/unlock.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Content } from "../format/generated/types.js";
import { limits as formatLimits, type Limits } from "../format/limits.js";
import { decodeContent, decodeSnapshot } from "../format/snapshot.js";
import type { KeyRing } from "../keys/key-ring.js";
import type { Trust } from "../keys/trust.js";
import { vouches } from "../statement/verdict.js";
import type { Engine } from "./engine.js";
import { ArchiveObjects } from "./objects.js";
import type { GenerationReport, SnapshotReport } from "./results.js";
import type { SnapshotReader } from "./snapshot-reader.js";
import { judgeGenerations, judgeSnapshot } from "./statements.js";

/** How an archive is opened. */
export interface OpenOptions {
  readonly engine: Engine;
  /** Keys that must have signed, or `"any-signer"`: any valid signature or none will do. */
  readonly trust: Trust | "any-signer";
  /** Keys to name in reports although they need not have signed. */
  readonly knownKeys?: Trust;
  /** What a sealed archive is opened with. */
  readonly keys?: KeyRing;
  /** Limits of the format, or lower ones. */
  readonly limits?: Limits;
  /** Ends the search for a key that opens, which may take seconds. */
  readonly signal?: AbortSignal | undefined;
}

/** An archive whose container and archive statements were verified. Contents of a sealed one are for those with a key. */
export interface SignedContainer {
  readonly container: Container;
  readonly generations: readonly GenerationReport[];
}

/** Whether one of the signers that a generation declares is trusted; those who signed a tail later do not count. */
export function signedByTrusted(generation: GenerationReport): boolean {
  return generation.statements.some(({ status }) => status === "trusted");
}

/** An archive whose container and signatures were verified. Contents are compared with their ids on every read. */
export class Archive implements SnapshotReader {
  readonly container: Container;
  readonly objects: ArchiveObjects;
  readonly generations: readonly GenerationReport[];
  readonly #trust: Trust;
  readonly #requireTrust: boolean;

  /** Use {@link openArchive}. */
  constructor(parts: {
    readonly container: Container;
    readonly objects: ArchiveObjects;
    readonly generations: readonly GenerationReport[];
    readonly trust: Trust;
    readonly requireTrust: boolean;
  }) {
    this.container = parts.container;
    this.objects = parts.objects;
    this.generations = parts.generations;
    this.#trust = parts.trust;
    this.#requireTrust = parts.requireTrust;
  }

  /** SHA-256 of the newest manifest: the archive fingerprint. */
  get fingerprint(): Uint8Array {
    return this.container.fingerprint;
  }

  /** Ids of all snapshots, earlier ones first. */
  get snapshotIds(): readonly Uint8Array[] {
    return this.container.listing.snapshots.map(({ id }) => mustHex(id));
  }

  /**
   * One snapshot and what is said about it; `selector` is `latest` or the beginning of an id.
   * @throws PTAR_SNAPSHOT_NOT_FOUND, PTAR_OBJECT_*, PTAR_DOCUMENT_*, PTAR_SIGNATURE_INVALID; PTAR_SIGNER_UNTRUSTED when the archive was
   * opened with keys and none of them vouches for the contents
   */
  async snapshot(selector = "latest"): Promise<SnapshotReport> {
    const { id: hex, statements } = this.#select(selector);
    const id = mustHex(hex);
    const snapshot = decodeSnapshot(await this.objects.get("snapshot", id));
    const judged = await judgeSnapshot(this.objects, { id, snapshot, statements }, this.#trust);
    const report = { id, snapshot, statements: judged, vouched: vouches([...judged, ...this.#broughtBy(hex)]) };
    if (this.#requireTrust) requireVouched(report);
    return report;
  }

  /** The content of a snapshot. @throws PTAR_OBJECT_*, PTAR_DOCUMENT_* */
  async content(report: SnapshotReport): Promise<Content> {
    return decodeContent(await this.objects.get("content", mustHex(report.snapshot.content)));
  }

  #select(selector: string): { readonly id: string; readonly statements: readonly string[] } {
    const { snapshots } = this.container.listing;
    const found = selector === "latest" ? snapshots.slice(-1) : snapshots.filter(({ id }) => id.startsWith(selector.toLowerCase()));
    const [only] = found;
    if (only !== undefined && (found.length === 1 || selector.length === 64)) return only;
    const problem = found.length > 1 ? `${found.length} snapshots start with ${selector}` : `no snapshot ${selector}`;
    throw new PtarError("PTAR_SNAPSHOT_NOT_FOUND", `archive: ${problem}`, { hint: "`ptar info` lists the snapshots of an archive" });
  }

  /** Statements of the signers of the generation that brought a snapshot: the first whose manifest lists it. */
  #broughtBy(id: string) {
    const at = this.container.listings.findIndex(({ snapshots }) => snapshots.some((snapshot) => snapshot.id === id));
    const generation = this.generations[at];
    return generation?.statements.slice(0, generation.signers.length) ?? [];
  }
}

/**
 * Opens the container of an archive and verifies its statements: what needs no key. Damage elsewhere is found when it is read.
 * @throws PTAR_HEADER_*, PTAR_UNSUPPORTED_*, PTAR_TRAILER_*, PTAR_FRAME_*, PTAR_TABLE_*, PTAR_MANIFEST_MISMATCH, PTAR_GENERATION_CHAIN,
 * PTAR_SESSION_INVALID, PTAR_KEYS_*, PTAR_DOCUMENT_*, PTAR_STATEMENT_MISMATCH, PTAR_SIGNATURE_MISSING, PTAR_SIGNATURE_INVALID
 */
export async function openSigned(reader: ByteReader, options: Omit<OpenOptions, "keys">): Promise<SignedContainer> {
  const { engine, limits = formatLimits } = options;
  return judgeContainer(await Container.open(reader, engine.crypto, limits), options);
}

/** Verifies the statements of a container. @throws PTAR_DOCUMENT_*, PTAR_STATEMENT_MISMATCH, PTAR_SIGNATURE_MISSING, PTAR_SIGNATURE_INVALID */
export function judgeContainer(container: Container, options: Omit<OpenOptions, "keys">): SignedContainer {
  return { container, generations: judgeGenerations(container, options.engine.crypto, keysToName(options)) };
}

/**
 * Opens the contents of an archive; a sealed one with `keys`.
 * @throws PTAR_KEY_REQUIRED, PTAR_IDENTITY_WRONG, PTAR_PASSPHRASE_WRONG, PTAR_KEY_COMMITMENT, PTAR_KEYS_*, PTAR_FRAME_*, PTAR_MANIFEST_MISMATCH,
 * PTAR_GENERATION_CHAIN, PTAR_DOCUMENT_*, PTAR_INDEX_INVALID
 */
export async function openContents(signed: SignedContainer, options: OpenOptions): Promise<Archive> {
  await unlockContents(signed, options);
  return openIndexed(signed, options);
}

/** Opens the contents of a sealed archive as far as its manifests. @throws as {@link openContents} */
export async function unlockContents({ container }: SignedContainer, { keys = { identities: [] }, signal }: OpenOptions): Promise<void> {
  if (!container.isOpen) await unlock(container, keys, signal);
}

/** The contents of an archive that is open, by its index. @throws PTAR_FRAME_*, PTAR_INDEX_INVALID */
export async function openIndexed({ container, generations }: SignedContainer, options: OpenOptions): Promise<Archive> {
  const { header, indexRoots, input } = container;
  const index = await IndexReader.open(container, indexRoots, { limits: input.limits, leftOut: header.thin ? "allowed" : "refused" });
  const objects = new ArchiveObjects(container, index, options.engine);
  return new Archive({ container, objects, generations, trust: keysToName(options), requireTrust: options.trust !== "any-signer" });
}

/**
 * Opens an archive: header, trailers, manifests, frame tables, statements, trust; a sealed one with `keys`. Damage elsewhere is found when it is read.
 * @throws PTAR_HEADER_*, PTAR_UNSUPPORTED_*, PTAR_TRAILER_*, PTAR_FRAME_*, PTAR_TABLE_*, PTAR_MANIFEST_MISMATCH, PTAR_GENERATION_CHAIN,
 * PTAR_DOCUMENT_*, PTAR_STATEMENT_MISMATCH, PTAR_SIGNATURE_MISSING, PTAR_SIGNATURE_INVALID, PTAR_INDEX_INVALID, PTAR_SIGNER_UNTRUSTED,
 * PTAR_SESSION_INVALID, PTAR_KEYS_*, PTAR_KEY_REQUIRED, PTAR_IDENTITY_WRONG, PTAR_PASSPHRASE_WRONG, PTAR_KEY_COMMITMENT
 */
export async function openArchive(reader: ByteReader, options: OpenOptions): Promise<Archive> {
  const archive = await openContents(await openSigned(reader, options), options);
  if (options.trust !== "any-signer") requireTrusted(archive.generations);
  return archive;
}

/** Whether a failure only says that keys are those of other archives, or missing. */
export function isOtherKey(error: unknown): error is PtarError {
  const codes: readonly string[] = ["PTAR_KEY_REQUIRED", "PTAR_IDENTITY_WRONG", "PTAR_PASSPHRASE_WRONG", "PTAR_KEYS_UNSIGNED"];
  return error instanceof PtarError && codes.includes(error.code);
}

async function unlock(container: Container, keys: KeyRing, signal: AbortSignal | undefined): Promise<void> {
  const secret = await findSecret(container, keys, signal);
  try {
    await container.unlock(secret);
  } finally {
    secret.fill(0);
  }
}

function keysToName({ trust, knownKeys = { keys: [] } }: Pick<OpenOptions, "trust" | "knownKeys">): Trust {
  return trust === "any-signer" ? knownKeys : trust;
}

/**
 * Refuses an archive whose newest generation no trusted key signed. spec/09-trust.md#vouching
 * @throws PTAR_SIGNATURE_MISSING, PTAR_SIGNER_UNTRUSTED
 */
export function requireTrusted(generations: readonly GenerationReport[]): void {
  const newest = generations.at(-1) as GenerationReport;
  if (newest.signers.length === 0) {
    throw new PtarError("PTAR_SIGNATURE_MISSING", "archive: it is not signed", { hint: "its maker chose `--no-sign`; there is nobody to trust" });
  }
  if (signedByTrusted(newest)) return;
  const last = generations.findLast(signedByTrusted);
  const before = last === undefined ? "" : `; the last trusted generation is ${last.generation} (manifest ${toHex(last.manifest)})`;
  throw new PtarError(
    "PTAR_SIGNER_UNTRUSTED",
    `archive: generation ${newest.generation} is signed by ${newest.signers.map(toHex).join(", ")}, which is not trusted here${before}`,
    {
      hint: "compare the fingerprint of the key with its owner, then `ptar trust add`",
    },
  );
}

/**
 * Refuses a snapshot for whose contents no trusted key vouches. spec/09-trust.md#vouching
 * @throws PTAR_SIGNER_UNTRUSTED
 */
export function requireVouched(report: SnapshotReport): void {
  if (report.vouched) return;
  throw new PtarError("PTAR_SIGNER_UNTRUSTED", `snapshot ${toHex(report.id)}: no trusted key vouches for its contents`, {
    hint: "who made the file did not say that the contents are right; ask for the key of who collected them",
  });
}
