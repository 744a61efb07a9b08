// Items and stores that must be refused. spec/05-page.md#entry
import { one } from "../archive.mjs";
import { canonical } from "../bytes.mjs";
import * as plans from "../plans.mjs";
import { directory, file, special, symlink } from "../tree.mjs";

const { lossy, tiny } = plans;
const names = { code: "PTAR_ENTRY_NAME", spec: "05-page.md#entry", plan: tiny };
const entries = { code: "PTAR_ENTRY_INVALID", spec: "05-page.md#entry" };
const errors = { code: "PTAR_ENTRY_INVALID", spec: "05-page.md#errors", plan: lossy };

const nested = one([directory("d", [file("a", "alpha"), directory("e", [file("b", "beta")])])]);
const pair = one([file("two", ["one,", "two"])]);
const link = one([symlink("link", "hello.txt")]);
/** A range could not be read, and no extended attributes. */
const half = plans.unreadable("half.bin", "first|", 10, "|last");
half.item.errors.push(plans.xattrError);
const deviceOnly = one([special("null", "character", { rdev: { major: 1, minor: 3 } })]);

/** Changes every item. */
const item = (change) => ({ item: (plain) => ({ ...plain, ...change }) });
const itemAt = (at, change) => ({ item: (plain, path) => (path === at ? { ...plain, ...change } : plain) });
const storeAt = (at, change) => ({ store: (plain, path) => (path === at ? { ...plain, ...change } : plain) });
const readError = (offset, length) => ({ code: "EIO", operation: "read", offset, length });

const failedAt = (at, operation) => itemAt(at, { errors: [{ code: "EIO", operation }] });

