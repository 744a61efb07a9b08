// Sessions, seals and manifests of sealed archives that must be refused. spec/14-encryption.md#seal
import { frameTypes } from "../../../dist/format/frame.js";
import { derived } from "../age.mjs";
import { buildArchive } from "../archive.mjs";
import { hex, patched, replaced, sha256, u32, utf8 } from "../bytes.mjs";
import { keys } from "../keys.mjs";
import { tiny } from "../plans.mjs";
import { grownSealed, loose, rewrapped, tinySealed, twoBlocks, twoSessions } from "../sealed-plans.mjs";
import { file } from "../tree.mjs";
import { sealHeader } from "../units.mjs";
import { erin, nobody, views } from "../views.mjs";

const { alice, mallory } = keys;
const other = hex(sha256(utf8("another")));
const session = { code: "PTAR_SESSION_INVALID", level: "standard", plan: tinySealed };
const seal = { code: "PTAR_FRAME_SEAL", spec: "14-encryption.md#seal", plan: tinySealed };
const mismatch = { code: "PTAR_MANIFEST_MISMATCH", level: "standard", plan: tinySealed };
const closed = { spec: "14-encryption.md#sealed-manifest", level: "standard", plan: tinySealed };

/** Changes what stands in sealed frames of one type: ciphertext and tag. */
const ciphertext = (wanted, change) => ({ sealed: (bytes, { type }) => (type === wanted ? change(bytes) : bytes) });
/** Changes what is sealed in frames of one type: length, payload, padding. */
const plaintext = (wanted, change) => ({ plaintext: (bytes, { type }) => (type === wanted ? change(bytes) : bytes) });
/** Seals frames of one type in another way. */
const sealing = (wanted, change) => ({ seal: (plain, place) => (place.type === wanted ? change(plain, place) : {}) });
/** The frames of one type have, in the header, another. */
const relabelled = (from, to) => ({ frame: (frame) => (frame.type === frameTypes[from] ? { ...frame, type: frameTypes[to] } : frame) });
/** Puts the payloads of other frames into frames: `{number: number}`. */
const replayed = (plan, numbers) => ({ sealed: (bytes, { number }) => (number in numbers ? payloadOf(plan, numbers[number]) : bytes) });
const flipped = (bytes) => patched(bytes, -1, bytes.at(-1) ^ 1);

const doc = (change) => ({ manifest: (plain) => ({ ...plain, ...change(plain) }) });
const lists = (change) => doc(({ encryption }) => ({ encryption: { ...encryption, ...change(encryption) } }));
const inner = (change) => ({ sealedManifest: (plain) => ({ ...plain, ...change(plain) }) });
const bit0 = (value) => ({ header: (bytes) => sealHeader(patched(bytes, 12, value)) });

