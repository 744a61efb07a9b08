// Ids of objects. spec/04-object.md#kinds
import { label } from "../bytes/label.js";
import type { Crypto } from "../crypto/crypto.js";
import { idLabel, type Kind } from "../format/object.js";

const labels = new Map<Kind, Uint8Array>();

/** The id of an object, 32 bytes. */
export function objectId(crypto: Crypto, kind: Kind, bytes: Uint8Array): Uint8Array {
  const text = idLabel(kind);
  if (text === undefined) return crypto.sha256(bytes);
  let prefix = labels.get(kind);
  if (prefix === undefined) {
    prefix = label(text);
    labels.set(kind, prefix);
  }
  return crypto.sha256(prefix, bytes);
}
