// Pages, lists, counters, sizes and paths that must be refused. spec/05-page.md#page
import { label } from "../../../dist/bytes/label.js";
import { encodePage, entryText, itemText } from "../../../dist/format/page.js";
import { one } from "../archive.mjs";
import { hex, patched, sha256, u32, u64, utf8 } from "../bytes.mjs";
import * as plans from "../plans.mjs";
import { directory, file } from "../tree.mjs";

const { layered, listed, lossy, tiny, wide } = plans;
const order = { code: "PTAR_PAGE_ORDER", spec: "05-page.md#page" };
const lists = { code: "PTAR_LIST_INVALID", spec: "05-page.md#list", plan: listed };
const counters = { code: "PTAR_TREE_COUNTERS", spec: "05-page.md#store" };
const sizes = { code: "PTAR_TREE_SIZE", spec: "05-page.md#store" };
const split = { code: "PTAR_PAGE_SPLIT", level: "deep" };

const nested = one([directory("d", [file("a", "alpha"), directory("e", [file("b", "beta")])])]);
const pair = one([file("two", ["one,", "two"])]);

/** Changes every item. */
const item = (change) => ({ item: (plain) => ({ ...plain, ...change }) });
const itemAt = (at, change) => ({ item: (plain, path) => (path === at ? { ...plain, ...change } : plain) });
const counted = (change) => ({
  store: (plain, path) => (path === "d" ? { ...plain, counters: { ...plain.counters, ...change(plain.counters) } } : plain),
});
const listAs = (change) => ({ list: change });
const swap = ([first, second, ...rest]) => [second, first, ...rest];

