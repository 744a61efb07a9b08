// Snapshots and trees with two things wrong, and which of them comes first. spec/10-verify.md#order-in-trees

import { label } from "../../../dist/bytes/label.js";
import { one } from "../archive.mjs";
import { hex, sha256, utf8 } from "../bytes.mjs";
import * as plans from "../plans.mjs";
import { directory, file, linked } from "../tree.mjs";

const { grown, small, tiny } = plans;
const most = 268435456;

const pair = one([file("a", "alpha"), file("b", "beta")]);
const three = one([file("a", "1"), file("b", "2"), file("c", "3")]);
const below = one([file("a", "1"), directory("b", [file("x", "2")])]);
const twice = one([directory("d", [file("a", "1"), directory("b", [file("x", "2")])])]);
const thin = (plan) => ({ ...plan, thin: true });

const critical = { ext: [{ critical: true, data: "", id: "com.example.x" }] };
/** Changes items, by path. */
const items = (changes) => ({ item: (plain, path) => ({ ...plain, ...changes[path] }) });
const snapshotItems = (change) => ({ snapshot: (doc) => ({ ...doc, items: { ...doc.items, ...change } }) });
const moreUnstable = { snapshot: (doc) => ({ ...doc, completeness: { ...doc.completeness, unstable: doc.completeness.stored + 1 } }) };
/** No statement about a snapshot has a valid signature. */
const badStatement = { sign: (signed, signer, type) => (type === "snapshot" ? Buffer.alloc(64, 7) : signer.sign(signed)) };
/** The space behind it keeps it from being canonical. */
const spaced = (bytes) => Buffer.concat([bytes, utf8(" ")]);

const ofSnapshots = [
  {
    name: "order_root_before-statement",
    code: "PTAR_SNAPSHOT_ITEMS",
    comment: "items without a root, and a statement about the snapshot without a valid signature",
    plan: tiny,
    tamper: { ...snapshotItems({ root: null }), ...badStatement },
  },
  {
    name: "order_unstable_before-statement",
    code: "PTAR_SNAPSHOT_COUNTERS",
    comment: "more unstable than stored entries, and a statement about the snapshot without a valid signature",
    plan: tiny,
    tamper: { ...moreUnstable, ...badStatement },
  },
  {
    name: "items_root_thin",
    code: "PTAR_SNAPSHOT_ITEMS",
    spec: "07-item.md#leaf",
    comment: "items without a root, in a thin archive",
    plan: thin(tiny),
    tamper: snapshotItems({ root: null }),
  },
  {
    name: "completeness_unstable_thin",
    code: "PTAR_SNAPSHOT_COUNTERS",
    spec: "06-snapshot.md#completeness",
    comment: "more unstable than stored entries, in a thin archive whose manifest says so too",
    plan: thin(tiny),
    tamper: { ...moreUnstable, manifest: (doc) => ({ ...doc, complete: false }) },
  },
  {
    name: "order_items_before-content",
    code: "PTAR_LIMIT_EXCEEDED",
    comment: "more items than there may be, and a content that is not canonical",
    plan: tiny,
    tamper: { ...snapshotItems({ count: most + 1 }), contentText: spaced },
  },
  {
    name: "limit_items_of-all",
    code: "PTAR_LIMIT_EXCEEDED",
    spec: "11-limits.md",
    comment: "a second snapshot of as many items as there may be",
    plan: grown,
    tamper: snapshotItems({ count: most }),
  },
];

const ofLinks = [
  {
    name: "order_link_before-page",
    comment: "a link that is no item, and a critical extension of an entry",
    plan: small,
    tamper: { links: () => [{ index: 50, first: 2 }], ...items({ "docs/a.txt": critical }) },
  },
  {
    name: "order_link-chain_before-page",
    comment: "a first item that is a link, and a critical extension of an entry",
    plan: one([...["a", "b", "c"].map((name) => linked("g", file(name, "1"))), file("d", "2")]),
    tamper: {
      links: () => [
        { index: 1, first: 0 },
        { index: 2, first: 1 },
      ],
      ...items({ d: critical }),
    },
  },
].map((row) => ({ ...row, code: "PTAR_LINKS_INVALID" }));

const extension = { code: "PTAR_UNSUPPORTED_EXTENSION" };

