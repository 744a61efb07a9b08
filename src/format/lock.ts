// The lock of a repository: who is pruning it. spec/15-repository.md#lock
import { encodeDocument } from "./document.js";
import type { Lock } from "./generated/types.js";
import { validateLock } from "./generated/validators.js";
import type { Limits } from "./limits.js";
import { decodeRepositoryFile } from "./repository-file.js";

/** Bytes of a lock. */
export function encodeLock(lock: Lock): Uint8Array {
  return encodeDocument(lock, "lock", validateLock);
}

/** The lock of a running prune. Its texts are somebody else's: escape them before they are printed. @throws PTAR_REPOSITORY_INVALID, PTAR_UNSUPPORTED_EXTENSION */
export function decodeLock(bytes: Uint8Array, limits: Limits): Lock {
  return decodeRepositoryFile<Lock>(bytes, { subject: "locks/prune.json", validate: validateLock, maxBytes: limits.lockBytes });
}