export const page = [
  ...[
    {
      name: "page_order_unsorted",
      comment: "two entries changed places",
      plan: wide,
      tamper: { rows: (rows) => [...rows.slice(0, 5), ...swap(rows.slice(5))] },
    },
    {
      name: "page_order_repeated",
      comment: "two entries of one name",
      plan: one([file("a", "a"), file("b", "b")]),
      tamper: itemAt("b", { name: "a" }),
    },
    {
      name: "page_order_utf16",
      comment: "sorted by UTF-16 code units",
      plan: one([file("\uff5e", ""), file("\u{1f600}", "")]),
      tamper: { rows: swap },
    },
    {
      name: "page_order_across-pages",
      comment: "the first entry of a page is before the last one of the page before",
      plan: wide,
      tamper: { cut: crossing },
    },
    {
      name: "page_order_first-name",
      comment: "a branch page gives a child another first name",
      plan: wide,
      tamper: { firstName: (name, level) => (level === 0 && String(name) !== "entry-0000" ? Buffer.concat([name, utf8("x")]) : name) },
    },
    {
      name: "page_order_level",
      comment: "a branch page of level 2 above leaf pages",
      plan: wide,
      tamper: { page: (bytes, level) => (level === 1 ? utf8(String(bytes).replace('{"level":1', '{"level":2')) : bytes) },
    },
    {
      name: "page_order_children-exchanged",
      comment: "two child pages changed places",
      plan: wide,
      tamper: { cut: (rows, level) => (level === 1 ? [swap(rows)] : undefined) },
    },
  ].map((row) => ({ ...order, ...row })),

  ...[
    {
      name: "page_split_too-early",
      comment: "a page closed after 63 entries",
      spec: "05-page.md#page",
      plan: wide,
      tamper: { cut: (rows, level) => (level === 0 ? [rows.slice(0, 63), rows.slice(63)] : undefined) },
    },
    {
      name: "page_split_too-late",
      comment: "all entries in one page although the rule cuts",
      spec: "05-page.md#page",
      plan: wide,
      tamper: { cut: (rows) => [rows] },
    },
    {
      name: "page_split_needless-branch",
      comment: "a branch page above a single leaf page",
      spec: "05-page.md#page",
      plan: tiny,
      tamper: { pageLevels: 1 },
    },
    { name: "list_split_two-chunks", comment: "two chunks in a list", spec: "05-page.md#store", plan: pair, tamper: { forceList: true } },
    {
      name: "list_split_too-early",
      comment: "a list closed after ten rows",
      spec: "05-page.md#list",
      plan: listed,
      tamper: { cutList: (rows) => (rows.length === 17 ? [rows.slice(0, 10), rows.slice(10)] : [rows]) },
    },
    {
      name: "list_split_needless-level",
      comment: "a list of level 1 above a single list",
      spec: "05-page.md#list",
      plan: listed,
      tamper: { listLevels: 1 },
    },
  ].map((row) => ({ ...split, ...row })),

  ...[
    { name: "list_rows_none", comment: "no row", tamper: listAs((bytes) => patched(bytes.subarray(0, 8), 4, u32(0))) },
    { name: "list_rows_one-more", comment: "a row count one larger than the rows", tamper: listAs((bytes) => patched(bytes, 4, u32(18))) },
    { name: "list_rows_not-whole", comment: "a byte after the last row", tamper: listAs((bytes) => Buffer.concat([bytes, Buffer.alloc(1)])) },
    { name: "list_reserved_not-zero", comment: "a reserved byte", tamper: listAs((bytes) => patched(bytes, 3, 1)) },
    { name: "list_length_zero", comment: "a row of length 0", tamper: listAs((bytes) => patched(bytes, 8 + 32, u64(0))) },
    { name: "list_length_2-to-53", comment: "a row of length 2^53", tamper: listAs((bytes) => patched(bytes, 8 + 32, u64(2n ** 53n))) },
    { name: "list_level_17", comment: "a list of level 17", tamper: listAs((bytes) => patched(bytes, 0, 17)) },
    {
      name: "list_length_of-lower",
      comment: "a list of level 1 gives its lists other lengths, the sum is right",
      plan: layered,
      tamper: listAs((bytes, level) => (level === 1 ? shifted(bytes) : bytes)),
    },
  ].map((row) => ({ ...lists, ...row })),

  ...[
    { name: "counters_bytes_one-more", comment: "one byte more", tamper: counted(({ bytes }) => ({ bytes: bytes + 1 })) },
    { name: "counters_entries_children-only", comment: "only the direct children", tamper: counted(() => ({ entries: 2 })) },
    {
      name: "counters_entries_2-to-40",
      comment: "more entries than a snapshot may have, which are not there",
      level: "standard",
      tamper: counted(() => ({ entries: 2 ** 40 })),
    },
    { name: "counters_failed_one-more", comment: "a failed entry that is not there", tamper: counted(() => ({ failed: 1 })) },
    { name: "counters_unstable_one-more", comment: "an unstable entry that is not there", tamper: counted(() => ({ unstable: 1 })) },
    { name: "counters_newest_later", comment: "a newest time that no entry has", tamper: counted(() => ({ newest: "1763712131000000002" })) },
    { name: "counters_newest_null", comment: "no newest time", tamper: counted(() => ({ newest: null })) },
  ].map((row) => ({ ...counters, plan: nested, ...row })),

  ...[
    { name: "size_chunks_one-less", comment: "chunks one byte shorter than the file", plan: pair, tamper: item({ size: 8 }) },
    { name: "size_chunks_one-more", comment: "chunks one byte longer than the file", plan: pair, tamper: item({ size: 6 }) },
    { name: "size_chunk_single", comment: "a file whose only chunk is shorter than its size", plan: tiny, tamper: item({ size: 7 }) },
    {
      name: "size_chunk_lengths-shifted",
      comment: "two chunk lengths that add up and are both wrong",
      plan: pair,
      tamper: {
        chunks: ([a, b]) => [
          { ...a, length: 3 },
          { ...b, length: 4 },
        ],
      },
    },
    {
      name: "size_list_one-more",
      comment: "a list one byte longer than the file",
      plan: listed,
      tamper: listAs((bytes) => patched(bytes, 8 + 32, u64(101))),
    },
    { name: "size_chunk_2-to-53", comment: "a file of 2^53 - 1 bytes in seven", plan: pair, tamper: item({ size: Number.MAX_SAFE_INTEGER }) },
  ].map((row) => ({ ...sizes, ...row })),

  {
    name: "file_digest_other",
    code: "PTAR_FILE_DIGEST",
    spec: "05-page.md#entry",
    level: "deep",
    comment: "right chunks, another sha256",
    plan: pair,
    tamper: item({ sha256: hex(sha256(utf8("another"))) }),
  },
  {
    name: "file_digest_chunks-exchanged",
    code: "PTAR_FILE_DIGEST",
    spec: "05-page.md#entry",
    level: "deep",
    comment: "two chunks changed places",
    plan: pair,
    tamper: { chunks: swap },
  },
  {
    name: "file_digest_stored",
    code: "PTAR_FILE_DIGEST",
    spec: "05-page.md#errors",
    level: "deep",
    comment: "another sha256Stored of a file with an unread range",
    plan: lossy,
    tamper: itemAt("half.bin", { sha256Stored: "00".repeat(32) }),
  },

  {
    name: "limit_bomb_10-to-10-entries",
    code: "PTAR_LIMIT_EXCEEDED",
    spec: "11-limits.md",
    comment: "ten pages that describe 10^10 entries, counted right",
    plan: tiny,
    tamper: bomb("right"),
  },
  {
    name: "counters_bomb_10-to-10-entries",
    code: "PTAR_TREE_COUNTERS",
    spec: "05-page.md#store",
    comment: "ten pages that describe 10^10 entries, ten in each directory as the counters say",
    plan: tiny,
    tamper: bomb("ten"),
  },
  {
    name: "page_level_17",
    code: "PTAR_DOCUMENT_INVALID",
    spec: "11-limits.md",
    comment: "a branch page of level 17",
    plan: wide,
    tamper: { page: (bytes, level) => (level === 1 ? utf8(String(bytes).replace('{"level":1', '{"level":17')) : bytes) },
  },
  { name: "limit_depth_257", code: "PTAR_LIMIT_EXCEEDED", spec: "11-limits.md", comment: "a path of 257 names", plan: deep(257) },
  { name: "limit_path_32768", code: "PTAR_LIMIT_EXCEEDED", spec: "11-limits.md", comment: "a path of 32 names and 32,800 bytes", plan: long() },
];