export const entry = [
  ...[
    { name: "entry_name_dot-dot", comment: "..", tamper: item({ name: ".." }) },
    { name: "entry_name_dot", comment: ".", tamper: item({ name: "." }) },
    { name: "entry_name_slash", comment: "../escape", tamper: item({ name: "../escape" }) },
    { name: "entry_name_missing", comment: "neither name nor nameRaw", tamper: item({ name: undefined }) },
    { name: "entry_name_nul", comment: "NUL in a name", tamper: item({ name: "a\u0000b" }) },
    { name: "entry_name_empty", comment: "an empty name", tamper: item({ name: "" }) },
    {
      name: "entry_name-raw_spells-utf8",
      comment: "nameRaw that is valid UTF-8",
      tamper: item({ name: undefined, nameRaw: Buffer.from("hello.txt").toString("base64url") }),
    },
    { name: "entry_name_twice", comment: "name beside nameRaw", tamper: item({ nameRaw: "_w" }) },
  ].map((row) => ({ ...names, ...row })),
  {
    name: "entry_name-raw_trailing-bits",
    ...names,
    spec: "00-conventions.md#hex",
    comment: "nameRaw with trailing bits that are not zero",
    tamper: item({ name: undefined, nameRaw: "_x" }),
  },
  { name: "entry_name_1025-bytes", ...names, spec: "11-limits.md", comment: "a name of 1,025 bytes", tamper: item({ name: "n".repeat(1025) }) },
  { name: "entry_target_nul", ...names, spec: "11-limits.md", comment: "NUL in a symlink target", plan: link, tamper: item({ target: "a\u0000b" }) },
  { name: "entry_target_empty", ...names, spec: "11-limits.md", comment: "an empty symlink target", plan: link, tamper: item({ target: "" }) },
  {
    name: "limit_entry_262145-bytes",
    code: "PTAR_LIMIT_EXCEEDED",
    spec: "11-limits.md",
    comment: "an entry of 262,145 bytes",
    plan: tiny,
    tamper: { item: (plain) => ({ ...plain, attributes: [{ name: "long", value: "v".repeat(262145 - entryLength(plain)) }] }) },
  },
  {
    name: "entry_target_32768-bytes",
    ...names,
    spec: "11-limits.md",
    comment: "a symlink target of 32,768 bytes",
    plan: link,
    tamper: item({ target: "t".repeat(32768) }),
  },

  ...[
    { name: "entry_member_target-of-file", comment: "a file with a target", plan: tiny, tamper: item({ target: "x" }) },
    { name: "entry_member_size-of-directory", comment: "a directory with a size", plan: nested, tamper: itemAt("d", { size: 0 }) },
    { name: "entry_member_rdev-of-file", comment: "a file with a device number", plan: tiny, tamper: item({ rdev: { major: 1, minor: 1 } }) },
    { name: "entry_member_size-of-device", comment: "a device with a size", plan: deviceOnly, tamper: item({ size: 0 }) },
    { name: "entry_member_size-missing", comment: "a file without size", plan: tiny, tamper: item({ size: undefined }) },
    { name: "entry_member_sha256-missing", comment: "a file without sha256", plan: tiny, tamper: item({ sha256: undefined }) },
    { name: "entry_member_sha256-null", comment: "sha256 null without an error", plan: tiny, tamper: item({ sha256: null }) },
    { name: "entry_member_target-missing", comment: "a symlink without target or error", plan: link, tamper: item({ target: undefined }) },
  ].map((row) => ({ ...entries, ...row })),
  ...[
    {
      name: "entry_errors_ranges-touch",
      comment: "two unread ranges that touch",
      tamper: itemAt("half.bin", { errors: [readError(6, 5), readError(11, 5)] }),
    },
    {
      name: "entry_errors_ranges-unsorted",
      comment: "unread ranges out of order",
      tamper: itemAt("half.bin", { errors: [readError(12, 4), readError(6, 6)] }),
    },
    {
      name: "entry_errors_read-without-range",
      comment: "a read error without range",
      tamper: itemAt("half.bin", { errors: [{ code: "EIO", operation: "read" }] }),
    },
    {
      name: "entry_errors_open-with-range",
      comment: "an open error with a range",
      tamper: itemAt("half.bin", { errors: [{ ...readError(6, 10), operation: "open" }] }),
    },
    {
      name: "entry_errors_more-than-size",
      comment: "unread ranges longer than the file",
      tamper: itemAt("half.bin", { errors: [readError(6, 1000)] }),
    },
    {
      name: "entry_errors_vanished-without",
      comment: "type unknown without an error",
      plan: tiny,
      tamper: item({ type: "unknown", size: undefined, sha256: undefined }),
    },
    {
      name: "entry_errors_sha256-beside-xattr",
      comment: "sha256 although a range is missing, an error of xattr is the last",
      plan: one([half]),
      tamper: item({ sha256: "00".repeat(32), sha256Stored: undefined }),
    },
    {
      name: "entry_errors_sha256-beside",
      comment: "sha256 although a range is missing",
      tamper: itemAt("half.bin", { sha256: "00".repeat(32), sha256Stored: undefined }),
    },
    {
      name: "entry_errors_stored-digest-missing",
      spec: "05-page.md#store",
      comment: "no sha256Stored although bytes are stored",
      tamper: itemAt("half.bin", { sha256Stored: undefined }),
    },
  ].map((row) => ({ ...errors, ...row })),
  ...[
    { name: "entry_operation_list-of-file", comment: "a file with an error of list", plan: lossy, tamper: failedAt("half.bin", "list") },
    { name: "entry_operation_open-of-directory", comment: "a directory with an error of open", plan: nested, tamper: failedAt("d", "open") },
    { name: "entry_operation_open-of-symlink", comment: "a symlink with an error of open", plan: link, tamper: failedAt("link", "open") },
    { name: "entry_operation_list-of-unknown", comment: "an unknown type with an error of list", plan: lossy, tamper: failedAt("vanished", "list") },
    { name: "entry_operation_stat-of-device", comment: "a device with an error of stat", plan: deviceOnly, tamper: failedAt("null", "stat") },
    { name: "entry_member_rdev-missing", comment: "a device without rdev", plan: deviceOnly, tamper: item({ rdev: undefined }) },
    {
      name: "entry_errors_open-and-read",
      comment: "a file that could not be opened with an error of read too",
      plan: lossy,
      tamper: itemAt("half.bin", { errors: [{ code: "EACCES", operation: "open" }, readError(6, 10)] }),
    },
    {
      name: "entry_digest_of-empty-file",
      comment: "an empty file with another sha256 than that of no bytes",
      plan: one([file("empty", "")]),
      tamper: item({ sha256: "00".repeat(32) }),
    },
    {
      name: "entry_errors_stored-digest-of-nothing",
      spec: "05-page.md#store",
      comment: "sha256Stored of a file of which nothing is stored",
      plan: one([file("bad.bin", "", { size: 8, sha256: null, errors: [readError(0, 8)] })]),
      tamper: item({ sha256Stored: "00".repeat(32) }),
    },
  ].map((row) => ({ ...entries, spec: "05-page.md", ...row })),
  ...[
    { name: "entry_store_chunks-of-directory", comment: "a directory with chunks", plan: nested, tamper: storeAt("d", { chunks: someChunks() }) },
    { name: "entry_store_page-of-file", comment: "a file with a page", plan: nested, tamper: storeAt("d/a", { page: "00".repeat(32) }) },
    { name: "entry_store_counters-missing", comment: "a page without counters", plan: nested, tamper: storeAt("d", { counters: undefined }) },
    { name: "entry_store_page-missing", comment: "counters without a page", plan: nested, tamper: storeAt("d", { page: undefined }) },
    { name: "entry_store_chunks-and-list", comment: "chunks beside a list", plan: pair, tamper: storeAt("two", { list: "00".repeat(32) }) },
    {
      name: "entry_store_chunks-of-empty-file",
      comment: "chunks of an empty file",
      plan: one([file("empty", "")]),
      tamper: storeAt("empty", { chunks: someChunks() }),
    },
  ].map((row) => ({ ...entries, spec: "05-page.md#store", ...row })),
];

/** Length of a file of one chunk whose attribute `long` has no value yet. */
function entryLength(plain) {
  return canonical({ item: { ...plain, attributes: [{ name: "long", value: "" }] }, store: {} }).length;
}

function someChunks() {
  return ["11", "22"].map((byte) => ({ id: byte.repeat(32), length: 1 }));
}
