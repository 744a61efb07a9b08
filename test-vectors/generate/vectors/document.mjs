// Documents that are not canonical JSON or do not satisfy their schema. spec/00-conventions.md#canonical
import { one } from "../archive.mjs";
import { replaced, utf8 } from "../bytes.mjs";
import * as plans from "../plans.mjs";
import { file } from "../tree.mjs";

const { tiny } = plans;
const form = { code: "PTAR_DOCUMENT_NOT_CANONICAL", spec: "00-conventions.md#canonical", plan: tiny };
const number = { code: "PTAR_DOCUMENT_NOT_CANONICAL", spec: "08-manifest.md#manifest", plan: tiny };
const schema = { code: "PTAR_DOCUMENT_INVALID", plan: tiny };
const text = (document, from, to) => ({ [`${document}Text`]: (bytes) => replaced(bytes, from, to) });
const attributes = (document, ...names) => ({ [document]: (doc) => ({ ...doc, attributes: names.map((name) => ({ name, value: "x" })) }) });
const unknown = (id, critical) => ({ critical, data: "", id });
const critical = [unknown("org.example.unknown", true)];
const noted = { generations: [{ snapshots: [{ nodes: [file("a", "a")], document: { tags: ["@"] } }] }] };

export const document = [
  ...[
    { name: "json_member_repeated", comment: "a member stands there twice", tamper: text("snapshot", '"tags":[]', '"tags":[],"tags":[]') },
    { name: "json_white-space_space", comment: "a space after a colon", tamper: text("snapshot", '"tags":[]', '"tags": []') },
    {
      name: "json_white-space_final-line-feed",
      comment: "a line feed after the document",
      tamper: { snapshotText: (bytes) => Buffer.concat([bytes, utf8("\n")]) },
    },
    {
      name: "json_bom_at-start",
      comment: "a byte-order mark",
      tamper: { snapshotText: (bytes) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]) },
    },
    { name: "json_members_unsorted", comment: "two members changed places", tamper: text("snapshot", '"failed":0,"seen":1', '"seen":1,"failed":0') },
    { name: "json_string_lone-surrogate", comment: "an escaped lone surrogate", plan: noted, tamper: text("snapshot", '"@"', '"\\ud800"') },
    {
      name: "json_string_overlong",
      comment: "a slash in two bytes",
      plan: noted,
      tamper: text("snapshot", '"@"', Buffer.from([0x22, 0xc0, 0xaf, 0x22])),
    },
    { name: "json_string_escaped-letter", comment: "an escape where none is needed", plan: noted, tamper: text("snapshot", '"@"', '"\\u0040"') },
  ].map((row) => ({ ...form, ...row })),
  {
    ...form,
    name: "json_member_number",
    spec: "00-conventions.md",
    comment: "members 10 and 9, in their order",
    tamper: text("snapshot", '{"captured":', '{"10":0,"9":0,"captured":'),
  },
  ...[
    { name: "json_number_fraction", comment: "1.0", tamper: text("manifest", '"generation":1', '"generation":1.0') },
    { name: "json_number_exponent", comment: "1e0", tamper: text("manifest", '"generation":1', '"generation":1e0') },
    { name: "json_number_minus-zero", comment: "-0", tamper: text("manifest", '"rows":5', '"rows":-0') },
    { name: "json_number_2-to-53", comment: "2^53", tamper: text("manifest", '"rows":5', '"rows":9007199254740992') },
    { name: "json_number_leading-zero", comment: "01", tamper: text("manifest", '"generation":1', '"generation":01') },
    {
      name: "json_depth_10000",
      comment: "10,000 nested arrays",
      tamper: text("manifest", '"requires":[]', `"requires":${"[".repeat(10000)}${"]".repeat(10000)}`),
    },
    { name: "json_text_cut", comment: "the last byte is missing", tamper: { manifestText: (bytes) => bytes.subarray(0, -1) } },
    { name: "json_text_empty", comment: "an empty manifest", tamper: { manifestText: () => Buffer.alloc(0) } },
  ].map((row) => ({ ...number, ...row })),
  {
    name: "json_statement_white-space",
    code: "PTAR_DOCUMENT_NOT_CANONICAL",
    spec: "08-manifest.md#envelope",
    comment: "a space in the body of a statement, signed",
    plan: tiny,
    tamper: { statementText: (bytes, type) => (type === "archive" ? replaced(bytes, '"ext":[]', '"ext": []') : bytes) },
  },
  {
    name: "json_page_white-space",
    code: "PTAR_DOCUMENT_NOT_CANONICAL",
    spec: "05-page.md#page",
    comment: "a space in a page",
    plan: tiny,
    tamper: { page: (bytes) => replaced(bytes, '"level":0', '"level": 0') },
  },
  {
    name: "json_page_proto",
    code: "PTAR_DOCUMENT_INVALID",
    spec: "05-page.md#page",
    comment: "a member __proto__",
    plan: tiny,
    tamper: { page: (bytes) => replaced(bytes, '{"item":', '{"__proto__":{},"item":') },
  },
  ...[
    {
      name: "schema_member_unknown",
      spec: "00-conventions.md#canonical",
      comment: "a member that the schema does not know",
      tamper: { manifest: (doc) => ({ ...doc, extra: 1 }) },
    },
    {
      name: "schema_member_missing",
      spec: "00-conventions.md#canonical",
      comment: "no createdAt",
      tamper: { manifest: (doc) => ({ ...doc, createdAt: undefined }) },
    },
    {
      name: "schema_member_constructor",
      spec: "00-conventions.md#canonical",
      comment: "a member called constructor",
      tamper: { manifest: (doc) => ({ ...doc, constructor: {} }) },
    },
    {
      name: "schema_hex_upper-case",
      spec: "00-conventions.md#hex",
      comment: "upper-case digits",
      tamper: { snapshot: (doc) => ({ ...doc, content: doc.content.toUpperCase() }) },
    },
    {
      name: "schema_hex_too-short",
      spec: "00-conventions.md#hex",
      comment: "62 digits",
      tamper: { snapshot: (doc) => ({ ...doc, content: doc.content.slice(2) }) },
    },
    {
      name: "schema_time_fraction",
      spec: "00-conventions.md#time",
      comment: "a time with milliseconds",
      tamper: { manifest: (doc) => ({ ...doc, createdAt: "2026-11-21T09:02:11.000Z" }) },
    },
    {
      name: "schema_time_month-13",
      spec: "00-conventions.md#time",
      comment: "month 13",
      tamper: { manifest: (doc) => ({ ...doc, createdAt: "2026-13-21T09:02:11Z" }) },
    },
    {
      name: "schema_time_plus-sign",
      spec: "00-conventions.md#time",
      comment: "an entry's time with a plus sign",
      tamper: { item: (item) => ({ ...item, mtime: "+1" }) },
    },
    {
      name: "schema_format_other",
      spec: "08-manifest.md#manifest",
      comment: "format ptar2",
      tamper: { manifest: (doc) => ({ ...doc, format: "ptar2" }) },
    },
    {
      name: "schema_encryption_not-null",
      spec: "08-manifest.md#manifest",
      comment: "encryption in a plain archive",
      tamper: { manifest: (doc) => ({ ...doc, encryption: {} }) },
    },
    {
      name: "schema_index_empty",
      // since sealed archives the schema allows it
      code: "PTAR_MANIFEST_MISMATCH",
      spec: "08-manifest.md",
      comment: "no index root",
      tamper: { manifest: (doc) => ({ ...doc, index: [] }) },
    },
    {
      name: "schema_signers_repeated",
      spec: "08-manifest.md#manifest",
      comment: "a signer is declared twice",
      tamper: { manifest: (doc) => ({ ...doc, signers: [...doc.signers, ...doc.signers] }) },
    },
    {
      name: "schema_type_other",
      spec: "06-snapshot.md#snapshot",
      comment: "a snapshot of type content",
      tamper: { snapshot: (doc) => ({ ...doc, type: "content" }) },
    },
    {
      name: "schema_tags_unsorted",
      spec: "06-snapshot.md#snapshot",
      comment: "tags out of order",
      tamper: { snapshot: (doc) => ({ ...doc, tags: ["b", "a"] }) },
    },
    {
      name: "schema_case_unknown-field",
      spec: "06-snapshot.md#snapshot",
      comment: "a case field that does not exist",
      tamper: { snapshot: (doc) => ({ ...doc, case: { officer: "x" } }) },
    },
    {
      name: "schema_captured_unknown-class",
      spec: "06-snapshot.md#captured",
      comment: "an unknown class",
      tamper: { snapshot: (doc) => ({ ...doc, captured: { ...doc.captured, classes: ["smell"] } }) },
    },
    {
      name: "schema_noatime_refused-missing",
      spec: "06-snapshot.md#noatime",
      comment: "files that were read without a trace, and not how many were not",
      tamper: { snapshot: (doc) => ({ ...doc, noatime: { kept: 1 } }) },
    },
    {
      name: "schema_content_salt-missing",
      spec: "06-snapshot.md#content",
      comment: "no salt",
      tamper: { content: (doc) => ({ ...doc, salt: undefined }) },
    },
    {
      name: "schema_role_unknown",
      spec: "08-manifest.md#statement",
      comment: "a role that does not exist",
      tamper: { statement: (body) => ({ ...body, role: "owner" }) },
    },
    {
      name: "schema_action_unknown",
      spec: "08-manifest.md#snapshot-statement",
      comment: "an action that does not exist",
      tamper: { snapshotStatement: (body) => ({ ...body, action: "invented" }) },
    },
    {
      name: "schema_page_no-entries",
      spec: "05-page.md#page",
      comment: "a page without entries",
      tamper: { page: () => utf8('{"entries":[],"level":0}') },
    },
    { name: "schema_item_mode-010000", spec: "05-page.md#entry", comment: "mode 0o10000", tamper: { item: (item) => ({ ...item, mode: 0o10000 }) } },
    {
      name: "schema_item_type-unknown",
      spec: "05-page.md#entry",
      comment: "a type that does not exist",
      tamper: { item: (item) => ({ ...item, type: "door" }) },
    },
    {
      name: "schema_statement_short",
      spec: "08-manifest.md#envelope",
      comment: "a statement of 64 bytes",
      tamper: { statements: ([first]) => [first.subarray(0, 64)] },
    },
  ].map((row) => ({ ...schema, ...row })),
  ...[
    { name: "extension_critical_manifest", comment: "in the manifest", tamper: { manifest: (doc) => ({ ...doc, ext: critical }) } },
    { name: "extension_critical_snapshot", comment: "in the snapshot", tamper: { snapshot: (doc) => ({ ...doc, ext: critical }) } },
    { name: "extension_critical_content", comment: "in the content", tamper: { content: (doc) => ({ ...doc, ext: critical }) } },
    { name: "extension_critical_item", comment: "in an item", tamper: { item: (item) => ({ ...item, ext: critical }) } },
    { name: "extension_critical_statement", comment: "in the archive statement", tamper: { statement: (body) => ({ ...body, ext: critical }) } },
    {
      name: "extension_critical_snapshot-statement",
      comment: "in the snapshot statement",
      tamper: { snapshotStatement: (body) => ({ ...body, ext: critical }) },
    },
  ].map((row) => ({ code: "PTAR_UNSUPPORTED_EXTENSION", spec: "00-conventions.md#extensions", plan: tiny, ...row })),
  {
    name: "extension_order_unsorted",
    code: "PTAR_DOCUMENT_INVALID",
    spec: "00-conventions.md#extensions",
    comment: "extensions out of order",
    plan: tiny,
    tamper: { manifest: (doc) => ({ ...doc, ext: [unknown("b.x", false), unknown("a.x", false)] }) },
  },
  {
    name: "extension_order_repeated",
    code: "PTAR_DOCUMENT_INVALID",
    spec: "00-conventions.md#extensions",
    comment: "one id twice",
    plan: tiny,
    tamper: { manifest: (doc) => ({ ...doc, ext: [unknown("a.x", false), unknown("a.x", false)] }) },
  },
  {
    name: "extension_data_trailing-bits",
    code: "PTAR_DOCUMENT_INVALID",
    spec: "00-conventions.md#hex",
    comment: "base64url with trailing bits that are not zero",
    plan: tiny,
    tamper: { manifest: (doc) => ({ ...doc, ext: [{ ...unknown("a.x", false), data: "AB" }] }) },
  },
  ...[
    { name: "attributes_order_unsorted", comment: "attributes of an item out of order", tamper: attributes("item", "b", "a") },
    { name: "attributes_order_repeated", comment: "an item has one attribute twice", tamper: attributes("item", "a", "a") },
  ].map((row) => ({ ...schema, spec: "05-page.md#entry", ...row })),
  ...[
    { name: "attributes_order_unsorted-snapshot", comment: "attributes of a snapshot out of order", tamper: attributes("snapshot", "b", "a") },
    { name: "attributes_order_repeated-snapshot", comment: "a snapshot has one attribute twice", tamper: attributes("snapshot", "a", "a") },
  ].map((row) => ({ ...schema, spec: "06-snapshot.md#snapshot", ...row })),
  {
    name: "json_depth_33",
    ...form,
    spec: "11-limits.md",
    comment: "32 arrays in the manifest: one level too deep",
    tamper: text("manifest", '"requires":[]', `"requires":${"[".repeat(32)}${"]".repeat(32)}`),
  },
  {
    name: "json_depth_32",
    ...schema,
    spec: "11-limits.md",
    comment: "31 arrays in the manifest: the form allows them, the schema does not",
    tamper: text("manifest", '"requires":[]', `"requires":${"[".repeat(31)}${"]".repeat(31)}`),
  },
  {
    name: "feature_requires_unknown",
    code: "PTAR_UNSUPPORTED_FEATURE",
    spec: "08-manifest.md#manifest",
    comment: "requires a feature that does not exist",
    plan: one([file("a", "a")]),
    tamper: { manifest: (doc) => ({ ...doc, requires: ["time-travel"] }) },
  },
];
