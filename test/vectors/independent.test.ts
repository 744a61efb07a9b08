// Every fact of the valid vectors recomputed without any code of src/: trees, ids, item tree, counters, signatures. spec/01-overview.md
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as zlib from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Body, bodyOf, checkTable, demand, documentOf, hex, label, rootOf, sha256, type Unit, u64, unitsOf } from "./independent-container.js";
import { checkSalts, type Encryption, encryptionOf, isSealed, type Key, openUnits, sealedManifestAt, secretOf } from "./independent-seal.js";
import { checkSubject, type Subject } from "./independent-subject.js";
import { checkClosure, type Standing } from "./independent-thin.js";
import { contentErrors, itemRoot, linkRows, type Objects, readTree } from "./independent-tree.js";

interface Row {
  readonly name: string;
  readonly file: string;
  readonly code: string | null;
  readonly expect: string;
  readonly flags: readonly string[];
  readonly fingerprint: string;
  readonly key?: Key;
}

/** What the manifest of a plain archive and the sealed manifest of a sealed one say. */
interface Listing {
  readonly archiveId: string;
  readonly complete: boolean;
  readonly createdAt: string;
  readonly generation: number;
  readonly index: readonly { readonly first: number; readonly frame: number; readonly last: number; readonly rows: number }[];
  readonly signers: readonly string[];
  readonly snapshots: readonly { readonly id: string; readonly statements: readonly string[] }[];
  readonly subject?: Subject;
  readonly tree: { readonly root: string; readonly size: number };
}

interface Manifest extends Listing {
  readonly encryption: Encryption | null;
  readonly frameTable: number;
  readonly prev: { readonly manifest: string; readonly root: string; readonly size: number } | null;
  readonly sealed: { readonly frame: number } | null;
}

interface Snapshot {
  readonly captured: { readonly classes: readonly string[] };
  readonly completeness: {
    readonly excluded: number;
    readonly failed: number;
    readonly seen: number;
    readonly stored: number;
    readonly unstable: number;
  };
  readonly content: string;
  readonly items: { readonly count: number; readonly root: string | null; readonly rule: string };
}

interface Content {
  readonly links: { readonly count: number; readonly pages: readonly string[] } | null;
  readonly root: string | null;
  readonly salt: string;
}

const folder = join(import.meta.dirname, "../../test-vectors");
const rows = (JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as readonly Row[]).filter(({ code }) => code === null);
const labels = ["", "", "list", "page", "content", "snapshot", "statement", "links", "catalogue", "locations", "inventory", "holdings"];
const classes = "name type content links mode mtime atime ctime birthtime owner owner-names inode xattrs holes digests".split(" ");
const unzstd = (zlib as unknown as { readonly zstdDecompressSync?: (bytes: Uint8Array) => Buffer }).zstdDecompressSync;

/** The objects of all blocks and where each stands first, by kind and id. */
function objectsOf(units: readonly Unit[]): Map<string, { readonly bytes: Buffer; readonly frame: number; readonly ordinal: number }> {
  const found = new Map<string, { readonly bytes: Buffer; readonly frame: number; readonly ordinal: number }>();
  for (const [frame, { type, payload }] of units.entries()) {
    if (type !== 0x10 && type !== 0x11) continue;
    const count = payload.readUInt32LE(4);
    const start = 16 + 4 * count;
    const stored = payload.subarray(start, start + payload.readUInt32LE(12));
    const raw = decoded(payload[0] as number, stored);
    demand(raw.length === payload.readUInt32LE(8) && payload.subarray(start + stored.length).every((byte) => byte === 0), "raw length and padding");
    let at = 0;
    for (let ordinal = 0; ordinal < count; ordinal++) {
      const word = payload.readUInt32LE(16 + 4 * ordinal);
      const kind = word >>> 24;
      const bytes = raw.subarray(at, at + (word & 0xffffff));
      at += bytes.length;
      demand((kind === 1) === (type === 0x10), "kind in its type of block");
      const id = kind === 1 ? sha256(bytes) : sha256(label(`ptar1/${labels[kind]}`), bytes);
      const key = `${kind} ${hex(id)}`;
      if (!found.has(key)) found.set(key, { bytes, frame, ordinal });
    }
    demand(at === raw.length, "lengths that add up");
  }
  return found;
}

function decoded(codec: number, stored: Buffer): Buffer {
  if (codec === 0) return stored;
  if (codec === 1) return zlib.inflateRawSync(stored);
  demand(codec === 2 && unzstd !== undefined, "a codec that this Node has");
  return unzstd(stored);
}

