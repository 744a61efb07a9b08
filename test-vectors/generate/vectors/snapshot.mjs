// Snapshots, link tables and item trees that must be refused. spec/06-snapshot.md
import { one } from "../archive.mjs";
import { hex, patched, sha256, u32, utf8 } from "../bytes.mjs";
import * as plans from "../plans.mjs";
import { directory, file, linked } from "../tree.mjs";

const { lossy, small, tiny } = plans;
const links = { code: "PTAR_LINKS_INVALID", spec: "06-snapshot.md#links" };
const counters = { code: "PTAR_SNAPSHOT_COUNTERS", spec: "06-snapshot.md#completeness" };
const items = { code: "PTAR_SNAPSHOT_ITEMS", spec: "07-item.md#leaf" };

/** Items 0, 1 and 2 are one file, 3 is another, 4 a directory. */
const grouped = one([...["a", "b", "c"].map((name) => linked("g", file(name, "shared\n"))), file("d", "other\n"), directory("e", [])]);
const rows = (change) => ({ links: change });
const table = (change) => ({ linkTable: change });
const count = (change) => ({ snapshot: (doc) => ({ ...doc, completeness: { ...doc.completeness, ...change(doc.completeness) } }) });
const rooted = (change) => ({ snapshot: (doc) => ({ ...doc, items: { ...doc.items, ...change(doc.items) } }) });

export const snapshot = [
  ...[
    { name: "links_row_other-contents", comment: "a link whose file has other contents", tamper: rows((list) => [...list, { index: 3, first: 0 }]) },
    { name: "links_row_directory", comment: "a link that is a directory", tamper: rows((list) => [...list, { index: 4, first: 0 }]) },
    { name: "links_row_chain", comment: "the first item of a row is itself a link", tamper: rows(([first]) => [first, { index: 2, first: 1 }]) },
    { name: "links_row_first-after", comment: "the first item is not smaller", tamper: rows(() => [{ index: 1, first: 2 }]) },
    { name: "links_row_itself", comment: "an item is a link of itself", tamper: rows(() => [{ index: 1, first: 1 }]) },
    { name: "links_row_unsorted", comment: "rows out of order", tamper: rows((list) => list.toReversed()) },
    { name: "links_row_repeated", comment: "a row twice", tamper: rows(([first]) => [first, first]) },
    { name: "links_row_no-item", comment: "an item that does not exist", tamper: rows((list) => [...list, { index: 99, first: 0 }]) },
  ].map((row) => ({ ...links, plan: grouped, ...row })),
  {
    name: "links_row_other-stored",
    ...links,
    spec: "06-snapshot.md",
    comment: "two files of which the same range is missing, and other bytes are stored",
    plan: one([
      linked("g", plans.unreadable("a", "shared", 4, "")),
      linked("g", plans.unreadable("b", "shared", 4, "")),
      plans.unreadable("c", "others", 4, ""),
    ]),
    tamper: rows((list) => [...list, { index: 2, first: 0 }]),
  },
  ...[
    {
      name: "links_table_count",
      comment: "the content counts one row more",
      tamper: { content: (doc) => ({ ...doc, links: { ...doc.links, count: 3 } }) },
    },
    {
      name: "links_table_count-2-to-40",
      comment: "the content counts 2^40 rows, more than a table may have",
      level: "standard",
      tamper: { content: (doc) => ({ ...doc, links: { ...doc.links, count: 2 ** 40 } }) },
    },
    { name: "links_table_rows-0", comment: "a table without rows", tamper: table((bytes) => patched(bytes.subarray(0, 8), 0, u32(0))) },
    { name: "links_table_rows-not-whole", comment: "a byte after the last row", tamper: table((bytes) => Buffer.concat([bytes, Buffer.alloc(1)])) },
    { name: "links_table_reserved", comment: "a reserved byte", tamper: table((bytes) => patched(bytes, 4, 1)) },
  ].map((row) => ({ ...links, spec: "06-snapshot.md#content", plan: grouped, ...row })),

  ...[
    {
      name: "completeness_stored_one-more",
      comment: "one stored entry more, and one seen",
      tamper: count((c) => ({ stored: c.stored + 1, seen: c.seen + 1 })),
    },
    {
      name: "completeness_failed_hidden",
      comment: "a failed entry counted as stored",
      plan: lossy,
      tamper: count((c) => ({ failed: c.failed - 1, stored: c.stored + 1 })),
    },
    { name: "completeness_unstable_hidden", comment: "an unstable entry not counted", plan: lossy, tamper: count(() => ({ unstable: 0 })) },
    { name: "completeness_seen_sum", comment: "seen is not stored + failed + excluded", tamper: count((c) => ({ seen: c.seen + 1 })) },
    {
      name: "completeness_unstable_more-than-stored",
      comment: "more unstable than stored entries",
      tamper: count((c) => ({ unstable: c.stored + 1 })),
    },
  ].map((row) => ({ ...counters, plan: tiny, ...row })),
  {
    name: "completeness_manifest_says-complete",
    code: "PTAR_MANIFEST_MISMATCH",
    spec: "08-manifest.md#manifest",
    comment: "the manifest says complete, its snapshot does not",
    plan: lossy,
    tamper: { manifest: (doc) => ({ ...doc, complete: true }) },
  },

  ...[
    { name: "completeness_manifest_says-incomplete", comment: "the manifest says incomplete, its snapshot does not", plan: tiny },
    { name: "completeness_manifest_brings-none", comment: "a generation without snapshots says incomplete", plan: one([], { snapshots: [] }) },
    { name: "completeness_manifest_of-both", comment: "a complete second generation repeats what is true of the first", plan: plans.healed },
  ].map((row) => ({
    code: "PTAR_MANIFEST_MISMATCH",
    spec: "06-snapshot.md#completeness",
    level: "standard",
    tamper: { manifest: (doc) => ({ ...doc, complete: false }) },
    ...row,
  })),

  ...[
    { name: "items_root_other", comment: "another root", tamper: rooted(() => ({ root: hex(sha256(utf8("other"))) })) },
    {
      name: "items_root_other-salt",
      comment: "the content has another salt than the leaves",
      tamper: { content: (doc) => ({ ...doc, salt: "33".repeat(32) }) },
    },
    { name: "items_root_null", comment: "a root of null for items", tamper: rooted(() => ({ root: null })) },
    { name: "items_root_of-nothing", comment: "a root for no items", plan: one([]), tamper: rooted(() => ({ root: "00".repeat(32) })) },
    { name: "items_count_one-less", comment: "a count one too small", tamper: rooted((i) => ({ count: i.count - 1 })) },
    { name: "items_count_one-more", comment: "a count one too large", tamper: rooted((i) => ({ count: i.count + 1 })) },
  ].map((row) => ({ ...items, plan: small, ...row })),
];
