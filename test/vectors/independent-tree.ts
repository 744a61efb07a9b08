// Objects, pages and items read by the letter of the spec, with nothing of src/. spec/05-page.md
import { createHash } from "node:crypto";
import { demand, documentOf, hex, label, rootOf, sha256, u64 } from "./independent-container.js";

/** Bytes of the object (kind, id), whose id is right. */
export type Objects = (kind: number, id: string) => Buffer;

interface Counters {
  readonly bytes: number;
  readonly entries: number;
  readonly failed: number;
  readonly newest: string | null;
  readonly unstable: number;
}

interface Item {
  readonly name?: string;
  readonly nameRaw?: string;
  readonly type: string;
  readonly size?: number;
  readonly sha256?: string | null;
  readonly sha256Stored?: string;
  readonly digests?: Readonly<Record<string, string>>;
  readonly holes?: readonly { readonly offset: number; readonly length: number }[];
  readonly xattrs?: readonly { readonly name?: string; readonly nameRaw?: string; readonly value: string }[];
  readonly mtime?: string | null;
  readonly unstable?: object;
  readonly errors?: readonly { readonly operation: string; readonly length?: number }[];
}

interface Entry {
  readonly item: Item;
  readonly store: {
    readonly chunks?: readonly { readonly id: string; readonly length: number }[];
    readonly list?: string;
    readonly page?: string;
    readonly counters?: Counters;
  };
}

interface Page {
  readonly level: number;
  readonly entries?: readonly Entry[];
  readonly pages?: readonly { readonly id: string; readonly name?: string; readonly nameRaw?: string }[];
}

/** What a whole tree comes to. */
export interface Tree {
  readonly leaves: readonly Buffer[];
  readonly files: readonly (Entry | undefined)[];
  readonly counters: Counters;
}

/** Reads the tree below page `root` and recomputes everything in it. */
export function readTree(objects: Objects, root: string | null, salt: Buffer): Tree {
  const leaves: Buffer[] = [];
  const files: (Entry | undefined)[] = [];
  const counters = root === null ? sum([]) : directory(root, Buffer.alloc(0));
  return { leaves, files, counters };

  function directory(page: string, prefix: Buffer): Counters {
    const rows = entriesOf(objects, page);
    const parts = rows.map(({ name, entry }) => {
      const path = Buffer.concat([prefix, name]);
      leaves.push(itemLeaf(salt, path, entry.item));
      files.push(entry.item.type === "file" ? entry : undefined);
      if (entry.item.type === "file") checkFile(objects, entry);
      checkFacts(entry.item);
      return [own(entry.item), below(entry, path)];
    });
    return sum(parts.flat());
  }

  function below({ item, store }: Entry, path: Buffer): Counters {
    if (item.type !== "directory" || store.page === undefined) return sum([]);
    const counters = directory(store.page, Buffer.concat([path, Buffer.from("/")]));
    demand(JSON.stringify(store.counters) === JSON.stringify(counters), `counters of ${path}`);
    return counters;
  }
}

/** spec/07-item.md#leaf */
function itemLeaf(salt: Buffer, path: Buffer, item: Item): Buffer {
  const salt16 = sha256(label("ptar1/salt"), salt, path).subarray(0, 16);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(path.length);
  // the document is canonical, so this is the text that is stored
  return sha256(Uint8Array.of(0), label("ptar1/item"), salt16, length, path, JSON.stringify(item));
}

/** spec/05-page.md#page */
function entriesOf(objects: Objects, root: string): { readonly name: Buffer; readonly entry: Entry }[] {
  const page = documentOf<Page>(objects(3, root));
  const rows = leavesBelow(objects, [page]);
  for (let i = 1; i < rows.length; i++) demand(Buffer.compare((rows[i - 1] as Row).name, (rows[i] as Row).name) < 0, "order of entries");
  return rows;
}

interface Row {
  readonly name: Buffer;
  readonly entry: Entry;
}

/** All entries below pages of one level; the pages are cut as the rule says. */
function leavesBelow(objects: Objects, pages: readonly Page[]): Row[] {
  const [{ level }] = pages as readonly [Page];
  checkCuts(
    pages.map((page) => (page.entries?.map(({ item }) => nameOf(item)) ?? page.pages?.map(nameOf)) as Buffer[]),
    level,
  );
  if (level === 0) return pages.flatMap((page) => (page.entries ?? []).map((entry) => ({ name: nameOf(entry.item), entry })));
  const children = pages.flatMap((page) =>
    (page.pages ?? []).map((child) => {
      const below = documentOf<Page>(objects(3, child.id));
      demand(below.level === level - 1, "level of a page");
      demand(nameOf(below.entries?.[0]?.item ?? below.pages?.[0] ?? {}).equals(nameOf(child)), "first name of a page");
      return below;
    }),
  );
  return leavesBelow(objects, children);
}

function checkCuts(pages: readonly (readonly Buffer[])[], level: number): void {
  const cutsBefore = (name: Buffer) => sha256(label("ptar1/split"), Uint8Array.of(level), name)[0] === 0;
  for (const [i, names] of pages.entries()) {
    if (i > 0) demand((pages[i - 1]?.length ?? 0) >= 64 && cutsBefore(names[0] as Buffer), "a page that starts where the rule cuts");
    demand(!names.slice(64).some(cutsBefore) && names.length <= 1024, "a page that holds no name the rule cuts before");
  }
}

