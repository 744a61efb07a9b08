// One valid document of each schema, with every member that it may have, typed by the generated types.
import type {
  ArchiveStatement,
  Catalogue,
  Content,
  Entry,
  Inventory,
  Lock,
  Manifest,
  Mark,
  Page,
  Repository,
  SealedManifest,
  Snapshot,
  SnapshotStatement,
} from "../../src/format/generated/types.js";
import {
  validateArchiveStatement,
  validateCatalogue,
  validateContent,
  validateInventory,
  validateLock,
  validateManifest,
  validateMark,
  validatePage,
  validateRepository,
  validateSealedManifest,
  validateSnapshot,
  validateSnapshotStatement,
} from "../../src/format/generated/validators.js";

const hex = "0123456789abcdef".repeat(4);
const time = "2026-11-21T09:02:11Z";
const ext = [{ critical: false, data: "AA", id: "org.example/note" }];

const manifest: Manifest = {
  archiveId: hex,
  complete: true,
  createdAt: time,
  encryption: null,
  ext,
  format: "ptar1",
  frameTable: 7,
  generation: 2,
  index: [{ first: 1, frame: 6, last: 1, rows: 3 }],
  prev: { manifest: hex, root: hex, size: 5 },
  requires: ["some-feature"],
  sealed: null,
  signers: [hex],
  snapshots: [{ id: hex, statements: [hex] }],
  tree: { root: hex, size: 8 },
  writer: { name: "ptar", version: "0.1.0" },
};

const manifestOfSealed: Manifest = {
  ...manifest,
  encryption: { keys: [3, 4], sessions: [2, 9], suite: "aes-256-gcm" },
  index: [],
  sealed: { frame: 6 },
  snapshots: [],
};

const subject = { id: hex, kind: "catalogue" } as const;
const manifestOfIndex: Manifest = { ...manifest, snapshots: [], subject };

const sealedManifest: SealedManifest = {
  archiveId: hex,
  complete: true,
  createdAt: time,
  ext,
  generation: 2,
  index: [{ first: 1, frame: 6, last: 1, rows: 3 }],
  signers: [hex],
  snapshots: [{ id: hex, statements: [hex] }],
  tree: { root: hex, size: 7 },
  type: "sealed-manifest",
};

const archiveStatement: ArchiveStatement = {
  action: "created",
  archiveId: hex,
  ext,
  generation: 1,
  manifest: hex,
  publicKey: hex,
  role: "author",
  time,
  tree: { root: hex, size: 9 },
  type: "archive",
};

const snapshotStatement: SnapshotStatement = {
  action: "collected",
  ext,
  items: { count: 1, root: hex, rule: "ptar1/item" },
  publicKey: hex,
  role: "witness",
  snapshot: hex,
  time,
  type: "snapshot",
};

const snapshot: Snapshot = {
  attributes: [{ name: "org.example.ward", value: "north" }],
  captured: { classes: ["name", "type", "owner-names", "xattrs"], profile: "portable" },
  case: { authority: "a", case: "b", examiner: "c", exhibit: "d", note: "e" },
  chunker: { average: 1048576, max: 8388608, min: 262144, name: "gear1" },
  completeness: { excluded: 0, failed: 0, seen: 1, stored: 1, unstable: 0 },
  content: hex,
  ext,
  items: { count: 1, hiding: true, root: hex, rule: "ptar1/item" },
  noatime: { kept: 1, refused: 0 },
  parents: [hex],
  provenance: { command: "ptar create", host: "h", user: "u" },
  sources: [{ kind: "files", label: "notes", path: "/notes" }],
  tags: ["monday"],
  times: { finished: time, started: time },
  type: "snapshot",
};

const content: Content = { ext, links: { count: 1, pages: [hex] }, root: hex, salt: hex, type: "content" };

const entry: Entry = {
  item: {
    atime: "-1",
    attributes: [{ name: "n", value: "v" }],
    birthtime: null,
    ctime: "0",
    dev: "66",
    digests: { md5: "0123456789abcdef".repeat(2), sha1: "01234567".repeat(5), sha512: "0123456789abcdef".repeat(8) },
    errors: [{ code: "EIO", length: 1, offset: 0, operation: "read" }],
    ext,
    gid: 0,
    group: "g",
    holes: [{ length: 1, offset: 0 }],
    inode: "18446744073709551615",
    mode: 0o7777,
    mtime: "1763712131000000001",
    name: "a",
    nlink: 2,
    owner: "o",
    rdev: { major: 8, minor: 0 },
    sha256: null,
    sha256Stored: hex,
    size: 3,
    type: "file",
    uid: 4294967295,
    unstable: { after: { ctime: null, mtime: "1", size: 2 }, before: { ctime: "0", mtime: null, size: 3 } },
    xattrs: [
      { name: "user.a", value: "" },
      { nameRaw: "_w", value: "AA" },
    ],
  },
  store: {
    chunks: [
      { id: hex, length: 1 },
      { id: hex, length: 1 },
    ],
    counters: { bytes: 1, entries: 1, failed: 0, newest: null, unstable: 0 },
    list: hex,
    page: hex,
  },
};

const leafPage: Page = { entries: [entry], level: 0 };
const branchPage: Page = { level: 1, pages: [{ id: hex, name: "a" }] };

const repository: Repository = {
  chunker: { average: 262144, max: 1048576, min: 65536, name: "gear1" },
  createdAt: time,
  ext,
  format: "ptar1",
  id: hex,
  keyId: "0123456789abcdef".repeat(2),
  packSize: 67108864,
  type: "repository",
};

const catalogue: Catalogue = { ext, locations: [hex], secrets: [{ archive: hex, secret: hex }], supersedes: [hex], type: "catalogue" };
const mark: Mark = { createdAt: time, ext, grace: 86400, packs: [hex], type: "mark" };
const lock: Lock = { createdAt: time, ext, host: "h", operation: "prune", process: 4711, type: "lock", user: "u" };

const inventory: Inventory = {
  ext,
  others: { count: 2, pages: [hex] },
  repository: hex,
  salt: "0123456789abcdef".repeat(2),
  snapshots: { count: 1, pages: [hex] },
  time,
  type: "inventory",
};

/** Sample documents: schema, its validator, one document. */
export const samples = [
  ["manifest", validateManifest, manifest],
  ["manifest", validateManifest, manifestOfSealed],
  ["manifest", validateManifest, manifestOfIndex],
  ["sealed-manifest", validateSealedManifest, sealedManifest],
  ["sealed-manifest", validateSealedManifest, { ...sealedManifest, snapshots: [], subject: { id: hex, kind: "inventory" } } satisfies SealedManifest],
  ["archive-statement", validateArchiveStatement, archiveStatement],
  ["snapshot-statement", validateSnapshotStatement, snapshotStatement],
  ["snapshot", validateSnapshot, snapshot],
  ["content", validateContent, content],
  ["page", validatePage, leafPage],
  ["page", validatePage, branchPage],
  ["repository", validateRepository, repository],
  ["repository", validateRepository, { ...repository, keyId: null } satisfies Repository],
  ["catalogue", validateCatalogue, catalogue],
  ["mark", validateMark, mark],
  ["lock", validateLock, lock],
  ["inventory", validateInventory, inventory],
] as const;
