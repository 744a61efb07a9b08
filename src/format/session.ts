// SESSION: under which key the frames that follow are sealed. spec/02-container.md#session
import { isZero } from "../bytes/compare.js";
import { PtarError } from "../errors/ptar-error.js";

/** Length of a session payload, bytes. */
export const sessionLength = 96;

/** Where the key of a session comes from. */
export const keySources = { plain: 0, keys: 1, repository: 2 } as const;

/** The session of a plain archive: all zero. */
export function encodePlainSession(): Uint8Array {
  return new Uint8Array(sessionLength);
}

/** Refuses a session that is not that of a plain archive. @throws PTAR_SESSION_INVALID */
export function checkPlainSession(payload: Uint8Array, frame: number): void {
  if (payload.length !== sessionLength) {
    throw new PtarError("PTAR_SESSION_INVALID", `session (frame ${frame}): ${payload.length} bytes, expected ${sessionLength}`);
  }
  if (!isZero(payload)) {
    throw new PtarError("PTAR_SESSION_INVALID", `session (frame ${frame}): not zero although the header says that the archive is plain`);
  }
}
