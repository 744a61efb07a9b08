// Objects in memory, for tests of what is built of them.
import { objectId } from "../../src/block/object-id.js";
import { toHex } from "../../src/bytes/hex.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import { type Limits, limits } from "../../src/format/limits.js";
import type { Kind } from "../../src/format/object.js";
import { nativeCrypto } from "../../src/native/crypto.js";
import type { ObjectReader, ObjectWriter } from "../../src/tree/object-io.js";

/** Keeps objects by (kind, id), and counts how often each kind is read. */
export class ObjectStore implements ObjectReader, ObjectWriter {
  readonly crypto = nativeCrypto;
  readonly limits: Limits;
  readonly reads: Kind[] = [];
  readonly objects = new Map<string, Uint8Array>();

  constructor(lower: Partial<Limits> = {}) {
    this.limits = { ...limits, ...lower };
  }

  put(kind: Kind, bytes: Uint8Array): Uint8Array {
    const id = objectId(this.crypto, kind, bytes);
    this.objects.set(`${kind} ${toHex(id)}`, bytes);
    return id;
  }

  async get(kind: Kind, id: Uint8Array): Promise<Uint8Array> {
    this.reads.push(kind);
    const bytes = this.objects.get(`${kind} ${toHex(id)}`);
    if (bytes === undefined) throw new PtarError("PTAR_OBJECT_MISSING", `object: ${kind} ${toHex(id)} is missing`);
    return bytes;
  }

  has(kind: Kind, id: Uint8Array): boolean {
    return this.objects.has(`${kind} ${toHex(id)}`);
  }

  /** Number of objects of a kind. */
  count(kind: Kind): number {
    return [...this.objects.keys()].filter((key) => key.startsWith(`${kind} `)).length;
  }
}
