// Manifests, statements, signatures and trust that must be refused. spec/08-manifest.md
import { one } from "../archive.mjs";
import { canonical, hex, patched, replaced, sha256, utf8 } from "../bytes.mjs";
import { keys } from "../keys.mjs";
import * as plans from "../plans.mjs";
import { file } from "../tree.mjs";
import { largeS, mixedKey, neutralKey, neutralKeyAgain, neutralR, neutralRAgain, smallR } from "../weak.mjs";

const { alice, bob, carol, dora, mallory } = keys;
const { grown, tiny, witnessed } = plans;
const hello = file("hello.txt", "hello\n");
const cosigned = one([hello], {
  signers: [
    [alice, "author"],
    [bob, "co-signer"],
  ],
});
const facts = { code: "PTAR_MANIFEST_MISMATCH", spec: "08-manifest.md#manifest", plan: tiny };
const about = { code: "PTAR_STATEMENT_MISMATCH", spec: "08-manifest.md#statement", plan: tiny };
const snapshots = { code: "PTAR_STATEMENT_MISMATCH", spec: "08-manifest.md#snapshot-statement", plan: tiny };
const absent = { code: "PTAR_SIGNATURE_MISSING", spec: "08-manifest.md#statement" };
const strict = { code: "PTAR_SIGNATURE_INVALID", spec: "09-trust.md#strict", plan: tiny };
const envelope = { code: "PTAR_SIGNATURE_INVALID", spec: "08-manifest.md#envelope", plan: tiny };
const untrusted = { code: "PTAR_SIGNER_UNTRUSTED" };
const other = hex(sha256(utf8("another")));

const doc = (change) => ({ manifest: (plain) => ({ ...plain, ...change(plain) }) });
const body = (change) => ({ statement: (plain) => ({ ...plain, ...change(plain) }) });
const snapshotBody = (change) => ({ snapshotStatement: (plain) => ({ ...plain, ...change(plain) }) });
/** Signs archive statements in another way. */
const signed = (sign) => ({ sign: (message, signer, type) => (type === "archive" ? sign(message, signer) : undefined) });
const signedSnapshot = (sign) => ({ sign: (message, signer, type) => (type === "snapshot" ? sign(message, signer) : undefined) });
const weakKey = (key) => ({
  plan: { generations: [{ snapshots: [{ nodes: [hello], signers: [[alice, "author"]] }] }] },
  tamper: { signers: [[key, "author"]] },
});
const flipped = (message, signer) => patched(signer.sign(message), 0, signer.sign(message)[0] ^ 1);

