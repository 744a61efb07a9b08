// Snapshots and trees with two things wrong, and which of them comes first. spec/10-verify.md#order-in-trees

import { one } from "../archive.mjs";
import { utf8 } from "../bytes.mjs";
import * as plans from "../plans.mjs";
import { file, linked } from "../tree.mjs";

const { grown, small, tiny } = plans;
const most = 268435456;

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

export const treeOrder = [...ofSnapshots, ...ofLinks].map((row) => ({
  spec: "10-verify.md#order-in-trees",
  level: "standard",
  ...row,
}));
