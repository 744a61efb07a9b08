// Archives with two things wrong, of which readers must report one, or with one that stands where few look. spec/10-verify.md#order
import { frameTypes } from "../../../dist/format/frame.js";
import { compareKeys } from "../../../dist/format/index-page.js";
import { buildArchive } from "../archive.mjs";
import { patched } from "../bytes.mjs";
import { keys } from "../keys.mjs";
import { grown, paged, tiny, witnessed } from "../plans.mjs";
import { sealed, tinySealed } from "../sealed-plans.mjs";
import { sealFrame } from "../units.mjs";
import { erin, views } from "../views.mjs";

/** Changes the frames of one type. */
const on = (type, change) => ({ frame: (frame) => (frame.type === frameTypes[type] ? { ...frame, ...change } : frame) });
const document = (change) => ({ manifest: (plain) => ({ ...plain, ...change(plain) }) });
const newer = document(() => ({ requires: ["x"] }));
const badSign = { sign: () => Buffer.alloc(64, 7) };
const fiveWords = sealed(Array.from({ length: 5 }, () => ({ passphrase: "words" })));
const withTail = { generations: [{ ...tiny.generations[0], tails: [[["note", "x"]]] }] };
const grownTail = { generations: [{ ...grown.generations[0], tails: [[["note", "x"]]] }, grown.generations[1]] };