/** Entries 0 to 69 without 60, then 60 and the rest. */
function crossing(rows, level) {
  if (level > 0) return undefined;
  return [
    [...rows.slice(0, 60), ...rows.slice(61, 70)],
    [rows[60], ...rows.slice(70)],
  ];
}

function deep(depth) {
  let node = file("f", "");
  for (let i = 1; i < depth; i++) node = directory("d", [node]);
  return one([node]);
}

function long() {
  let node = file("f".repeat(1024), "");
  for (let i = 1; i < 32; i++) node = directory("d".repeat(1024), [node]);
  return one([node]);
}

/** The two rows of a list with their lengths one byte off. */
function shifted(bytes) {
  const [first, second] = [40, 80].map((at) => bytes.readBigUInt64LE(at));
  return patched(patched(bytes, 40, u64(first + 1n)), 80, u64(second - 1n));
}

/** Ten pages, each of ten directories that name the page before; counters are right, or ten for every directory. */
function bomb(counts) {
  const { count, pages } = bombPages(counts);
  return {
    objects: pages.map((bytes) => ["page", bytes]),
    content: (doc) => ({ ...doc, root: hex(sha256(label("ptar1/page"), pages.at(-1))) }),
    snapshot: (doc) => ({ ...doc, items: { ...doc.items, count }, completeness: { ...doc.completeness, seen: count, stored: count } }),
  };
}

function bombPages(counts) {
  const pages = [];
  let store = {};
  let entries = 0;
  for (let level = 0; level < 10; level++) {
    const type = level === 0 ? "fifo" : "directory";
    const rows = Array.from({ length: 10 }, (_, i) => entryText(itemText({ name: String(i), type }), store));
    const bytes = encodePage(0, rows);
    pages.push(bytes);
    entries = counts === "ten" ? 10 : 10 * (entries + 1);
    const counters = { bytes: 0, entries, failed: 0, newest: null, unstable: 0 };
    store = { counters, page: hex(sha256(label("ptar1/page"), bytes)) };
  }
  return { pages, count: entries };
}
