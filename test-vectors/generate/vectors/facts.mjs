// Facts of evidence that must be refused: extended attributes, holes, digests, captured classes. spec/05-page.md#xattrs
import * as plans from "../plans.mjs";
import { directory, file, special, symlink } from "../tree.mjs";

const { evidence, xattr, xattrError } = plans;
const invalid = { code: "PTAR_ENTRY_INVALID", spec: "05-page.md#xattrs" };
const document = { code: "PTAR_DOCUMENT_INVALID", spec: "05-page.md#xattrs" };
const names = { code: "PTAR_ENTRY_NAME", spec: "05-page.md#xattrs" };
const limits = { code: "PTAR_LIMIT_EXCEEDED", spec: "05-page.md#xattrs" };

/** Changes every item. */
const item = (change) => ({ item: (plain) => ({ ...plain, ...change }) });
const itemAt = (at, change) => ({ item: (plain, path) => (path === at ? { ...plain, ...change } : plain) });

const tagged = evidence([file("tagged.txt", "tagged\n", { xattrs: [xattr("user.a", "1"), xattr("user.b", "2")] })]);
const unreadFacts = evidence([file("denied.txt", "denied\n", { errors: [xattrError] })]);
const vanished = evidence([special("vanished", "unknown", { mode: undefined, mtime: undefined, errors: [{ code: "ENOENT", operation: "stat" }] })]);
const unreadLink = evidence([symlink("link", "denied.txt", { errors: [xattrError] })]);
const sparse = evidence([
  directory("d", []),
  file("sparse.bin", Buffer.alloc(64), {
    holes: [
      { offset: 0, length: 16 },
      { offset: 32, length: 32 },
    ],
  }),
]);
const many = evidence([file("many.bin", Buffer.alloc(2100), { holes: plans.holes(1024) })]);
const lost = evidence([directory("d", []), plans.unreadable("half.bin", "first|", 10, "|last")]);

const named = (change) => item({ xattrs: [{ ...xattr("user.a", "1"), ...change }] });
const tags = (...list) => item({ xattrs: list });
const errors = (...list) => item({ errors: list });
const holed = (...list) =>
  itemAt("sparse.bin", {
    holes: list.map(([offset, length]) => ({ offset, length })),
  });
const captured = (change) => ({ snapshot: (doc) => ({ ...doc, captured: { ...doc.captured, classes: change(doc.captured.classes) } }) });
const raw = (bytes) => Buffer.from(bytes).toString("base64url");

const ofXattrs = [
  ...[
    { name: "xattrs_name_empty", comment: "an empty name", tamper: named({ name: "" }) },
    { name: "xattrs_name_nul", comment: "NUL in a name", tamper: named({ name: "user.\u0000" }) },
    { name: "xattrs_name_256-bytes", comment: "a name of 256 bytes", tamper: named({ name: `user.${"n".repeat(251)}` }) },
    { name: "xattrs_name_twice", comment: "name beside nameRaw", tamper: named({ nameRaw: "_w" }) },
    { name: "xattrs_name_missing", comment: "neither name nor nameRaw", tamper: named({ name: undefined }) },
    { name: "xattrs_name-raw_spells-utf8", comment: "nameRaw that is valid UTF-8", tamper: named({ name: undefined, nameRaw: raw("user.a") }) },
    {
      name: "xattrs_name-raw_trailing-bits",
      comment: "nameRaw with trailing bits that are not zero",
      tamper: named({ name: undefined, nameRaw: "_x" }),
    },
  ].map((row) => ({ ...names, plan: tagged, ...row })),
  ...[
    { name: "xattrs_order_unsorted", comment: "out of order", tamper: tags(xattr("user.b", "2"), xattr("user.a", "1")) },
    { name: "xattrs_order_repeated", comment: "one name twice", tamper: tags(xattr("user.a", "1"), xattr("user.a", "2")) },
    {
      name: "xattrs_value_trailing-bits",
      spec: "00-conventions.md#hex",
      comment: "a value with trailing bits that are not zero",
      tamper: named({ value: "AB" }),
    },
    { name: "xattrs_value_one-digit", spec: "00-conventions.md#hex", comment: "a value of one digit", tamper: named({ value: "A" }) },
  ].map((row) => ({ ...invalid, plan: tagged, ...row })),
  ...[
    { name: "xattrs_value_65537-bytes", comment: "a value of 65,537 bytes", tamper: tags(xattr("user.a", Buffer.alloc(65537))) },
    { name: "xattrs_list_131073-bytes", comment: "the canonical JSON of all has 131,073 bytes", tamper: item({ xattrs: plans.longXattrs(131073) }) },
  ].map((row) => ({ ...limits, plan: tagged, ...row })),
  ...[
    { name: "xattrs_value_padding", comment: "a value with padding", tamper: named({ value: "AA==" }) },
    { name: "xattrs_value_missing", comment: "no value", tamper: named({ value: undefined }) },
    { name: "xattrs_count_none", comment: "an empty list", tamper: tags() },
    { name: "xattrs_count_1025", comment: "1,025 extended attributes", tamper: item({ xattrs: plans.manyXattrs(1025) }) },
  ].map((row) => ({ ...document, plan: tagged, ...row })),
  ...[
    {
      name: "errors_xattr_not-last",
      comment: "an error of xattr before one of read",
      plan: lost,
      tamper: { item: (plain, path) => (path === "half.bin" ? { ...plain, errors: [xattrError, ...plain.errors] } : plain) },
    },
    { name: "errors_xattr_twice", comment: "two errors of xattr", tamper: errors(xattrError, xattrError) },
    { name: "errors_xattr_with-range", comment: "an error of xattr with a range", tamper: errors({ ...xattrError, offset: 0, length: 1 }) },
    {
      name: "errors_xattr_of-unknown",
      comment: "an unknown type with an error of xattr",
      plan: vanished,
      tamper: errors({ code: "ENOENT", operation: "stat" }, xattrError),
    },
    {
      name: "errors_xattr_sha256-null",
      comment: "sha256 is null and all errors are of xattr",
      tamper: { item: (plain) => ({ ...plain, sha256: null, sha256Stored: plain.sha256 }) },
    },
    {
      name: "errors_xattr_target-missing",
      comment: "a symlink without target whose one error is of xattr",
      plan: unreadLink,
      tamper: item({ target: undefined }),
    },
  ].map((row) => ({ ...invalid, plan: unreadFacts, ...row })),
];

