// Forges archives that lie in one place: everything above the lie is hashed and signed anew, so that only the named check can fail.
import { objectId } from "../../src/block/object-id.js";
import { canonicalBytes, type JsonValue } from "../../src/bytes/canonical-json.js";
import { toHex } from "../../src/bytes/hex.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { portableCrypto as crypto } from "../../src/crypto/portable.js";
import type { Content, Item, Snapshot } from "../../src/format/generated/types.js";
import type { IndexRow } from "../../src/format/index-page.js";
import type { Kind } from "../../src/format/object.js";
import type { Role } from "../../src/format/statement.js";
import { type SnapshotSubject, signSnapshot } from "../../src/statement/sign.js";
import { ListWriter } from "../../src/tree/list-writer.js";
import { TreeWriter } from "../../src/tree/tree-writer.js";
import { type Alter, ArchiveBuilder, author, type BuiltObject, type GenerationPlan, type TestSigner } from "../container/build.js";

/** Where a forged tree goes. */
export interface ForgedTree {
  readonly tree: TreeWriter;
  /** Stores chunks and adds a file of them; its item index. `change` is about its item. */
  file(name: string, chunks: readonly string[], change?: Partial<Item>): number;
  directory(name: string, inside: () => void): void;
  readonly put: Put;
}

/** Stores an object; its id. */
export type Put = (kind: Kind, bytes: Uint8Array) => Uint8Array;

/** What is forged; everything else is as it should be. */
export interface Forgery {
  readonly write?: (forged: ForgedTree) => void;
  /** Changes an object before its id is computed. */
  readonly object?: (kind: Kind, bytes: Uint8Array) => Uint8Array;
  readonly content?: (own: Content, put: Put) => Content;
  readonly snapshot?: Alter<Snapshot>;
  /** Signs about the snapshot; default: `signers`, as author. */
  readonly about?: (subject: SnapshotSubject) => Promise<readonly Uint8Array[]>;
  /** Changes what is stored, after everything has its id. */
  readonly objects?: Alter<readonly BuiltObject[]>;
  readonly plan?: GenerationPlan;
  readonly role?: Role;
}

const time = "2026-11-21T09:02:11Z";
const salt = new Uint8Array(32).fill(8);
export const claim = (role: Role = "author") => ({ role, time });

/** One file, a directory with two names of one file, a file of many chunks, a symlink. */
export function ordinaryTree(forged: ForgedTree): void {
  forged.file("a", ["aaa"]);
  forged.directory("d", () => {
    const first = forged.file("b", ["bb", "bbb"], { mtime: "5" });
    forged.tree.link(forged.file("c", ["bb", "bbb"]), first);
  });
  forged.file(
    "m",
    Array.from({ length: 20 }, (_, i) => `chunk ${i}`),
  );
  forged.tree.add(toUtf8("s"), { name: "s", type: "symlink", target: "a" }, {});
}

/** Adds a forged generation to `builder`. */
export async function forge(forgery: Forgery = {}, builder = new ArchiveBuilder()): Promise<ArchiveBuilder> {
  const same = <T>(value: T): T => value;
  const stored = new Map<string, BuiltObject>();
  const put: Put = (kind, bytes) => {
    const changed = (forgery.object ?? ((_, own) => own))(kind, bytes);
    const id = objectId(crypto, kind, changed);
    stored.set(`${kind} ${toHex(id)}`, { kind, bytes: changed });
    return id;
  };
  const tree = new TreeWriter(crypto, { put }, salt);
  (forgery.write ?? ordinaryTree)(forgedTree(tree, put));
  const { root, links, counters, itemCount, itemRoot } = tree.finish();
  const content: Content = { type: "content", root: root === undefined ? null : toHex(root), salt: toHex(salt), links, ext: [] };
  const contentId = put("content", canonicalBytes((forgery.content ?? same)(content, put) as JsonValue));
  const { entries, failed, unstable } = counters;
  const snapshot = (forgery.snapshot ?? same)({
    type: "snapshot",
    sources: [{ kind: "files", label: "forged" }],
    times: { started: time, finished: time },
    captured: { classes: ["name", "type", "content", "links"], profile: "portable" },
    chunker: { average: 262144, max: 1048576, min: 65536, name: "gear1" },
    completeness: { excluded: 0, failed, seen: entries, stored: entries - failed, unstable },
    items: { count: itemCount, hiding: true, root: itemRoot === undefined ? null : toHex(itemRoot), rule: "ptar1/item" },
    content: toHex(contentId),
    tags: [],
    parents: [],
    ext: [],
  });
  const id = put("snapshot", canonicalBytes(snapshot as JsonValue));
  const signers: readonly TestSigner[] = forgery.plan?.signers ?? [author];
  const about = forgery.about ?? ((subject) => Promise.all(signers.map((signer) => signSnapshot(signer, subject, claim(forgery.role)))));
  const statements = (await about({ id, items: snapshot.items })).map((bytes) => toHex(put("statement", bytes)));
  const objects = (forgery.objects ?? same)([...stored.values()]);
  const blocks = [objects.filter(({ kind }) => kind === "chunk"), objects.filter(({ kind }) => kind !== "chunk")];
  return builder.generation({
    blocks: blocks.filter(({ length }) => length > 0),
    ...forgery.plan,
    statement: (body) => (forgery.plan?.statement ?? same)({ ...body, role: forgery.role ?? "author" }),
    complete: forgery.plan?.complete ?? failed + unstable === 0,
    listing: (listing) => (forgery.plan?.listing ?? same)({ ...listing, snapshots: [...listing.snapshots, { id: toHex(id), statements }] }),
  });
}

/** Bytes of an archive with one forged generation. */
export async function forged(forgery: Forgery = {}): Promise<Uint8Array> {
  return (await forge(forgery)).bytes();
}

function forgedTree(tree: TreeWriter, put: Put): ForgedTree {
  return {
    tree,
    put,
    file(name, chunks, change = {}) {
      const list = new ListWriter({ put });
      for (const text of chunks) list.add({ id: put("chunk", toUtf8(text)), length: toUtf8(text).length });
      const whole = toUtf8(chunks.join(""));
      const item: Item = { name, type: "file", size: whole.length, sha256: toHex(crypto.sha256(whole)), ...change };
      return tree.add(toUtf8(name), item, list.finish());
    },
    directory(name, inside) {
      tree.enter(toUtf8(name), { name, type: "directory" });
      inside();
      tree.leave();
    },
  };
}

/** Whether a row of an index names the chunk with these contents. */
export function isChunk(row: IndexRow, content: string): boolean {
  return row.kind === "chunk" && toHex(row.id) === toHex(crypto.sha256(toUtf8(content)));
}

/** Leaves out objects of a kind, or the one chunk with these contents. */
export function without(kind: Kind, content?: string): (objects: readonly BuiltObject[]) => readonly BuiltObject[] {
  return (objects) =>
    objects.filter((object) => object.kind !== kind || (content !== undefined && new TextDecoder().decode(object.bytes) !== content));
}