export const sealedFrame = [
  ...[
    { name: "session_sealed_key-source-3", comment: "key source 3", tamper: { session: (payload) => patched(payload, 0, 3) } },
    { name: "session_sealed_reserved", comment: "a reserved byte", tamper: { session: (payload) => patched(payload, 15, 1) } },
    {
      name: "session_sealed_repository-key",
      comment: "the key id of a repository although the key is in KEYS",
      tamper: { session: (payload) => patched(payload, 63, 1) },
    },
  ].map((row) => ({ ...session, spec: "02-container.md#session", ...row })),
  ...[
    { name: "session_sealed_plain", comment: "a plain session in a sealed archive", tamper: { session: () => Buffer.alloc(96) } },
    {
      name: "session_sealed_key-sources",
      comment: "the key of the second session is with a repository",
      plan: twoSessions,
      tamper: { session: (payload, count) => (count === 2 ? patched(payload, 0, 2) : payload) },
    },
  ].map((row) => ({ ...session, spec: "14-encryption.md#secret", ...row })),
  ...[
    { name: "session_salt_zero", comment: "a salt of zeros", tamper: { salt: () => Buffer.alloc(32) } },
    {
      name: "session_salt_repeated",
      comment: "the second session has the salt of the first",
      plan: twoSessions,
      tamper: { salt: () => derived("salt", 1) },
    },
    {
      name: "session_salt_repeated-later",
      comment: "the session of the second generation has the salt of the first",
      plan: grownSealed,
      tamper: { salt: () => derived("salt", 1) },
    },
  ].map((row) => ({ ...session, spec: "14-encryption.md#key", ...row })),

  ...views(
    {
      ...seal,
      name: "seal_payload_exchanged",
      comment: "two blocks have each other's payload",
      plan: twoBlocks,
      tamper: replayed(twoBlocks, { 4: 5, 5: 4 }),
    },
    nobody(),
    erin(),
  ),
  ...views(
    {
      ...seal,
      name: "seal_payload_replayed",
      comment: "a block of the second generation has the payload of one of the first",
      plan: grownSealed,
      tamper: { sealed: (bytes, { type }) => (type === "blockData" ? payloadOf(grownSealed, 4) : bytes) },
    },
    nobody(),
    erin(),
  ),
  ...views(
    {
      ...seal,
      name: "seal_key_other-session",
      comment: "a block after the second session is sealed with the key of the first",
      plan: twoSessions,
      tamper: sealing("blockMeta", (_, { keys: [first] }) => ({ key: first })),
    },
    erin(),
  ),
  ...views(
    {
      ...seal,
      name: "seal_type_relabelled",
      comment: "a block of chunks became one of metadata",
      tamper: relabelled("blockData", "blockMeta"),
    },
    nobody(),
    erin(),
  ),
  ...views({ ...seal, name: "seal_tag_flipped", comment: "one bit of a tag", tamper: ciphertext("blockData", flipped) }, nobody(), erin()),
  ...views(
    {
      ...seal,
      name: "seal_bound_length",
      comment: "sealed for a frame header with another length",
      tamper: sealing("blockData", (plain, { head }) => ({ bound: head(plain.plaintext.length) })),
    },
    erin(),
  ),
  ...views(
    {
      ...seal,
      name: "seal_nonce_big-endian",
      comment: "the frame number of the nonce is big-endian",
      tamper: sealing("blockData", ({ nonce }) => ({ nonce: Buffer.from(nonce).reverse() })),
    },
    erin(),
  ),
  ...views(
    {
      ...seal,
      name: "seal_tag_sealed-manifest",
      comment: "one bit of the tag of the sealed manifest",
      level: "standard",
      tamper: ciphertext("sealedManifest", flipped),
    },
    nobody(),
    erin(),
  ),
  ...views(
    {
      name: "seal_length_20",
      code: "PTAR_FRAME_LENGTH",
      spec: "14-encryption.md#seal",
      comment: "a sealed block of 20 bytes",
      plan: tinySealed,
      tamper: ciphertext("blockData", (bytes) => bytes.subarray(0, 20)),
    },
    {},
    erin(),
  ),
  ...views(
    {
      name: "seal_length_over-plaintext",
      code: "PTAR_FRAME_LENGTH",
      spec: "14-encryption.md#seal",
      comment: "the length of the payload is one more than there is",
      plan: tinySealed,
      tamper: plaintext("blockData", (bytes) => patched(bytes, 0, u32(bytes.length - 3))),
    },
    nobody(),
    erin(),
  ),
  ...views(
    {
      name: "seal_padding_not-zero",
      code: "PTAR_FRAME_RESERVED",
      spec: "14-encryption.md#seal",
      comment: "the last byte of the padding is 1",
      plan: loose,
      tamper: plaintext("blockData", (bytes) => patched(bytes, -1, 1)),
    },
    nobody(),
    erin(),
  ),
  ...views(
    {
      name: "seal_padding_length-short",
      code: "PTAR_FRAME_RESERVED",
      spec: "14-encryption.md#seal",
      comment: "the length of the payload is one less than it was: its last byte is padding",
      plan: tinySealed,
      tamper: plaintext("blockData", (bytes) => patched(bytes, 0, u32(bytes.readUInt32LE() - 1))),
    },
    erin(),
  ),

  ...views(
    { ...mismatch, name: "sealed_bit_cleared", spec: "14-encryption.md", comment: "the bit in the header is cleared", tamper: bit0(0) },
    {},
    erin(),
  ),
  ...[
    { name: "sealed_bit_set", comment: "the bit in the header is set, the manifest says plain", plan: tiny, tamper: bit0(1) },
    {
      name: "sealed_members_in-plain",
      comment: "the manifest says sealed, the bit in the header is clear",
      plan: tiny,
      tamper: doc(() => ({ encryption: { keys: [3], sessions: [2], suite: "aes-256-gcm" }, index: [], sealed: { frame: 4 }, snapshots: [] })),
    },
    {
      name: "sealed_clear_index",
      comment: "an index root stands in the clear manifest",
      tamper: doc(({ frameTable }) => ({ index: [{ first: 1, frame: frameTable - 2, last: 1, rows: 6 }] })),
    },
    {
      name: "sealed_clear_snapshots",
      comment: "a snapshot stands in the clear manifest",
      tamper: doc(() => ({ snapshots: [{ id: other, statements: [] }] })),
    },
  ].map((row) => ({ ...mismatch, spec: "14-encryption.md", ...row })),
  ...[
    {
      name: "sealed_frame_missing",
      comment: "no SEALED_MANIFEST, and the manifest names none",
      tamper: { skip: "sealedManifest", ...doc(() => ({ sealed: null })) },
    },
    {
      name: "sealed_frame_earlier",
      comment: "the second generation names the sealed manifest of the first",
      plan: grownSealed,
      tamper: doc(() => ({ sealed: { frame: 8 } })),
    },
    {
      name: "sealed_lists_other-type",
      comment: "a block is listed as KEYS",
      tamper: lists((lists) => ({ keys: [...lists.keys, 4] })),
    },
    {
      name: "sealed_lists_not-increasing",
      comment: "sessions out of order",
      plan: twoSessions,
      tamper: lists((lists) => ({ sessions: lists.sessions.toReversed() })),
    },
    {
      name: "sealed_lists_first-session",
      comment: "the first session is not listed",
      plan: twoSessions,
      tamper: lists((lists) => ({ sessions: lists.sessions.slice(1) })),
    },
    {
      name: "sealed_lists_session-missing",
      comment: "the second session is not listed, which the frames show",
      level: "full",
      plan: twoSessions,
      tamper: lists((lists) => ({ sessions: lists.sessions.slice(0, 1) })),
    },
    {
      name: "sealed_lists_keys-missing",
      comment: "the second KEYS frame is not listed, which the frames show",
      level: "full",
      plan: twoSessions,
      tamper: lists((lists) => ({ keys: lists.keys.slice(0, 1) })),
    },
  ].map((row) => ({ ...mismatch, spec: "14-encryption.md#manifest", ...row })),
  ...views(
    {
      ...mismatch,
      name: "sealed_frame_other-type",
      spec: "14-encryption.md#manifest",
      comment: "the manifest names the index root as the sealed manifest; without a key the frames show it",
      tamper: doc(({ sealed: { frame } }) => ({ sealed: { frame: frame - 1 } })),
    },
    { level: "full" },
    erin(),
  ),
  ...[
    {
      name: "frame_type_sealed-manifest-unknown",
      code: "PTAR_UNSUPPORTED_FRAME",
      comment: "the frame that the manifest names as the sealed one has an unknown type: all of it is read, whoever reads",
      tamper: { frame: (frame) => (frame.type === frameTypes.sealedManifest ? { ...frame, type: 0x23 } : frame) },
    },
    {
      name: "frame_check_sealed-manifest",
      code: "PTAR_FRAME_CHECK",
      comment: "the check of the sealed manifest, which is looked at without a key too",
      tamper: { frame: (frame) => (frame.type === frameTypes.sealedManifest ? { ...frame, check: Buffer.alloc(8) } : frame) },
    },
  ].flatMap((row) => views({ ...row, spec: "10-verify.md#order", level: "standard", plan: tinySealed }, {}, erin())),
  {
    name: "sealed_suite_unknown",
    code: "PTAR_DOCUMENT_INVALID",
    spec: "14-encryption.md#manifest",
    comment: "another suite",
    level: "standard",
    plan: tinySealed,
    tamper: lists(() => ({ suite: "chacha20-poly1305" })),
  },

  ...[
    { name: "sealed-manifest_mismatch_archive-id", comment: "another archive id", tamper: inner(() => ({ archiveId: other })) },
    { name: "sealed-manifest_mismatch_generation", comment: "generation 2 in the first", tamper: inner(() => ({ generation: 2 })) },
    { name: "sealed-manifest_mismatch_created-at", comment: "another time", tamper: inner(() => ({ createdAt: "2026-11-21T09:02:12Z" })) },
    { name: "sealed-manifest_mismatch_complete", comment: "incomplete inside, complete outside", tamper: inner(() => ({ complete: false })) },
    {
      name: "sealed-manifest_mismatch_tree-size",
      comment: "a tree one unit smaller",
      tamper: inner(({ tree }) => ({ tree: { ...tree, size: tree.size - 1 } })),
    },
    { name: "sealed-manifest_mismatch_tree-root", comment: "another tree", tamper: inner(({ tree }) => ({ tree: { ...tree, root: other } })) },
    {
      name: "sealed-manifest_mismatch_index-gap",
      comment: "the index leaves out the first generation",
      plan: grownSealed,
      tamper: inner(({ index }) => ({ index: index.slice(1) })),
    },
  ].flatMap((row) => views({ ...mismatch, ...closed, ...row }, erin())),
  ...views(
    {
      ...mismatch,
      ...closed,
      name: "sealed-manifest_mismatch_signers",
      comment: "alice's statement was stripped and the rest declared and signed by mallory, who has no key",
      plan: { ...tinySealed, generations: [{ snapshots: [{ nodes: [file("hello.txt", "hello\n")], signers: [[alice, "author"]] }] }] },
      tamper: { signers: [[mallory, "author"]], ...inner(() => ({ signers: [hex(alice.publicKey)] })) },
    },
    { code: "PTAR_SIGNER_UNTRUSTED" },
    erin(),
  ),
  ...[
    {
      name: "sealed-manifest_chain_snapshots",
      code: "PTAR_GENERATION_CHAIN",
      comment: "the second generation drops the snapshot of the first",
      plan: grownSealed,
      tamper: inner(({ snapshots }) => ({ snapshots: snapshots.slice(1) })),
    },
    {
      name: "sealed-manifest_index_is-page",
      code: "PTAR_INDEX_INVALID",
      comment: "an index page as the root",
      tamper: inner(({ index: [root] }) => ({ index: [{ ...root, frame: root.frame - 1 }] })),
    },
    {
      name: "sealed-manifest_canonical_space",
      code: "PTAR_DOCUMENT_NOT_CANONICAL",
      comment: "a space after a colon",
      tamper: { sealedManifestText: (bytes) => replaced(bytes, '"ext":[]', '"ext": []') },
    },
    {
      name: "sealed-manifest_schema_member",
      code: "PTAR_DOCUMENT_INVALID",
      comment: "a member that does not exist",
      tamper: inner(() => ({ note: "" })),
    },
    {
      name: "sealed-manifest_snapshot_twice",
      code: "PTAR_DOCUMENT_INVALID",
      comment: "a snapshot stands there twice",
      tamper: inner(({ snapshots }) => ({ snapshots: [...snapshots, ...snapshots] })),
    },
    {
      name: "sealed-manifest_extension_critical",
      code: "PTAR_UNSUPPORTED_EXTENSION",
      comment: "an unknown critical extension",
      tamper: inner(() => ({ ext: [{ critical: true, data: "", id: "org.example.unknown" }] })),
    },
    {
      name: "sealed-manifest_complete_both",
      code: "PTAR_MANIFEST_MISMATCH",
      spec: "06-snapshot.md#completeness",
      level: "full",
      comment: "both manifests say incomplete of a complete snapshot",
      tamper: { ...doc(() => ({ complete: false })), ...inner(() => ({ complete: false })) },
    },
  ].flatMap((row) => views({ ...closed, ...row }, erin())),
  {
    name: "order_sealed-manifest_twice",
    code: "PTAR_FRAME_ORDER",
    spec: "14-encryption.md#sealed-manifest",
    comment: "two sealed manifests",
    plan: tinySealed,
    tamper: { extra: { sealedManifest: [["sealedManifest", "{}"]] } },
  },
  {
    name: "frame_type_sealed-manifest-in-plain",
    code: "PTAR_FRAME_ORDER",
    spec: "14-encryption.md#sealed-manifest",
    comment: "SEALED_MANIFEST after the index of a plain generation",
    plan: tiny,
    tamper: { extra: { index: [["sealedManifest", "?"]] } },
  },
  {
    name: "statement_action_rewrapped",
    code: "PTAR_STATEMENT_MISMATCH",
    spec: "14-encryption.md#rewrap",
    comment: "a generation was rewrapped, which only tails are",
    level: "standard",
    plan: tinySealed,
    tamper: { statement: (body) => ({ ...body, action: "rewrapped" }) },
  },
  {
    name: "statement_rewrap_tree",
    code: "PTAR_STATEMENT_MISMATCH",
    spec: "14-encryption.md#rewrap",
    comment: "the statement about new KEYS is about the tree before them",
    level: "standard",
    plan: rewrapped,
    tamper: { tailStatement: (plain) => ({ ...plain, tree: { ...plain.tree, size: plain.tree.size - 1 } }) },
  },
];

/** What stands in frame `number` of a sound archive. */
function payloadOf(plan, number) {
  const bytes = buildArchive(plan);
  let at = 64;
  for (let i = 1; i < number; i++) at += 32 + Number(bytes.readBigUInt64LE(at + 8));
  return bytes.subarray(at + 24, at + 24 + Number(bytes.readBigUInt64LE(at + 8)));
}
