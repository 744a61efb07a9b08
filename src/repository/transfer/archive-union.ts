// Archives that are imported together: what one of them leaves out another may have. spec/16-transfer.md#import
import type { Copy } from "../../archive/copy.js";
import type { NeededObjects } from "../../archive/needed-objects.js";
import type { Archive } from "../../archive/open.js";
import { toHex } from "../../bytes/hex.js";
import type { Crypto } from "../../crypto/crypto.js";
import { PtarError } from "../../errors/ptar-error.js";
import { isLeftOut } from "../../format/index-page.js";
import type { Limits } from "../../format/limits.js";
import type { Kind } from "../../format/object.js";
import type { ObjectReader } from "../../tree/object-io.js";

/** What is copied out of one archive. */
interface Part {
  readonly archive: Archive;
  /** In order. */
  readonly frames: readonly number[];
  /** Of these frames. */
  readonly bytes: number;
}

/** The objects of several archives. */
export class ArchiveUnion implements ObjectReader {
  readonly crypto: Crypto;
  readonly limits: Limits;
  readonly #archives: readonly Archive[];

  /** There is at least one. */
  constructor(archives: readonly Archive[]) {
    const { crypto, limits } = (archives[0] as Archive).objects;
    this.crypto = crypto;
    this.limits = limits;
    this.#archives = archives;
  }

  async has(kind: Kind, id: Uint8Array): Promise<boolean> {
    return (await this.#find(kind, id)) !== undefined;
  }

  async get(kind: Kind, id: Uint8Array): Promise<Uint8Array> {
    const found = await this.#find(kind, id);
    if (found !== undefined) return found.archive.objects.get(kind, id);
    throw new PtarError("PTAR_OBJECT_MISSING", `object: ${kind} ${toHex(id)} is in none of these archives`, { details: { kind, id: toHex(id) } });
  }

  /** Copies what is needed out of the archives, in the order of their blocks. @throws what copying throws */
  async copy(copy: Copy, needed: NeededObjects): Promise<void> {
    const parts = await this.#plan(needed);
    let left = parts.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { archive, frames, bytes } of parts) {
      copy.expect(left);
      await copy.take(archive.container, frames, needed);
      left -= bytes;
    }
  }

  /** Blocks to read of each archive: of an object that several have, those of the first. */
  async #plan(needed: NeededObjects): Promise<readonly Part[]> {
    const plan = new Map<Archive, Set<number>>();
    for (const { kind, id } of needed.remaining()) {
      const found = await this.#find(kind, id);
      if (found === undefined) continue;
      const frames = plan.get(found.archive) ?? new Set();
      frames.add(found.frame);
      plan.set(found.archive, frames);
    }
    const parts: Part[] = [];
    for (const [archive, frames] of plan) {
      const sorted = [...frames].sort((a, b) => a - b);
      parts.push({ archive, frames: sorted, bytes: await bytesOf(archive, sorted) });
    }
    return parts;
  }

  async #find(kind: Kind, id: Uint8Array): Promise<{ readonly archive: Archive; readonly frame: number } | undefined> {
    for (const archive of this.#archives) {
      const row = await archive.objects.index.find(kind, id);
      if (row !== undefined && !isLeftOut(row)) return { archive, frame: row.frame };
    }
    return undefined;
  }
}

async function bytesOf({ container }: Archive, frames: readonly number[]): Promise<number> {
  let bytes = 0;
  for (const { table } of container.generations) {
    for (const frame of frames) {
      const place = await table.place(frame);
      if (place !== undefined) bytes += place.end - place.offset;
    }
  }
  return bytes;
}