export const order = [
  ...[
    {
      name: "order_trailer-tail_before-manifest",
      code: "PTAR_TRAILER_INVALID",
      comment: "the trailer of a tail has another manifest offset, and the manifest requires something new: trailers come first",
      plan: witnessed,
      tamper: { ...newer, tailTrailer: ({ manifestOffset }) => ({ manifestOffset: manifestOffset + 1 }) },
    },
    {
      name: "order_trailer-generation_before-manifest",
      code: "PTAR_TRAILER_INVALID",
      comment: "a frame table offset before its generation, and the first manifest requires something new: trailers come first",
      plan: grown,
      tamper: { per: { 1: newer, 2: { trailer: () => ({ frameTableOffset: 64 }) } } },
    },
    {
      name: "order_frame-number_before-type",
      code: "PTAR_FRAME_NUMBER",
      comment: "a frame table of number 0 and an unknown type",
      plan: tiny,
      tamper: on("frameTable", { number: 0, type: 0x33 }),
    },
    {
      name: "order_trailer-number_before-manifest",
      code: "PTAR_FRAME_NUMBER",
      comment: "a trailer of number 0, and the manifest requires something new",
      plan: tiny,
      tamper: { ...on("trailer", { number: 0 }), ...newer },
    },
    {
      name: "order_requires_before-signers",
      code: "PTAR_UNSUPPORTED_FEATURE",
      comment: "a manifest requires something new and declares a signer twice: what may be newer comes before other rules",
      plan: tiny,
      tamper: document(({ signers }) => ({ requires: ["x"], signers: [...signers, ...signers] })),
    },
    {
      name: "order_extensions_before-critical",
      code: "PTAR_DOCUMENT_INVALID",
      comment: "a critical extension, and one out of order behind it: what is malformed is nothing newer",
      plan: tiny,
      tamper: document(() => ({
        ext: [
          { critical: true, data: "", id: "com.example.x" },
          { critical: false, data: "", id: "com.example.a" },
        ],
      })),
    },
    {
      name: "order_table-nodes_before-page",
      code: "PTAR_TABLE_INVALID",
      comment: "references to frame table pages with a node too many, and pages of an unknown type",
      plan: paged,
      tamper: {
        table: (t) => ({ ...t, pages: t.pages.map((page) => ({ ...page, nodes: [...page.nodes, Buffer.alloc(32)] })) }),
        ...on("frameTablePage", { type: 0x42 }),
      },
    },
    {
      name: "order_action_before-signature",
      code: "PTAR_STATEMENT_MISMATCH",
      comment: "a statement of receipt in a generation, without a valid signature",
      plan: tiny,
      tamper: { statement: (body) => ({ ...body, action: "witnessed" }), ...badSign },
    },
    {
      name: "order_keys-count_after-frames",
      code: "PTAR_FRAME_RESERVED",
      comment: "five passphrases, and flags in the frame of the sealed manifest: how many there are is looked at last",
      plan: tinySealed,
      tamper: { keys: () => fiveWords.sealed.for, ...on("sealedManifest", { flags: 1 }) },
    },
    {
      name: "order_index-roots_before-pages",
      code: "PTAR_UNSUPPORTED_FRAME",
      comment: "the index page of the first generation is not sound, and the root of the second has an unknown type: all roots come first",
      plan: grown,
      tamper: { per: { 1: { indexPage: (payload) => patched(payload, 5, 1) }, 2: on("indexRoot", { type: 0x23 }) } },
    },
  ].map((row) => ({ spec: "10-verify.md#order", level: "standard", ...row })),

  ...[
    {
      name: "trailer_chain_other-trailer",
      code: "PTAR_TRAILER_INVALID",
      comment: "a TRAILER among the statements of a generation, and a tail behind it that no trailer of the chain closes",
      plan: tiny,
      tamper: {
        extra: {
          statements: [
            ["trailer", Buffer.alloc(72)],
            ["note", "x"],
          ],
        },
      },
    },
    {
      name: "trailer_chain_skipped-tail",
      code: "PTAR_TRAILER_INVALID",
      comment: "the second generation names the trailer before the tail of the first as the one before it",
      level: "full",
      plan: grownTail,
      tamper: {
        trailer: (_, units) => ({ previousTrailerOffset: units.list.find(({ type }) => type === frameTypes.trailer).offset }),
      },
    },
  ].map((row) => ({ spec: "02-container.md#grammar", level: "standard", ...row })),
  {
    name: "order_tail_starts-like-generation",
    code: "PTAR_FRAME_ORDER",
    spec: "02-container.md#trailer",
    comment: "a tail with the frames of a generation: session, index root, frame table and manifest",
    level: "standard",
    plan: withTail,
    tamper: {
      tail: [
        ["session", Buffer.alloc(96)],
        ["indexRoot", Buffer.alloc(16)],
        ["frameTable", ""],
        ["manifest", "{}"],
      ],
    },
  },
  {
    name: "frame_hash_statement-of-first-generation",
    code: "PTAR_FRAME_HASH",
    spec: "02-container.md#frame-table",
    comment: "the statement of the first generation is another valid one: the second frame table has its row",
    level: "standard",
    plan: grown,
    tamper: { bytes: otherStatement },
  },
  ...[
    {
      name: "index_generation_row-of-earlier",
      comment: "the index of the second generation has a row of the first, which has it no more",
      tamper: movedRow(),
    },
    {
      name: "index_generation_roots-exchanged",
      comment: "the index roots of two generations have changed places in the manifest",
      tamper: document(({ index: [a, b] }) => ({
        index: [
          { ...a, frame: b.frame, rows: b.rows },
          { ...b, frame: a.frame, rows: a.rows },
        ],
      })),
    },
    {
      name: "index_order_repeated-between-roots-standard",
      comment: "the index of the second generation repeats a row of the first",
      tamper: repeatedRow(),
    },
  ].map((row) => ({ code: "PTAR_INDEX_INVALID", spec: "08-manifest.md#manifest", level: "standard", plan: grown, ...row })),

  ...views(
    {
      name: "frame_length_sealed-manifest-20-bytes",
      code: "PTAR_FRAME_LENGTH",
      spec: "14-encryption.md#sealed-manifest",
      comment: "a sealed manifest that is too short to be sealed, which shows without a key",
      level: "standard",
      plan: tinySealed,
      tamper: { sealed: (bytes, { type }) => (type === "sealedManifest" ? bytes.subarray(0, 20) : bytes) },
    },
    {},
    erin(),
  ),
];

/** The archive with another statement of its first generation, valid but with another time. */
function otherStatement(bytes, list) {
  const [first, second] = grown.generations;
  const statementOf = (units) => units.find(({ type }) => type === frameTypes.statement);
  let payload;
  const later = { generations: [{ ...first, signers: [[keys.alice, "author", { time: "2026-11-22T09:02:11Z" }]] }, second] };
  buildArchive(later, {
    bytes: (_, units) => {
      ({ payload } = statementOf(units));
    },
  });
  const { type, number, offset, end } = statementOf(list);
  const frame = sealFrame({ type, number, length: payload.length, payload });
  return Buffer.concat([bytes.subarray(0, offset), frame.bytes, bytes.subarray(end)]);
}

/** Takes the first row of the index from the first generation and gives it to the second. */
function movedRow() {
  let moved;
  const take = (rows) => {
    [moved] = rows;
    return rows.slice(1);
  };
  return { per: { 1: { index: take }, 2: { index: (rows) => [...rows, moved].sort(compareKeys) } } };
}

function repeatedRow() {
  let first;
  const note = (rows) => {
    [first] = rows;
    return rows;
  };
  return { per: { 1: { index: note }, 2: { index: (rows) => [...rows, first].sort(compareKeys) } } };
}
