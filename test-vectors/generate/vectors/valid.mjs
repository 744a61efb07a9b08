// Valid archives: each shows one thing that a reader must accept. spec/01-overview.md
import { one } from "../archive.mjs";
import { hex, noise, patched, sha256, utf8 } from "../bytes.mjs";
import { keys } from "../keys.mjs";
import * as plans from "../plans.mjs";
import { frozen, plainDeflate, plainZstd, runZstd, text } from "../stored.mjs";
import { cutsBefore, directory, file, linked, special, symlink } from "../tree.mjs";
import { sealHeader } from "../units.mjs";

const { alice, bob, carol } = keys;
const hello = file("hello.txt", "hello\n");
const unknown = { critical: false, data: "AQID", id: "org.example.unknown" };
const attributes = (...names) => names.map((name) => ({ name, value: "x" }));
const zeros = Buffer.alloc(96);

/** Name, chapter of the rule, comment, plan and what else stands in the index. */
export const valid = [
  { name: "container_valid_empty-tree", spec: "06-snapshot.md#content", comment: "a snapshot without entries: root null, no items", plan: one([]) },
  {
    name: "container_valid_no-snapshot",
    spec: "08-manifest.md#manifest",
    comment: "a generation that brings no object",
    plan: one([], { snapshots: [] }),
  },
  { name: "page_valid_empty-file", spec: "05-page.md#store", comment: "an empty file stores nothing", plan: one([file("empty", "")]) },
  { name: "page_valid_one-file", spec: "05-page.md#store", comment: "a file of one chunk", plan: plans.tiny },
  {
    name: "page_valid_every-type",
    spec: "05-page.md#entry",
    comment: "all entry types, a name and a target that are not UTF-8, most optional members, a time before 1970",
    plan: one([
      directory("empty-directory", []),
      directory("d", [directory("e", [file("f.txt", "deep\n")])]),
      file("everything.txt", "x", {
        ...{ uid: 1000, gid: 100, owner: "anna", group: "users", dev: "2049", inode: "18446744073709551615", nlink: 1, atime: null },
        ...{ ctime: "1763712131000000001", birthtime: "-1", mtime: "-62135596800000000000", ext: [unknown] },
        attributes: [{ name: "user.comment", value: "checked" }],
      }),
      file(Buffer.from([0x66, 0xff, 0x67]), "raw name\n"),
      symlink("link", "d/e/f.txt"),
      symlink("raw-link", Buffer.from([0xc3, 0x28])),
      special("fifo", "fifo"),
      special("socket", "socket"),
      special("disk", "block", { rdev: { major: 8, minor: 1 } }),
      special("null", "character", { rdev: { major: 1, minor: 3 } }),
      file("grüße \u{1f600} \u001b[31m.txt", "a name with an escape sequence\n"),
    ]),
  },
  {
    name: "page_valid_order-of-utf8",
    spec: "05-page.md#page",
    comment: "U+FF5E sorts before U+1F600 in UTF-8 and after it in UTF-16",
    plan: one([file("\uff5e", ""), file("\u{1f600}", "")]),
  },
  {
    name: "snapshot_valid_hard-links",
    spec: "06-snapshot.md#links",
    comment: "two groups of hard links; each name counts with its size",
    plan: one([
      linked("g", file("a", "shared\n")),
      linked("h", file("b", "")),
      linked("g", file("c", "shared\n")),
      linked("h", file("d", "")),
      linked("g", file("e", "shared\n")),
    ]),
  },
  { name: "page_valid_chunks-2", spec: "05-page.md#store", comment: "a file of two chunks", plan: one([file("two", ["one,", "two"])]) },
  {
    name: "page_valid_chunks-16",
    spec: "05-page.md#store",
    comment: "16 chunks stand in the entry",
    plan: one([file("long.bin", plans.chunksOf("16", 16))]),
  },
  { name: "page_valid_chunks-17", spec: "05-page.md#list", comment: "17 chunks stand in a list", plan: plans.listed },
  {
    name: "page_valid_list-of-lists",
    spec: "05-page.md#list",
    comment: "532 chunks in two lists, cut by content after row 512, below a list of level 1",
    plan: plans.layered,
  },
  {
    name: "page_valid_one-chunk-600-times",
    spec: "05-page.md#list",
    comment: "one chunk referenced 600 times",
    plan: one([
      file(
        "long.bin",
        Array.from({ length: 600 }, () => utf8("again ")),
      ),
    ]),
  },
  { name: "page_valid_branch", spec: "05-page.md#page", comment: "200 entries: leaf pages cut by name below a branch page", plan: plans.wide },
  {
    name: "page_valid_64-entries",
    spec: "05-page.md#page",
    comment: "64 entries are one page whatever their names",
    plan: one(plans.names(64).map((name) => file(name, ""))),
  },
  {
    name: "page_valid_1024-entries",
    spec: "05-page.md#page",
    comment: "the names of 1,024 entries never cut: one full page",
    plan: one(uncut(1024).map((name) => special(name, "fifo", { mode: undefined, mtime: undefined }))),
  },
  {
    name: "page_valid_incomplete-lossy",
    expect: "incomplete",
    spec: "06-snapshot.md#completeness",
    comment: "unstable, unreadable range, vanished: signed as incomplete",
    plan: plans.lossy,
  },
  {
    name: "page_valid_incomplete-failed",
    expect: "incomplete",
    spec: "05-page.md#errors",
    comment: "a file that could not be opened and a directory that could not be listed",
    plan: failed(),
  },
  {
    name: "page_valid_incomplete-unread",
    expect: "incomplete",
    spec: "05-page.md#errors",
    comment: "no byte of a file could be read: no sha256Stored",
    plan: one([unread()]),
  },
  {
    name: "container_valid_incomplete-first",
    expect: "incomplete",
    spec: "10-verify.md#codes",
    comment: "the first generation is incomplete, the second complete: an incomplete collection stays so for ever",
    plan: plans.healed,
  },
  {
    name: "container_valid_incomplete-second",
    expect: "incomplete",
    spec: "10-verify.md#codes",
    comment: "the first generation is complete, the second incomplete",
    plan: { generations: plans.healed.generations.toReversed() },
  },
  {
    name: "page_valid_attributes",
    spec: "05-page.md#entry",
    comment: "attributes of an item and of a snapshot, strictly increasing",
    plan: {
      generations: [
        {
          snapshots: [
            {
              nodes: [file("hello.txt", "hello\n", { attributes: attributes("a", "a.b", "ab") })],
              document: { attributes: attributes("A", "a", "b") },
            },
          ],
        },
      ],
    },
  },
  {
    name: "snapshot_valid_excluded",
    spec: "06-snapshot.md#completeness",
    comment: "paths left out by a rule do not make a collection incomplete",
    plan: { generations: [{ snapshots: [{ nodes: [hello], excluded: 3 }] }] },
  },
  {
    name: "snapshot_valid_case-fields",
    spec: "06-snapshot.md#snapshot",
    comment: "case fields, provenance, tags, parents, attributes, a non-critical extension",
    plan: cased(),
  },
  {
    name: "manifest_valid_extension",
    spec: "00-conventions.md#extensions",
    comment: "unknown extensions that are not critical are ignored",
    plan: one([hello], { manifest: { ext: [unknown] } }),
  },
  {
    name: "snapshot_valid_reproducible",
    spec: "06-snapshot.md#reproducible",
    comment: "archive id and salt zero, hiding false",
    plan: reproducible(),
  },
  {
    name: "manifest_valid_two-signers",
    spec: "08-manifest.md#statement",
    comment: "an author and a co-signer, in the declared order",
    plan: one([hello], {
      signers: [
        [alice, "author"],
        [bob, "co-signer"],
      ],
    }),
  },
  {
    name: "manifest_valid_witness-in-tail",
    spec: "08-manifest.md#statement",
    comment: "a witness signs in a tail; its tree ends before its own frame",
    plan: plans.witnessed,
  },
  {
    name: "manifest_valid_custody-in-tails",
    spec: "08-manifest.md#statement",
    comment: "two tails: received and a note, released",
    plan: one([hello], {
      tails: [
        [
          ["statement", bob, "custodian", { action: "received", time: "2026-11-23T08:00:00Z" }],
          ["note", "seal 4711 intact\n"],
        ],
        [["statement", bob, "custodian", { action: "released", time: "2026-11-24T08:00:00Z" }]],
      ],
    }),
  },
  {
    name: "trust_valid_carrier",
    spec: "09-trust.md#vouching",
    comment: "exported by bob as carrier; the contents are signed by alice",
    plan: { generations: [{ snapshots: [{ nodes: [hello], signers: [[alice, "author"]] }], signers: [[bob, "carrier"]] }] },
  },
  {
    name: "trust_valid_second-signer-unknown",
    spec: "09-trust.md#vouching",
    comment: "one trusted signer is enough",
    plan: one([hello], {
      signers: [
        [keys.mallory, "author"],
        [carol, "witness"],
      ],
    }),
  },
  {
    name: "manifest_valid_unsigned",
    spec: "08-manifest.md#manifest",
    comment: "explicitly unsigned; passes only where the user allows it",
    flags: ["allow-unsigned"],
    plan: one([hello], { signers: [] }),
  },
  {
    name: "block_valid_deflate",
    spec: "03-block.md#codecs",
    comment: "a data block of codec 1 with dynamic Huffman codes",
    flags: ["deflate"],
    plan: one([file("text.txt", text)], { pack: frozen.deflate }),
  },
  {
    name: "block_valid_zstd",
    spec: "03-block.md#codecs",
    comment: "a data block of codec 2 as libzstd writes it",
    flags: ["zstd"],
    plan: one([file("text.txt", text)], { pack: frozen.zstd }),
  },
  {
    name: "block_valid_deflate-stored",
    spec: "03-block.md#codecs",
    comment: "codec 1 in both kinds of block, one stored deflate block each",
    flags: ["deflate"],
    plan: one([hello], { pack: plainDeflate, packMeta: plainDeflate }),
  },
  {
    name: "block_valid_zstd-raw",
    spec: "03-block.md#codecs",
    comment: "codec 2 in both kinds of block, one raw zstd block each",
    flags: ["zstd"],
    plan: one([hello], { pack: plainZstd, packMeta: plainZstd }),
  },
  {
    name: "block_valid_zstd-run",
    spec: "03-block.md#codecs",
    comment: "a run of 100,000 equal bytes in 13 stored ones",
    flags: ["zstd"],
    plan: one([file("run", Buffer.alloc(100000, 0x61))], { pack: runZstd }),
  },
  {
    name: "block_valid_zstd-dictionary-0",
    spec: "03-block.md#codecs",
    comment: "codec 2 with a dictionary id of 0, which means none",
    flags: ["zstd"],
    plan: one([hello], { pack: dictionary0 }),
  },
  {
    name: "block_valid_zero-padding",
    spec: "03-block.md#block",
    comment: "zeros after the stored run",
    plan: plans.tiny,
    tamper: { blockBytes: (payload) => Buffer.concat([payload, Buffer.alloc(7)]) },
  },
  {
    name: "block_valid_several-blocks",
    spec: "03-block.md#block",
    comment: "one object per block",
    plan: one([file("a", "a"), file("b", ["b1", "b2"])], { chunksPerBlock: 1, metaPerBlock: 1 }),
  },
  { name: "object_valid_index-pages", spec: "04-object.md#index", comment: "index pages of two rows", plan: plans.indexed },
  {
    name: "object_valid_unreferenced",
    spec: "04-object.md#index",
    comment: "a chunk that nothing references is allowed and counted",
    plan: one([hello], { objects: [["chunk", "nobody asks for me"]] }),
  },
  {
    name: "object_valid_stored-twice",
    spec: "04-object.md#index",
    comment: "a chunk stored twice is indexed at its lowest place",
    plan: one([file("a", "same"), file("b", "other")], { chunksPerBlock: 1 }),
    tamper: {
      objects: [["chunk", "spare"]],
      stored: (_, bytes) => (String(bytes) === "spare" ? utf8("same") : bytes),
      index: (rows) => rows.filter(({ id }) => hex(id) !== hex(sha256(utf8("spare")))),
    },
  },
  {
    name: "container_valid_two-generations",
    spec: "02-container.md#grammar",
    comment: "the second generation adds a snapshot and reuses a chunk of the first",
    plan: plans.grown,
  },
  {
    name: "manifest_valid_newest-statements",
    spec: "08-manifest.md#manifest",
    comment: "the first manifest lists a statement that is nowhere: the lists of the second count",
    plan: plans.grown,
    tamper: {
      manifest: (plain) =>
        plain.generation === 1
          ? { ...plain, snapshots: plain.snapshots.map((listed) => ({ ...listed, statements: [hex(sha256(utf8("gone")))] })) }
          : plain,
    },
  },
  {
    name: "container_valid_three-generations",
    spec: "02-container.md#frame-table",
    comment: "tails between generations; frame tables with nodes of what stands before",
    plan: threeGenerations(),
  },
  {
    name: "container_valid_frame-table-pages",
    spec: "02-container.md#frame-table",
    comment: "frame table pages of three units, inline rows for the rest",
    plan: plans.paged,
  },
  {
    name: "container_valid_frame-table-pages-later",
    spec: "02-container.md#frame-table",
    comment: "pages that start at a unit other than 0",
    plan: { generations: [plans.grown.generations[0], { ...plans.grown.generations[1], unitsPerPage: 4 }] },
  },
  {
    name: "container_valid_padding",
    spec: "02-container.md#types",
    comment: "ancillary PADDING between blocks",
    plan: one([hello], { extra: { data: [["padding", Buffer.alloc(100)]] } }),
  },
  {
    name: "container_valid_note",
    spec: "02-container.md#types",
    comment: "ancillary NOTE after the blocks and in a tail",
    plan: one([hello], { extra: { meta: [["note", "a note\n"]] }, tails: [[["note", "another\n"]]] }),
  },
  {
    name: "container_valid_grease",
    spec: "02-container.md#types",
    comment: "unknown ancillary types 0xA5 and 0xFF are skipped",
    plan: one([hello], { extra: { session: [[0xa5, noise("grease", 50)]], meta: [[0xff, ""]] } }),
  },
  {
    name: "container_valid_session-repeated",
    spec: "02-container.md#grammar",
    comment: "a second SESSION between blocks",
    plan: one([hello], { extra: { data: [["session", zeros]] } }),
  },
  {
    name: "container_valid_about-other",
    spec: "02-container.md#about",
    comment: "another ABOUT text is a warning, not an error",
    plan: one([hello], { about: "another text\n" }),
  },
  {
    name: "container_valid_minor-1",
    spec: "02-container.md#header",
    comment: "a larger minor version is accepted",
    plan: plans.tiny,
    tamper: { header: (bytes) => sealHeader(patched(bytes, 10, 1)) },
  },
  {
    name: "verify_valid_expected-fingerprint",
    spec: "08-manifest.md#fingerprint",
    comment: "the archive that was expected",
    expectFingerprint: "own",
    plan: plans.tiny,
  },
  {
    name: "verify_valid_example",
    spec: "17-example.md",
    comment: "the archive that chapter 17 takes apart: a directory and two files",
    plan: one([directory("docs", [file("note.txt", "a note\n")]), hello]),
  },
];

