// Archives that leave out what their receiver has. spec/16-transfer.md#thin
import { compareKeys } from "../../../dist/format/index-page.js";
import { one } from "../archive.mjs";
import { hex, patched, sha256, utf8 } from "../bytes.mjs";
import * as plans from "../plans.mjs";
import { toErin } from "../sealed-plans.mjs";
import { idOf } from "../subject.mjs";
import { sealHeader } from "../units.mjs";
import { erin, nobody, views } from "../views.mjs";

const { grown, layered, listed, small, tiny, wide } = plans;
const spec = "16-transfer.md#thin";

/** `plan` without the objects of which `leaveOut` says so. */
const thinned = (plan, leaveOut) => ({
  ...plan,
  thin: true,
  generations: plan.generations.map((generation) => ({ ...generation, leaveOut })),
});
const ofKind = (kind) => (other) => other === kind;
/** A page of entries, one of this name among them. */
const pageWith = (name) => (kind, bytes) => kind === "page" && /^{"entries"/.test(bytes) && String(bytes).includes(`"name":"${name}"`);
/** A list of chunks, 20 of them. */
const shortList = (kind, bytes) => kind === "list" && bytes[0] === 0 && bytes.readUInt32LE(4) === 20;

const chunkless = thinned(tiny, ofKind("chunk"));
const pageless = thinned(small, pageWith("a.txt"));
const leafless = thinned(wide, pageWith("entry-0000"));
const listless = thinned(listed, ofKind("list"));
const linkless = thinned(small, ofKind("links"));
/** As in the snapshot archives of a repository: snapshot and statement, and nothing below. */
const bare = thinned(one([]), ofKind("content"));
const nothing = thinned(tiny, () => false);
const growing = thinned(grown, ofKind("chunk"));

const valid = [
  { name: "thin_valid_chunk", comment: "a chunk is left out", plan: chunkless },
  { name: "thin_valid_page", comment: "the page of a directory is left out, and with it what only it references", plan: pageless },
  { name: "thin_valid_page-below", comment: "one of several leaf pages below a branch page is left out", plan: leafless },
  { name: "thin_valid_list", comment: "the list of a file is left out, its chunks are there, and nothing references them", plan: listless },
  { name: "thin_valid_list-below", comment: "one of two lists below a list is left out", plan: thinned(layered, shortList) },
  { name: "thin_valid_links", comment: "the link table is left out", plan: linkless },
  { name: "thin_valid_content", comment: "the content is left out: snapshot and statement alone", plan: bare },
  { name: "thin_valid_nothing", comment: "thin, and nothing is left out", plan: nothing },
  { name: "thin_valid_generations", comment: "both generations leave a chunk out", plan: growing },
  ...views(
    {
      name: "thin_valid_sealed",
      comment: "thin and sealed: without a key nobody sees what is left out",
      plan: { ...chunkless, sealed: { for: [toErin] } },
      spec,
    },
    nobody(),
    erin(),
  ),
  {
    name: "thin_valid_want-list",
    spec: "16-transfer.md#want-list",
    comment: "no snapshots and no blocks: a chunk, a page and a snapshot are wanted",
    plan: { thin: true, generations: [{ snapshots: [], wants: ["chunk", "page", "snapshot"].map((kind) => [kind, idOf(`wanted ${kind}`)]) }] },
  },
].map((vector) => ({ spec, ...vector }));

/** Sets the features of the header. */
const features = (bits) => ({ header: (bytes) => sealHeader(patched(bytes, 12, bits)) });
const withRows = (change) => ({ index: (rows) => change(rows).sort(compareKeys) });
/** The row that stands for the chunk of these contents, left out. */
const leftOut = (content) => ({ id: sha256(utf8(content)), kind: "chunk", frame: 0, ordinal: 0 });

const ofIndex = [
  { name: "thin_index_not-thin", comment: "a row of frame 0 in an archive that is not thin", plan: chunkless, tamper: features(0) },
  {
    name: "thin_index_ordinal",
    comment: "a row of frame 0 and ordinal 1",
    plan: chunkless,
    tamper: { index: (rows) => rows.map((row) => (row.frame === 0 ? { ...row, ordinal: 1 } : row)) },
  },
  {
    name: "thin_index_two-rows",
    comment: "a chunk has a row for where it is, and one that leaves it out",
    plan: nothing,
    tamper: withRows((rows) => [...rows, leftOut("hello\n")]),
  },
  {
    name: "thin_index_there",
    comment: "the row of a chunk leaves out what is there",
    plan: nothing,
    tamper: { index: (rows) => rows.map((row) => (row.kind === "chunk" ? { ...row, frame: 0 } : row)) },
    level: "full",
  },
  {
    name: "thin_index_twice",
    comment: "the second generation leaves out once more what the first one leaves out",
    plan: growing,
    tamper: withRows((rows) => [...rows, leftOut("one\n")]),
    level: "full",
  },
  {
    name: "thin_index_later",
    comment: "the second generation stores what the first one leaves out",
    plan: growing,
    tamper: {
      leaveOut: (kind, bytes) => kind === "chunk" && String(bytes) !== "spare",
      objects: [["chunk", "spare"]],
      stored: (_, bytes) => (String(bytes) === "spare" ? utf8("one\n") : bytes),
      ...withRows((rows) => rows.map((row) => (hex(row.id) === hex(sha256(utf8("spare"))) ? { ...row, id: leftOut("one\n").id } : row))),
    },
    level: "full",
  },
].map((vector) => ({ code: "PTAR_INDEX_INVALID", ...vector }));

/** Neither there nor left out. */
const forgotten = { index: (rows) => rows.filter(({ frame }) => frame > 0) };

const ofClosure = [
  ...[
    { name: "thin_missing_chunk", comment: "a chunk is neither there nor left out", plan: chunkless },
    { name: "thin_missing_page", comment: "a page is neither there nor left out", plan: pageless },
    { name: "thin_missing_list", comment: "a list is neither there nor left out", plan: listless },
    { name: "thin_missing_links", comment: "the link table is neither there nor left out", plan: linkless },
    { name: "thin_missing_content", comment: "the content is neither there nor left out", plan: bare },
  ].map((vector) => ({ code: "PTAR_OBJECT_MISSING", tamper: forgotten, ...vector })),
  ...["snapshot", "statement"].map((kind) => ({
    name: `thin_left-out_${kind}`,
    code: "PTAR_OBJECT_MISSING",
    comment: `the ${kind} itself is left out, which is damage`,
    plan: nothing,
    tamper: { leaveOut: ofKind(kind) },
  })),
  {
    name: "thin_snapshot_counters",
    code: "PTAR_SNAPSHOT_COUNTERS",
    spec: "06-snapshot.md#completeness",
    comment: "a path more is excluded than were seen: of the counters a thin archive shows only their sum",
    plan: chunkless,
    tamper: { snapshot: (plain) => ({ ...plain, completeness: { ...plain.completeness, excluded: 1 } }) },
  },
  {
    name: "thin_page_level",
    code: "PTAR_PAGE_ORDER",
    comment: "a branch page of level 2 above leaf pages, one of which is left out",
    plan: leafless,
    tamper: { page: (bytes, level) => (level === 1 ? utf8(String(bytes).replace('{"level":1', '{"level":2')) : bytes) },
  },
  {
    name: "thin_page_first-name",
    code: "PTAR_PAGE_ORDER",
    comment: "a branch page gives its pages other first names, and one of them is left out",
    plan: leafless,
    tamper: { firstName: (name, level) => (level === 0 && String(name) !== "entry-0000" ? Buffer.concat([name, utf8("x")]) : name) },
  },
  {
    name: "thin_list_level",
    code: "PTAR_LIST_INVALID",
    comment: "a list of level 2 above lists of chunks, one of which is left out",
    plan: thinned(layered, shortList),
    tamper: { list: (bytes, level) => (level === 1 ? patched(bytes, 0, 2) : bytes) },
  },
];

const ofSubject = [
  {
    name: "subject_archive_thin",
    code: "PTAR_MANIFEST_MISMATCH",
    spec: "08-manifest.md#subject",
    comment: "a thin archive about a catalogue",
    plan: one([], { snapshots: [], subject: { kind: "catalogue", parts: [] } }),
    tamper: features(2),
  },
];

export const thin = { valid, invalid: [...ofIndex, ...ofClosure, ...ofSubject].map((vector) => ({ spec, level: "standard", ...vector })) };