const ofHoles = [
  ...[
    { name: "holes_order_unsorted", comment: "holes out of order", tamper: holed([32, 32], [0, 16]) },
    { name: "holes_order_repeated", comment: "one hole twice", tamper: holed([0, 16], [0, 16]) },
    { name: "holes_order_touch", comment: "two holes that touch", tamper: holed([0, 16], [16, 16]) },
    { name: "holes_order_overlap", comment: "two holes that overlap", tamper: holed([0, 16], [8, 16]) },
    { name: "holes_end_after-size", comment: "a hole that ends one byte after the file", tamper: holed([0, 16], [32, 33]) },
    { name: "holes_offset_size", comment: "a hole behind the file", tamper: holed([65, 1]) },
    { name: "holes_type_directory", comment: "holes of a directory", tamper: itemAt("d", { holes: [{ offset: 0, length: 16 }] }) },
  ].map((row) => ({ ...invalid, spec: "05-page.md#holes", plan: sparse, ...row })),
  ...[
    { name: "holes_length_zero", comment: "a hole of no bytes", tamper: holed([0, 0]) },
    { name: "holes_count_none", comment: "an empty list", tamper: holed() },
    { name: "holes_count_1025", comment: "1,025 holes", plan: many, tamper: item({ holes: plans.holes(1025) }) },
  ].map((row) => ({ ...document, spec: "05-page.md#holes", plan: sparse, ...row })),
];

const halves = ["first half, ", "second half\n"];
const others = plans.digestsOf(...halves);
const listed = evidence([directory("d", []), file("listed.bin", halves, { digests: others })]);
const zeros = (digest) => "00".repeat(digest.length / 2);
const digested = (digests) => itemAt("listed.bin", { digests });

const ofDigests = [
  ...["md5", "sha1", "sha512"].map((algorithm) => ({
    name: `digests_${algorithm}_other`,
    code: "PTAR_FILE_DIGEST",
    level: "deep",
    comment: `another ${algorithm} than the file has`,
    tamper: digested({ ...others, [algorithm]: zeros(others[algorithm]) }),
  })),
  ...[
    { name: "digests_members_none", comment: "an empty object", tamper: digested({}) },
    { name: "digests_members_sha256", comment: "sha256 among the others", tamper: digested({ ...others, sha256: "00".repeat(32) }) },
    { name: "digests_hex_upper-case", comment: "upper-case hex", tamper: digested({ md5: others.md5.toUpperCase() }) },
    { name: "digests_hex_short", comment: "an md5 of 15 bytes", tamper: digested({ md5: others.md5.slice(2) }) },
  ].map((row) => ({ ...document, ...row })),
  ...[
    {
      name: "digests_sha256_null",
      comment: "digests of a file of which a range is missing",
      plan: lost,
      tamper: itemAt("half.bin", { digests: others }),
    },
    { name: "digests_type_directory", comment: "digests of a directory", tamper: itemAt("d", { digests: others }) },
  ].map((row) => ({ ...invalid, ...row })),
].map((row) => ({ plan: listed, ...row, spec: "05-page.md#digests" }));

const ofSnapshots = [
  {
    name: "captured_order_unsorted",
    comment: "two classes changed places",
    tamper: captured(([first, second, ...rest]) => [second, first, ...rest]),
  },
  { name: "captured_order_repeated", comment: "one class twice", tamper: captured((classes) => [...classes, classes.at(-1)]) },
].map((row) => ({ ...document, spec: "06-snapshot.md#captured", plan: listed, ...row }));

export const facts = [
  ...ofXattrs,
  ...ofHoles,
  ...ofDigests,
  ...ofSnapshots,
  {
    name: "unstable_members_of-draft-1",
    ...document,
    spec: "05-page.md#entry",
    comment: "unstable as in the first draft: without the facts before reading",
    plan: plans.lossy,
    tamper: itemAt("changed.log", { unstable: { ctime: "1763712131000000002", mtime: "1763712131000000002", size: 20 } }),
  },
];