function nameOf(row: { readonly name?: string; readonly nameRaw?: string }): Buffer {
  return row.name === undefined ? Buffer.from(row.nameRaw ?? "", "base64url") : Buffer.from(row.name);
}

/** spec/05-page.md#store */
function checkFile(objects: Objects, { item, store }: Entry): void {
  const errors = contentErrors(item);
  const unread = errors.some(({ operation }) => operation !== "read")
    ? (item.size ?? 0)
    : errors.reduce((total, { length }) => total + (length ?? 0), 0);
  const stored = (item.size ?? 0) - unread;
  const digest = item.sha256 ?? item.sha256Stored;
  const single = stored === 0 ? [] : [{ id: String(digest), length: stored }];
  const chunks = store.list !== undefined ? listRows(objects, store.list) : (store.chunks ?? single);
  demand(store.chunks === undefined || (chunks.length >= 2 && chunks.length <= 16), "2 to 16 chunks inline");
  demand(store.list === undefined || chunks.length > 16, "more than 16 chunks in a list");
  const parts = chunks.map(({ id, length }) => {
    const bytes = objects(1, id);
    demand(bytes.length === length, "length of a chunk");
    return bytes;
  });
  const hashed = (algorithm: string) => parts.reduce((hash, bytes) => hash.update(bytes), createHash(algorithm)).digest("hex");
  demand(chunks.reduce((total, { length }) => total + length, 0) === stored, "size of a file");
  if (digest !== undefined) demand(hashed("sha256") === digest, "digest of a file");
  demand((item.sha256 === null) === errors.length > 0, "sha256 exactly without errors of contents");
  for (const [algorithm, listed] of Object.entries(item.digests ?? {})) demand(hashed(algorithm) === listed, `${algorithm} of a file`);
}

/** Errors that do not concern extended attributes alone. spec/05-page.md#errors */
export const contentErrors = ({ errors = [] }: Item) => errors.filter(({ operation }) => operation !== "xattr");

/** spec/05-page.md#xattrs, spec/05-page.md#holes */
function checkFacts({ xattrs = [], holes = [], size = 0 }: Item): void {
  const names = xattrs.map(nameOf);
  for (let i = 1; i < names.length; i++) demand(Buffer.compare(names[i - 1] as Buffer, names[i] as Buffer) < 0, "order of extended attributes");
  demand(
    names.every((name) => name.length >= 1 && name.length <= 255),
    "lengths of names of extended attributes",
  );
  demand(
    xattrs.every(({ value }) => Buffer.from(value, "base64url").length <= 65536),
    "lengths of extended attributes",
  );
  demand(JSON.stringify(xattrs).length <= 131072, "length of all extended attributes");
  const ends = [-1, ...holes.map(({ offset, length }) => offset + length)];
  demand(holes.every(({ offset }, i) => offset > (ends[i] as number)) && (ends.at(-1) as number) <= size, "holes");
}

/** spec/05-page.md#list */
function listRows(objects: Objects, id: string): { readonly id: string; readonly length: number }[] {
  const bytes = objects(2, id);
  const count = bytes.readUInt32LE(4);
  demand(bytes.length === 8 + 40 * count && bytes.readUIntLE(1, 3) === 0, "length and reserved bytes of a list");
  const rows = Array.from({ length: count }, (_, i) => ({ id: hex(bytes.subarray(8 + 40 * i, 40 + 40 * i)), length: u64(bytes, 40 + 40 * i) }));
  if (bytes[0] === 0) return rows;
  return rows.flatMap((row) => {
    const below = listRows(objects, row.id);
    demand(below.reduce((total, { length }) => total + length, 0) === row.length, "length of a list");
    return below;
  });
}

/** Rows of a link table. spec/06-snapshot.md#links */
export function linkRows(bytes: Buffer): { readonly index: number; readonly first: number }[] {
  demand(bytes.length === 8 + 16 * bytes.readUInt32LE(0), "length of a link table");
  return Array.from({ length: bytes.readUInt32LE(0) }, (_, i) => ({ index: u64(bytes, 8 + 16 * i), first: u64(bytes, 16 + 16 * i) }));
}

function own(item: Item): Counters {
  const failed = item.errors === undefined ? 0 : 1;
  const unstable = failed === 0 && item.unstable !== undefined ? 1 : 0;
  return { bytes: item.size ?? 0, entries: 1, failed, newest: item.mtime ?? null, unstable };
}

function sum(parts: readonly Counters[]): Counters {
  const total = (member: "bytes" | "entries" | "failed" | "unstable") => parts.reduce((so, part) => so + part[member], 0);
  const times = parts.flatMap(({ newest }) => (newest === null ? [] : [BigInt(newest)]));
  const newest = times.length === 0 ? null : String(times.reduce((a, b) => (a > b ? a : b)));
  return { bytes: total("bytes"), entries: total("entries"), failed: total("failed"), newest, unstable: total("unstable") };
}

/** Root over the items as a snapshot writes it. */
export const itemRoot = (tree: Tree): string | null => (tree.leaves.length === 0 ? null : hex(rootOf(tree.leaves)));