export const statement = [
  ...[
    { name: "manifest_mismatch_archive-id", comment: "another archive id than the header's", tamper: doc(() => ({ archiveId: other })) },
    { name: "manifest_mismatch_generation", comment: "generation 2 in the first", tamper: doc(() => ({ generation: 2 })) },
    {
      name: "manifest_mismatch_tree-size",
      comment: "a tree one unit larger",
      tamper: doc(({ tree }) => ({ tree: { ...tree, size: tree.size + 1 } })),
    },
    {
      name: "manifest_mismatch_frame-table",
      comment: "another frame as the frame table",
      tamper: doc(({ frameTable }) => ({ frameTable: frameTable - 1 })),
    },
    {
      name: "manifest_mismatch_index-gap",
      comment: "the index leaves out the first generation",
      plan: grown,
      tamper: doc(({ index }) => ({ index: index.slice(1) })),
    },
    {
      name: "manifest_mismatch_index-frame",
      comment: "an index root after the frame table",
      tamper: doc(({ index, frameTable }) => ({ index: [{ ...index[0], frame: frameTable + 1 }] })),
    },
    {
      name: "manifest_mismatch_index-last",
      comment: "the index covers a generation that is not there",
      tamper: doc(({ index }) => ({ index: [{ ...index[0], last: 2 }] })),
    },
  ].map((row) => ({ ...facts, ...row })),

  ...[
    { name: "statement_mismatch_archive-id", comment: "a statement about another archive", tamper: body(() => ({ archiveId: other })) },
    { name: "statement_mismatch_generation", comment: "a statement about generation 2", tamper: body(() => ({ generation: 2 })) },
    { name: "statement_mismatch_manifest", comment: "a statement about another manifest", tamper: body(() => ({ manifest: other })) },
    {
      name: "statement_mismatch_tree-root",
      comment: "a statement about another tree",
      tamper: body(({ tree }) => ({ tree: { ...tree, root: other } })),
    },
    {
      name: "statement_mismatch_tree-size",
      comment: "a statement about a tree one unit larger",
      tamper: body(({ tree }) => ({ tree: { ...tree, size: tree.size + 1 } })),
    },
    {
      name: "statement_mismatch_tail-tree",
      comment: "a tail's statement about the tree at the manifest",
      plan: witnessed,
      tamper: { tailStatement: (plain) => ({ ...plain, tree: { ...plain.tree, size: plain.tree.size - 2 } }) },
    },
    {
      name: "statement_mismatch_exchanged",
      comment: "two statements changed places",
      plan: cosigned,
      tamper: { statements: (list) => list.toReversed() },
    },
    { name: "statement_mismatch_repeated", comment: "one key signs twice", tamper: { statements: ([first]) => [first, first] } },
  ].map((row) => ({ ...about, ...row })),
  ...[
    { name: "snapshot-statement_mismatch_snapshot", comment: "about another snapshot", tamper: snapshotBody(() => ({ snapshot: other })) },
    {
      name: "snapshot-statement_mismatch_root",
      comment: "another item root",
      tamper: snapshotBody(({ items }) => ({ items: { ...items, root: other } })),
    },
    {
      name: "snapshot-statement_mismatch_count",
      comment: "another item count",
      tamper: snapshotBody(({ items }) => ({ items: { ...items, count: 2 } })),
    },
    { name: "snapshot-statement_mismatch_key-twice", comment: "one key counts twice", tamper: { snapshotStatements: ([first]) => [first, first] } },
  ].map((row) => ({ ...snapshots, ...row })),
  {
    name: "snapshot-statement_signature_key-twice",
    code: "PTAR_SIGNATURE_INVALID",
    spec: "08-manifest.md#snapshot-statement",
    comment: "the second statement names the key of the first, which did not sign it",
    level: "standard",
    plan: cosigned,
    tamper: snapshotBody(() => ({ publicKey: hex(alice.publicKey) })),
  },

  {
    name: "signature_missing_stripped",
    ...absent,
    comment: "the statement of the only signer was removed",
    plan: tiny,
    tamper: { statements: () => [] },
  },
  {
    name: "signature_missing_co-signer",
    ...absent,
    comment: "the statement of the second signer was removed",
    plan: cosigned,
    tamper: { statements: ([first]) => [first] },
  },
  {
    name: "signature_missing_first",
    ...absent,
    comment: "the statement of the first signer was removed",
    plan: cosigned,
    tamper: { statements: ([, second]) => [second] },
  },
  {
    name: "signature_missing_unsigned",
    ...absent,
    spec: "08-manifest.md#manifest",
    file: "manifest/manifest_valid_unsigned.ptar",
    comment: "an unsigned archive where a signature is required",
    plan: one([hello], { signers: [] }),
  },

  ...[
    { name: "signature_s_plus-l", comment: "S + L", tamper: signed(largeS) },
    { name: "signature_r_small-order", comment: "R is of order 2; the equation holds when multiplied with the cofactor", tamper: signed(smallR) },
    { name: "signature_r_not-canonical", comment: "R is the neutral element with y = p + 1", tamper: signed(neutralRAgain) },
    { name: "signature_key_small-order", comment: "the key is the neutral element; the equation holds for every message", ...weakKey(neutralKey) },
    { name: "signature_key_not-canonical", comment: "the key is the neutral element with y = p + 1", ...weakKey(neutralKeyAgain) },
    { name: "signature_key_mixed-order", comment: "the key has a component of order 2 that cancels out", ...weakKey(mixedKey(alice)) },
    { name: "signature_r_neutral", comment: "R is the neutral element, of order 1; the equation holds", tamper: signed(neutralR) },
    { name: "signature_all_zero", comment: "64 zero bytes", tamper: signed(() => Buffer.alloc(64)) },
  ].map((row) => ({ ...strict, ...row })),
  ...[
    { name: "signature_r_bit-flipped", comment: "one bit of R", tamper: signed(flipped) },
    { name: "signature_key_other", comment: "signed by bob, the body names alice", tamper: signed((message) => bob.sign(message)) },
    {
      name: "signature_type_snapshot",
      comment: "signed as a snapshot statement",
      tamper: signed((message, signer) => signer.sign(replaced(message, "vnd.ptar.archive+json", "vnd.ptar.snapshot+json"))),
    },
    {
      name: "signature_body_altered",
      comment: "signed with another time in the body",
      tamper: signed((message, signer) => signer.sign(replaced(message, "2026-11-21T09", "2026-11-21T08"))),
    },
    {
      name: "signature_body_without-pae",
      comment: "the body is signed without its pre-authentication encoding",
      tamper: signed((message, signer) => signer.sign(message.subarray(Buffer.from(message).indexOf("{")))),
    },
    {
      name: "snapshot-signature_key_other",
      comment: "a snapshot statement signed by bob, the body names alice",
      tamper: signedSnapshot((message) => bob.sign(message)),
    },
    {
      name: "snapshot-signature_type_archive",
      comment: "a snapshot statement signed as an archive statement",
      tamper: signedSnapshot((message, signer) => signer.sign(replaced(message, "vnd.ptar.snapshot+json", "vnd.ptar.archive+json"))),
    },
  ].map((row) => ({ ...envelope, ...row })),

  {
    name: "trust_signer_unknown",
    ...untrusted,
    spec: "09-trust.md#keys",
    comment: "signed by a key that is not listed",
    plan: one([hello], { signers: [[mallory, "author"]] }),
  },
  {
    name: "trust_signer_expired",
    ...untrusted,
    spec: "09-trust.md#keys",
    comment: "signed by a key that was listed until 2020",
    plan: one([hello], { signers: [[dora, "author"]] }),
  },
  {
    name: "trust_signer_replaced",
    ...untrusted,
    spec: "09-trust.md#vouching",
    comment: "alice's statement stripped, declared and signed by mallory",
    plan: plans.tiny,
    tamper: { signers: [[mallory, "author"]] },
  },
  {
    name: "trust_generation_unknown-signer",
    ...untrusted,
    spec: "09-trust.md#vouching",
    comment: "a newer generation by an unknown key",
    plan: grown,
    tamper: { signers: [[mallory, "author"]] },
  },
  {
    name: "trust_tail_witness-only",
    ...untrusted,
    spec: "09-trust.md#vouching",
    comment: "mallory signed the generation, carol a tail: who signs a tail is no signer",
    plan: one([hello], { signers: [[mallory, "author"]], tails: plans.witnessed.generations[0].tails }),
  },
  {
    name: "trust_snapshot_not-vouched",
    ...untrusted,
    spec: "09-trust.md#vouching",
    comment: "alice made the file as carrier, mallory signed the contents",
    plan: { generations: [{ snapshots: [{ nodes: [hello], signers: [[mallory, "author"]] }], signers: [[alice, "carrier"]] }] },
  },
  {
    name: "trust_snapshot_without-statement",
    ...untrusted,
    spec: "09-trust.md#vouching",
    comment: "alice made the file as carrier, nobody signed the contents",
    plan: { generations: [{ snapshots: [{ nodes: [hello], signers: [] }], signers: [[alice, "carrier"]] }] },
  },
  {
    name: "trust_snapshot_only",
    ...untrusted,
    spec: "09-trust.md#vouching",
    comment: "alice signed the snapshot, mallory the file",
    plan: { generations: [{ snapshots: [{ nodes: [hello], signers: [[alice, "author"]] }], signers: [[mallory, "carrier"]] }] },
  },

  {
    name: "verify_unexpected_fingerprint",
    code: "PTAR_VERIFY_UNEXPECTED",
    spec: "08-manifest.md#fingerprint",
    file: "page/page_valid_one-file.ptar",
    comment: "a valid archive, but not the expected one",
    plan: plans.tiny,
    expectFingerprint: other,
  },
  {
    name: "limit_statement_65537-bytes",
    code: "PTAR_LIMIT_EXCEEDED",
    spec: "11-limits.md",
    comment: "a snapshot statement of 65,537 bytes",
    plan: tiny,
    tamper: snapshotBody((plain) => ({ ext: [longExtension(65537 - 64, plain)] })),
  },
  {
    name: "limit_statements_65",
    code: "PTAR_LIMIT_EXCEEDED",
    spec: "08-manifest.md#statement",
    comment: "65 statements in a tail",
    plan: one([hello], { tails: [Array.from({ length: 64 }, () => ["statement", carol, "witness", { action: "witnessed" }])] }),
    tamper: { tail: Array.from({ length: 65 }, () => ["statement", carol, "witness", { action: "witnessed" }]) },
  },
];

/** An extension with which `body` has `length` bytes. */
function longExtension(length, body) {
  const extension = { critical: false, data: "", id: "org.example.unknown" };
  const data = "A".repeat(length - canonical({ ...body, ext: [extension] }).length);
  return { ...extension, data };
}