const ofTrees = [
  {
    name: "order_page_before-chunk",
    ...extension,
    comment: "the chunk of the first file is missing, and the second entry of the page has a critical extension",
    plan: pair,
    tamper: { drop: (kind, bytes) => kind === "chunk" && String(bytes) === "alpha", ...items({ b: critical }) },
  },
  {
    name: "order_page_before-place",
    ...extension,
    comment: "a page has another first name than the one above says, and an entry with a critical extension",
    plan: three,
    tamper: {
      cut: (rows, level) => (level === 0 ? [rows.slice(0, 1), rows.slice(1)] : undefined),
      firstName: (name) => (String(name) === "b" ? utf8("bb") : name),
      ...items({ c: critical }),
    },
  },
  {
    name: "order_page_before-cut",
    ...extension,
    comment: "three pages of one entry each, where the rule does not cut; the last entry has a critical extension",
    plan: three,
    tamper: { cut: (rows, level) => (level === 0 ? rows.map((row) => [row]) : undefined), ...items({ c: critical }) },
  },
  {
    name: "order_page-order_before-entry",
    code: "PTAR_PAGE_ORDER",
    comment: "entries out of order, and the first one has a critical extension",
    plan: pair,
    tamper: { rows: (rows) => rows.toReversed(), ...items({ b: critical }) },
  },
  {
    name: "order_page-names_before-page",
    code: "PTAR_ENTRY_NAME",
    comment: "a branch page with a name that is none for its second page, and an entry of the first one with a critical extension",
    plan: three,
    tamper: {
      cut: (rows, level) => (level === 0 ? [rows.slice(0, 2), rows.slice(2)] : undefined),
      firstName: (name) => (String(name) === "c" ? utf8("x/y") : name),
      ...items({ b: critical }),
    },
  },
  {
    name: "order_member_before-extension",
    code: "PTAR_ENTRY_INVALID",
    comment: "a directory with a size and a critical extension",
    plan: one([directory("a", [])]),
    tamper: items({ a: { ...critical, size: 3 } }),
  },
  {
    name: "order_items_before-page",
    code: "PTAR_SNAPSHOT_ITEMS",
    comment: "the second item is one too many; below it there is a critical extension",
    plan: below,
    tamper: { ...snapshotItems({ count: 1 }), ...items({ "b/x": critical }) },
  },
  {
    name: "order_counters_before-page",
    code: "PTAR_TREE_COUNTERS",
    comment: "an entry more than its directory tells of; below it there is a critical extension",
    plan: twice,
    tamper: {
      store: (plain, path) => (path === "d" ? { ...plain, counters: { ...plain.counters, entries: 1 } } : plain),
      ...items({ "d/b/x": critical }),
    },
  },
  {
    name: "order_path_before-counters",
    code: "PTAR_LIMIT_EXCEEDED",
    comment: "a path of 32,768 bytes, and wrong counters of the directories above",
    plan: one(nested(32, "d".repeat(1000), [file("a".repeat(735), "")])),
    tamper: {
      item: (plain) => (plain.type === "file" ? { ...plain, name: "a".repeat(736) } : plain),
      store: (plain) => (plain.counters === undefined ? plain : { ...plain, counters: { ...plain.counters, bytes: 77 } }),
    },
  },
];

/** The deepest directory that there may be names a page: what its entries are called would be too deep. */
const deepest = one(nested(256, "d", []));
const tooDeep = tooDeepPage(spaced(utf8('{"entries":[{"item":{"name":"a","type":"fifo"},"store":{}}],"level":0}')));

const ofLimits = [
  {
    name: "order_xattr-name_before-length",
    code: "PTAR_ENTRY_NAME",
    comment: "extended attributes of 131,094 bytes, one of them without a name",
    plan: one([file("a", "x")]),
    tamper: items({ a: { xattrs: [...plans.longXattrs(131072), { name: "", value: "" }] } }),
  },
  {
    name: "order_xattrs_before-length",
    code: "PTAR_ENTRY_INVALID",
    comment: "extended attributes out of order, the last one of 65,537 bytes",
    plan: one([file("a", "x")]),
    tamper: items({ a: { xattrs: [plans.xattr("user.b", "1"), plans.xattr("user.a", "1"), plans.xattr("user.c", Buffer.alloc(65537))] } }),
  },
  {
    name: "order_extension_before-length",
    ...extension,
    comment: "an extended attribute of 65,537 bytes, and a critical extension of the entry behind it",
    plan: pair,
    tamper: items({ a: { xattrs: [plans.xattr("user.a", Buffer.alloc(65537))] }, b: critical }),
  },
  {
    name: "order_entry_before-length",
    code: "PTAR_ENTRY_INVALID",
    comment: "an entry of 262,145 bytes or more, and a second one with a digest too many, in a thin archive",
    plan: thin(pair),
    tamper: items({ a: { attributes: [{ name: "n", value: "v".repeat(262144) }] }, b: { sha256Stored: "00".repeat(32) } }),
  },
  ...[
    { name: "order_page_before-depth", plan: deepest },
    { name: "order_page_before-depth-thin", plan: thin(deepest) },
  ].map((row) => ({
    ...row,
    code: "PTAR_DOCUMENT_NOT_CANONICAL",
    comment: `a page that is not canonical, of entries 257 names deep${row.plan.thin ? ", in a thin archive" : ""}`,
    tamper: tooDeep,
  })),
];

export const treeOrder = [...ofSnapshots, ...ofLinks, ...ofTrees, ...ofLimits].map((row) => ({
  spec: "10-verify.md#order-in-trees",
  level: "standard",
  ...row,
}));

function nested(depth, name, children) {
  let nodes = children;
  for (let i = 0; i < depth; i++) nodes = [directory(name, nodes)];
  return nodes;
}

/** A directory without entries names a page; what its counters say of it comes after the page. */
function tooDeepPage(bytes) {
  const page = hex(sha256(label("ptar1/page"), bytes));
  const counters = { bytes: 0, entries: 0, failed: 0, newest: null, unstable: 0 };
  return { objects: [["page", bytes]], store: (plain) => (plain.page === undefined ? { counters, page } : plain) };
}