/** All rows below the index roots: `kind id` to `frame ordinal`. */
function indexOf(units: readonly Unit[], manifest: Listing): Map<string, string> {
  const index = new Map<string, string>();
  for (const { frame, rows: count } of manifest.index) {
    const root = units[frame] as Unit;
    demand(root.type === 0x21 && u64(root.payload, 8) === count, "an index root with the rows of the manifest");
    for (let page = 0; page < root.payload.readUInt32LE(0); page++) {
      const { payload, type } = units[u64(root.payload, 16 + 48 * page + 32)] as Unit;
      demand(type === 0x20 && payload.length === 16 + 48 * payload.readUInt32LE(0), "an index page");
      demand(payload.subarray(16, 48).equals(root.payload.subarray(16 + 48 * page, 48 + 48 * page)), "first id of an index page");
      for (let at = 16; at < payload.length; at += 48)
        index.set(`${payload[at + 44]} ${hex(payload.subarray(at, at + 32))}`, `${u64(payload, at + 32)} ${payload.readUInt32LE(at + 40)}`);
    }
  }
  return index;
}

const rootAt = (units: readonly Unit[], size: number) => hex(rootOf(units.slice(0, size).map(({ leaf }) => leaf)));

/** Checks the manifests and archive statements of all generations and tails; all manifests and the digest of the last. */
function checkGenerations(units: readonly Unit[]): { readonly manifests: readonly Manifest[]; readonly digest: string } {
  const header = units[0] as Unit;
  let last: { readonly manifest: Manifest; readonly digest: string } | undefined;
  let bodies: { readonly body: Body; readonly number: number }[] = [];
  const manifests: Manifest[] = [];
  let inTail = false;
  let trailer = 0;
  let start = 1;
  for (const [number, { type, payload, offset, end }] of units.entries()) {
    if (type === 0x32) {
      const manifest = documentOf<Manifest>(payload);
      checkTable(units, number - 1, last?.manifest.tree.size ?? 0);
      expect(manifest).toMatchObject({
        archiveId: hex(header.payload.subarray(16, 48)),
        frameTable: number - 1,
        generation: (last?.manifest.generation ?? 0) + 1,
        tree: { size: number, root: rootAt(units, number) },
        prev: last === undefined ? null : { manifest: last.digest, ...last.manifest.tree },
        encryption: isSealed(units) ? encryptionOf(units, start, number) : null,
        sealed: isSealed(units) ? { frame: sealedManifestAt(units, start, number) } : null,
        ...(isSealed(units) && { index: [], snapshots: [] }),
      });
      last = { manifest, digest: hex(sha256(payload)) };
      manifests.push(manifest);
      bodies = [];
      inTail = false;
    }
    if (type === 0x40) bodies.push({ body: bodyOf(payload, "archive"), number });
    if (type !== 0x7f) continue;
    demand(last !== undefined, "a manifest before the trailer");
    const { manifest, digest } = last;
    const subject = { type: "archive", archiveId: manifest.archiveId, generation: manifest.generation, manifest: digest };
    for (const { body, number: frame } of bodies) {
      const size = inTail ? frame : manifest.tree.size + 1;
      expect(body).toMatchObject({ ...subject, tree: { size, root: rootAt(units, size) } });
    }
    if (!inTail) expect(bodies.map(({ body }) => body.publicKey)).toEqual(manifest.signers);
    const { offset: manifestOffset } = units[manifest.tree.size] as Unit;
    const { offset: tableOffset } = units[manifest.frameTable] as Unit;
    const places = [0, 8, 16, 24, 32].map((at) => u64(payload, at));
    expect(places).toEqual([manifestOffset, tableOffset, trailer, end, manifest.generation]);
    trailer = offset;
    start = number + 1;
    bodies = [];
    inTail = true;
  }
  demand(last !== undefined && (units.at(-1) as Unit).type === 0x7f, "a trailer at the end");
  return { manifests, digest: last.digest };
}

/** Checks a snapshot, its statements and its tree; whether it is complete. */
function checkSnapshot(get: Objects, row: Listing["snapshots"][number], standing: Standing | undefined): boolean {
  const snapshot = documentOf<Snapshot>(get(5, row.id));
  const { completeness, items } = snapshot;
  const places = snapshot.captured.classes.map((name) => classes.indexOf(name));
  demand(!places.includes(-1) && places.every((place, i) => i === 0 || (places[i - 1] as number) < place), "order of captured classes");
  for (const id of row.statements) {
    const { count, root, rule } = items;
    expect(bodyOf(get(6, id), "snapshot")).toMatchObject({ type: "snapshot", snapshot: row.id, items: { count, root, rule } });
  }
  if (standing !== undefined) {
    checkClosure(get, standing, snapshot.content);
    return completeness.failed + completeness.unstable === 0;
  }
  const content = documentOf<Content>(get(4, snapshot.content));
  const tree = readTree(get, content.root, Buffer.from(content.salt, "hex"));
  expect({ count: tree.leaves.length, root: itemRoot(tree) }).toEqual({ count: items.count, root: items.root });
  const { entries, failed, unstable } = tree.counters;
  const { excluded } = completeness;
  expect(completeness).toEqual({ excluded, failed, unstable, seen: entries + excluded, stored: entries - failed });
  const links = (content.links?.pages ?? []).flatMap((id) => linkRows(get(7, id)));
  expect(links.length).toBe(content.links?.count ?? 0);
  for (const { index, first } of links) {
    const [link, original] = [tree.files[index], tree.files[first]];
    demand(link !== undefined && original !== undefined && first < index, "links between files");
    const shared = ({ item, store }: typeof link) => [item.sha256, item.sha256Stored, item.size, contentErrors(item), store];
    expect(shared(link)).toEqual(shared(original));
  }
  return failed + unstable === 0;
}

