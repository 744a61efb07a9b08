// The container read by the letter of the spec, with nothing of src/: node:crypto and plain JavaScript. spec/02-container.md
import { createHash, createPublicKey, verify } from "node:crypto";

/** Header or frame. */
export interface Unit {
  readonly type: number;
  readonly offset: number;
  readonly end: number;
  readonly payload: Buffer;
  readonly leaf: Buffer;
}

/** What a statement says, its signature verified. */
export interface Body {
  readonly publicKey: string;
}

export function sha256(...parts: readonly (Uint8Array | string)[]): Buffer {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
export const u64 = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64LE(at));

export function label(text: string): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.write(text);
  return bytes;
}

export function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

/** Header and all frames, each with its leaf hash; magic, checks, numbers and reserved bytes are right. */
export function unitsOf(bytes: Buffer): Unit[] {
  demand(hex(bytes.subarray(0, 10)) === "89505441520d0a1a0a01", "magic and major version");
  demand(bytes[11] === 64 && bytes.readUInt32LE(12) <= 3 && u64(bytes, 48) === 0, "header length, features and reserved bytes");
  demand(sha256(bytes.subarray(0, 56)).subarray(0, 8).equals(bytes.subarray(56, 64)), "check of the header");
  const header = bytes.subarray(0, 64);
  const units: Unit[] = [{ type: -1, offset: 0, end: 64, payload: header, leaf: sha256(Uint8Array.of(0), header) }];
  while ((units.at(-1) as Unit).end < bytes.length) units.push(frameAt(bytes, (units.at(-1) as Unit).end, units.length));
  return units;
}

function frameAt(bytes: Buffer, offset: number, number: number): Unit {
  demand(hex(bytes.subarray(offset, offset + 4)) === "f7505446", `sync of frame ${number}`);
  demand(bytes.readUIntLE(offset + 5, 3) === 0, `flags and reserved bytes of frame ${number}`);
  demand(u64(bytes, offset + 16) === number, `number of frame ${number}`);
  const end = offset + 32 + u64(bytes, offset + 8);
  const unit = bytes.subarray(offset, end - 8);
  const leaf = sha256(Uint8Array.of(0), unit);
  demand(leaf.subarray(0, 8).equals(bytes.subarray(end - 8, end)), `check of frame ${number}`);
  return { type: unit[4] as number, offset, end, payload: unit.subarray(24), leaf };
}

/** RFC 9162 §2.1.1 as it stands there. */
export function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0] as Buffer;
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  return sha256(Uint8Array.of(1), rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)));
}

/** Roots of the largest complete, aligned subtrees of leaves [first, end). */
export function compactRange(leaves: readonly Buffer[], first: number, end: number): Buffer[] {
  const nodes: Buffer[] = [];
  for (let at = first; at < end; ) {
    let size = 1;
    while (at % (size * 2) === 0 && at + size * 2 <= end) size *= 2;
    nodes.push(rootOf(leaves.slice(at, at + size)));
    at += size;
  }
  return nodes;
}

/** Checks that the frame table in unit `number` says of all units from `first` on what was found. */
export function checkTable(units: readonly Unit[], number: number, first: number): void {
  const { payload } = units[number] as Unit;
  demand(u64(payload, 0) === first && u64(payload, 8) === number - first, "first unit and unit count");
  let at = 24 + 32 * payload.readUInt32LE(20);
  const leaves = units.map(({ leaf }) => leaf);
  demand(payload.subarray(24, at).equals(Buffer.concat(compactRange(leaves, 0, first))), "nodes of the units before");
  let covered = first;
  for (let page = 0; page < payload.readUInt32LE(16); page++) {
    const frame = units[u64(payload, at)] as Unit;
    const count = payload.readUInt32LE(at + 8);
    const nodes = payload.readUInt32LE(at + 12);
    const range = Buffer.concat(compactRange(leaves, covered, covered + count));
    demand(payload.subarray(at + 16, at + 16 + 32 * nodes).equals(range), "nodes of a page");
    demand(frame.type === 0x30 && u64(frame.payload, 0) === covered && u64(frame.payload, 8) === count, "head of a page");
    demand(frame.payload.subarray(16).equals(rowsOf(units.slice(covered, covered + count))), "rows of a page");
    at += 16 + 32 * nodes;
    covered += count;
  }
  demand(payload.subarray(at).equals(rowsOf(units.slice(covered, number))), "inline rows");
}

function rowsOf(units: readonly Unit[]): Buffer {
  return Buffer.concat(
    units.map(({ end, leaf }) => {
      const row = Buffer.alloc(40);
      row.writeBigUInt64LE(BigInt(end));
      row.set(leaf, 8);
      return row;
    }),
  );
}

/** The value of canonical JSON: sorting and writing it again must give the same bytes. */
export function documentOf<T>(bytes: Buffer): T {
  const value: unknown = JSON.parse(bytes.toString("utf8"));
  demand(Buffer.from(JSON.stringify(sorted(value))).equals(bytes), "canonical form");
  return value as T;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, sorted(member)]));
}

/** The body of a statement whose signature is valid over its pre-authentication encoding. */
export function bodyOf(stored: Buffer, subject: "archive" | "snapshot"): Body {
  const body = stored.subarray(64);
  const type = `application/vnd.ptar.${subject}+json`;
  const signed = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${body.length} `), body]);
  const value = documentOf<Body>(body);
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), Buffer.from(value.publicKey, "hex")]);
  demand(verify(null, signed, createPublicKey({ key: der, format: "der", type: "spki" }), stored.subarray(0, 64)), "signature");
  return value;
}
