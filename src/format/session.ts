// SESSION: under which key the frames that follow are sealed. spec/02-container.md#session
import { Builder } from "../bytes/builder.js";
import { isZero } from "../bytes/compare.js";
import { Cursor } from "../bytes/cursor.js";
import { PtarError } from "../errors/ptar-error.js";

/** Length of a session payload, bytes. */
export const sessionLength = 96;

/** Where the key of a session comes from. */
export const keySources = { plain: 0, keys: 1, repository: 2 } as const;

/** Name of a key source. */
export type KeySource = keyof typeof keySources;

/** A session, as it stands in its frame. */
export interface Session {
  readonly keySource: KeySource;
  /** 32 bytes, zero when plain. */
  readonly salt: Uint8Array;
  /** 16 bytes, zero unless the key is a repository's. */
  readonly repositoryKey: Uint8Array;
  /** 32 bytes that tell whether a key is the right one; zero when plain. */
  readonly commitment: Uint8Array;
}

/** The session of a plain archive: all zero. */
export function encodePlainSession(): Uint8Array {
  return new Uint8Array(sessionLength);
}

/** Payload of a session. */
export function encodeSession({ keySource, salt, repositoryKey, commitment }: Session): Uint8Array {
  return new Builder(sessionLength).u8(keySources[keySource]).zeros(15).bytes(salt).bytes(repositoryKey).bytes(commitment).done();
}

/**
 * The session of an archive whose header says that it is `features` plain or sealed.
 * @throws PTAR_SESSION_INVALID
 */
export function decodeSession(payload: Uint8Array, frame: number, features: "plain" | "sealed"): Session {
  const invalid = (problem: string) => new PtarError("PTAR_SESSION_INVALID", `session (frame ${frame}): ${problem}`, { details: { frame } });
  if (payload.length !== sessionLength) throw invalid(`${payload.length} bytes, expected ${sessionLength}`);
  if (features === "plain") {
    if (!isZero(payload)) throw invalid("not zero although the header says that the archive is plain");
    return { keySource: "plain", salt: new Uint8Array(32), repositoryKey: new Uint8Array(16), commitment: new Uint8Array(32) };
  }
  const cursor = new Cursor(payload);
  const number = cursor.u8();
  const keySource = number === keySources.keys ? "keys" : number === keySources.repository ? "repository" : undefined;
  if (keySource === undefined) throw invalid(`key source ${number} in an archive whose header says that it is sealed`);
  if (!isZero(cursor.bytes(15))) throw invalid("reserved bytes are not zero");
  const salt = cursor.bytes(32).slice();
  const repositoryKey = cursor.bytes(16).slice();
  const commitment = cursor.bytes(32).slice();
  // spec/14-encryption.md#key
  if (isZero(salt)) throw invalid("its salt is zero");
  if (keySource === "keys" && !isZero(repositoryKey)) throw invalid("names the key of a repository, and its key source is KEYS");
  return { keySource, salt, repositoryKey, commitment };
}
