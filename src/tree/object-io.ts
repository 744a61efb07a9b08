// Contracts of where the objects of a tree come from and go to.
import type { Crypto } from "../crypto/crypto.js";
import type { Limits } from "../format/limits.js";
import type { Kind } from "../format/object.js";

/** Gives objects by what they are. */
export interface ObjectReader {
  readonly crypto: Crypto;
  readonly limits: Limits;
  /**
   * The bytes of object (kind, id); its id was recomputed.
   * @throws PTAR_OBJECT_MISSING, PTAR_OBJECT_ID, PTAR_BLOCK_*, PTAR_FRAME_*
   */
  get(kind: Kind, id: Uint8Array): Promise<Uint8Array>;
}

/** Takes structured objects. */
export interface ObjectWriter {
  /** Stores an object unless it is there; its id. */
  put(kind: Exclude<Kind, "chunk">, bytes: Uint8Array): Uint8Array;
}