/** {@link plainZstd} with the id 0 of a dictionary after the descriptor. */
function dictionary0(raw) {
  const { codec, stored } = plainZstd(raw);
  return { codec, stored: Buffer.concat([stored.subarray(0, 4), Uint8Array.of(stored[4] | 1, 0), stored.subarray(5)]) };
}

/** `count` names that the rule never cuts before. */
function uncut(count) {
  const digits = Array.from({ length: 4 * count }, (_, i) => String(i).padStart(4, "0"));
  return digits.filter((name) => !cutsBefore(utf8(name), 0)).slice(0, count);
}

function failed() {
  const opened = file("secret", "", { size: 4096, sha256: null, errors: [{ code: "EACCES", operation: "open" }] });
  return one([opened, directory("closed", [], { errors: [{ code: "EACCES", operation: "list" }] }), symlinkUnread()]);
}

function symlinkUnread() {
  return special("link", "symlink", { errors: [{ code: "EIO", operation: "readlink" }] });
}

function unread() {
  return file("bad.bin", "", { size: 512, sha256: null, errors: [{ code: "EIO", operation: "read", offset: 0, length: 512 }] });
}

function cased() {
  const document = {
    case: { authority: "District court", case: "2026-0117", examiner: "A. Kowalska", exhibit: "E-3", note: "copied on site" },
    provenance: { command: "ptar create", host: "lab-2", user: "anna" },
    tags: ["evidence", "laptop"],
    parents: ["ab".repeat(32)],
    attributes: [{ name: "device", value: "serial 12345" }],
    ext: [unknown],
  };
  return { generations: [{ snapshots: [{ nodes: [hello], document }] }] };
}

function reproducible() {
  const nodes = [hello];
  const document = { times: { started: "2025-11-21T08:02:11Z", finished: "2025-11-21T08:02:11Z" } };
  const snapshots = [{ nodes, salt: Buffer.alloc(32), document, hiding: false }];
  return { archiveId: Buffer.alloc(32), generations: [{ snapshots, manifest: { createdAt: "2025-11-21T08:02:11Z" } }] };
}

function threeGenerations() {
  const [first, second] = plans.grown.generations;
  const third = {
    snapshots: [{ nodes: [file("three.txt", "three\n")] }],
    signers: [
      [alice, "author"],
      [bob, "co-signer"],
    ],
  };
  return {
    generations: [
      { ...first, tails: [[["note", "first\n"]], [["note", "second\n"]]] },
      second,
      { ...third, tails: plans.witnessed.generations[0].tails },
    ],
  };
}
