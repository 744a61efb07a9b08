// What the clear manifest of a sealed archive says of its SESSION and KEYS frames, compared with them. spec/14-encryption.md#manifest
import { equalBytes, isZero } from "../bytes/compare.js";
import { toHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import { frameTypeName, frameTypes } from "../format/frame.js";
import { decodeKeys } from "../format/keys.js";
import type { Limits } from "../format/limits.js";
import type { UnverifiedManifest } from "../format/manifest.js";
import { decodeSession, type KeySource } from "../format/session.js";
import type { FrameIndex, UnitPlace } from "./frame-index.js";
import { type Frame, type FrameInput, readWholeFrame } from "./frame-reader.js";
import type { FoundKeys, FoundSession, Generation } from "./generation.js";
import { checkSealedLength } from "./unsealer.js";

/** SESSION and KEYS frames of one generation. */
export type FoundEncryption = Pick<Generation, "sessions" | "keys">;

/** The generation that is looked at. */
export interface GenerationUnderTest {
  readonly manifest: UnverifiedManifest;
  readonly table: FrameIndex;
  /** Sessions of the generations before; those of this one are added. */
  readonly sessions: SessionLog;
}

/** The sessions of an archive as they are read: all have one key source, and each a salt of its own. */
// spec/02-container.md#session
export class SessionLog {
  #first: FoundSession | undefined;
  /** Frame numbers by salt: an archive may have millions. */
  readonly #salts = new Map<string, number>();

  /** The first session of the archive; undefined in plain ones. */
  get first(): FoundSession | undefined {
    return this.#first;
  }

  /** @throws PTAR_SESSION_INVALID */
  add({ number, session }: FoundSession): void {
    const invalid = (problem: string) =>
      new PtarError("PTAR_SESSION_INVALID", `session (frame ${number}): ${problem}`, { details: { frame: number } });
    this.#first ??= { number, session };
    const { keySource } = this.#first.session;
    if (keySource !== session.keySource) throw invalid(`its key source is ${session.keySource}, that of the first session ${keySource}`);
    // spec/14-encryption.md#key
    const salt = toHex(session.salt);
    const twin = this.#salts.get(salt);
    if (twin !== undefined) throw invalid(`has the salt of the session in frame ${twin}`);
    this.#salts.set(salt, number);
  }
}

/**
 * Compares the manifest's members about encryption with the header's bit and with each other; reads nothing.
 * @throws PTAR_MANIFEST_MISMATCH
 */
export function checkEncryptionMembers(manifest: UnverifiedManifest, features: "plain" | "sealed", firstSession: number): void {
  const { encryption, sealed, frameTable, index, snapshots, subject } = manifest;
  if (features === "plain") {
    if (encryption !== null || sealed !== null) throw mismatch("says that it is sealed, and the header that it is plain");
    return;
  }
  if (encryption === null || sealed === null) throw mismatch("does not say how it is sealed, and the header says that it is");
  if (index.length > 0 || snapshots.length > 0) throw mismatch("lists snapshots or index roots of a sealed archive");
  if (subject !== undefined) throw mismatch(`shows the subject ${subject.kind} of a sealed archive`);
  const { sessions, keys } = encryption;
  if (sessions[0] !== firstSession) throw mismatch(`its first session is frame ${sessions[0]}, expected ${firstSession}`);
  for (const [name, frames] of [
    ["sessions", sessions],
    ["keys", keys],
  ] as const) {
    const at = frames.findIndex((frame, i) => frame >= frameTable || frame < firstSession || (i > 0 && frame <= (frames[i - 1] as number)));
    if (at >= 0) throw mismatch(`its ${name} name frame ${frames[at]}, out of order or out of its generation`);
  }
  if (sealed.frame >= frameTable || sealed.frame < firstSession)
    throw mismatch(`its sealed manifest is frame ${sealed.frame}, out of its generation`);
}

/**
 * Reads the SESSION and KEYS frames that the manifest of a sealed archive lists.
 * @throws PTAR_MANIFEST_MISMATCH, PTAR_SESSION_INVALID, PTAR_KEYS_INVALID, PTAR_KEYS_WORK_FACTOR, PTAR_LIMIT_EXCEEDED, PTAR_FRAME_ORDER, PTAR_FRAME_*
 */
export async function readEncryption(input: FrameInput, generation: GenerationUnderTest): Promise<FoundEncryption> {
  const { encryption } = generation.manifest;
  if (encryption === null) return { sessions: [], keys: [] };
  const log = generation.sessions;
  const sessions: FoundSession[] = [];
  for (const number of encryption.sessions) {
    const { payload } = await listedFrame(input, generation.table, { number, type: frameTypes.session });
    const found = { number, session: decodeSession(payload, number, "sealed") };
    log.add(found);
    sessions.push(found);
  }
  const keys: FoundKeys[] = [];
  for (const number of encryption.keys) {
    const frame = await listedFrame(input, generation.table, { number, type: frameTypes.keys });
    keys.push({ frame, keys: decodeKeys(frame.payload, number, input.limits) });
  }
  const { frame } = generation.manifest.sealed as NonNullable<UnverifiedManifest["sealed"]>;
  await listedFrame(input, generation.table, { number: frame, type: frameTypes.sealedManifest });
  return { sessions, keys };
}

/** Refuses more KEYS frames than anybody should have to try. @throws PTAR_LIMIT_EXCEEDED */
export function checkKeysCount(keys: readonly Pick<FoundKeys, "keys">[], { keysFrames, passphrases }: Limits): void {
  if (keys.length > keysFrames) throw new PtarError("PTAR_LIMIT_EXCEEDED", `archive: more than ${keysFrames} frames of wrapped keys`);
  const costly = keys.filter(({ keys: { kind } }) => kind === "passphrase").length;
  if (costly > passphrases) throw new PtarError("PTAR_LIMIT_EXCEEDED", `archive: ${costly} passphrases, limit ${passphrases}`);
}

/** Key source of an archive with this first session; none: it is plain. */
export function keySourceOf(first: FoundSession | undefined): KeySource {
  return first?.session.keySource ?? "plain";
}

async function listedFrame(input: FrameInput, table: FrameIndex, wanted: { readonly number: number; readonly type: number }): Promise<Frame> {
  const { number, type } = wanted;
  const place = (await table.place(number)) as UnitPlace;
  const frame = await readWholeFrame(input, { ...place, number });
  if (!equalBytes(frame.leaf, place.leaf))
    throw new PtarError("PTAR_FRAME_HASH", `frame ${number} at offset ${frame.offset}: not the one in the frame table`, {
      details: { frame: number },
    });
  checkSealedLength(frame);
  if (frame.type !== type) throw mismatch(`lists frame ${number} as ${frameTypeName(type)}, which is ${frameTypeName(frame.type)}`);
  return frame;
}

function mismatch(problem: string): PtarError {
  return new PtarError("PTAR_MANIFEST_MISMATCH", `manifest: ${problem}`);
}

/** Name of a repository key for people. */
export function repositoryKeyName({ session }: FoundSession): string {
  return isZero(session.repositoryKey) ? "unnamed" : toHex(session.repositoryKey);
}