describe("valid vectors, without the toolkit", () => {
  for (const row of rows) {
    // node:zlib has zstd from version 22.15 on
    const skipped = row.flags.includes("zstd") && unzstd === undefined;
    it.skipIf(skipped)(row.name, () => {
      const units = unitsOf(readFileSync(join(folder, row.file)));
      const { manifests, digest } = checkGenerations(units);
      expect(digest).toBe(row.fingerprint);
      expect(manifests.every(({ complete }) => complete)).toBe(row.expect === "ok");
      if (isSealed(units)) checkSalts(units);
      if (isSealed(units) && row.key === undefined) return;
      const opened = row.key === undefined ? units : openUnits(units, secretOf(units, row.key, textOf));
      checkContents(opened, row.key === undefined ? manifests : manifests.map((manifest) => listingOf(opened, manifest)));
    });
  }
});

const textOf = (file: string) => readFileSync(join(folder, "keys", file), "utf8");

/** The sealed manifest of a generation. spec/14-encryption.md#sealed-manifest */
function listingOf(units: readonly Unit[], { archiveId, generation, createdAt, complete, signers, sealed }: Manifest): Listing {
  const size = sealed?.frame as number;
  const listing = documentOf<Listing>((units[size] as Unit).payload);
  expect(listing).toMatchObject({
    type: "sealed-manifest",
    archiveId,
    generation,
    createdAt,
    complete,
    signers,
    tree: { size, root: rootAt(units, size) },
  });
  return listing;
}

/** Checks index, objects and snapshots of an archive that is open. */
function checkContents(units: readonly Unit[], listings: readonly Listing[]): void {
  const listing = listings.at(-1) as Listing;
  const objects = objectsOf(units);
  const places = Array.from(objects, ([key, { frame, ordinal }]) => [key, `${frame} ${ordinal}`] as const);
  const index = indexOf(units, listing);
  const leftOut = new Set(Array.from(index, ([key, place]) => (place === "0 0" ? key : "")).filter((key) => key !== ""));
  const isThin = (((units[0] as Unit).payload[12] as number) & 2) !== 0;
  demand(isThin || leftOut.size === 0, "nothing left out of an archive that is not thin");
  expect(new Map(Array.from(index).filter(([key]) => !leftOut.has(key)))).toEqual(new Map(places));
  const get = (kind: number, id: string) => {
    const object = objects.get(`${kind} ${id}`);
    demand(object !== undefined, `object ${kind} ${id}`);
    return object.bytes;
  };
  const standing: Standing = (kind, id) => (objects.has(`${kind} ${id}`) ? "there" : leftOut.has(`${kind} ${id}`) ? "left out" : undefined);
  const complete = listing.snapshots.map((snapshot) => checkSnapshot(get, snapshot, isThin ? standing : undefined));
  if (listing.subject !== undefined) checkSubject(get, listing.subject, isSealed(units) ? "sealed" : "plain");
  // each generation speaks of the snapshots that it brings
  const first = (i: number) => listings[i - 1]?.snapshots.length ?? 0;
  expect(listings.map((one) => one.complete)).toEqual(listings.map(({ snapshots }, i) => complete.slice(first(i), snapshots.length).every(Boolean)));
}

describe("the independent reader", () => {
  it("uses nothing of the toolkit", () => {
    for (const name of [
      "independent.test.ts",
      "independent-container.ts",
      "independent-seal.ts",
      "independent-subject.ts",
      "independent-thin.ts",
      "independent-tree.ts",
    ]) {
      const source = readFileSync(join(import.meta.dirname, name), "utf8");
      const imported = Array.from(source.matchAll(/^import .* from "([^"]+)";$/gm), ([, from]) => from);
      for (const from of imported) expect(from).toMatch(/^(node:.*|vitest|\.\/independent-(container|seal|subject|thin|tree)\.js)$/);
    }
  });
});
