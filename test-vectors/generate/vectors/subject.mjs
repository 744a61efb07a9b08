// Archives about a catalogue or an inventory. spec/08-manifest.md#subject
import { one } from "../archive.mjs";
import { hex, patched, u32, u64 } from "../bytes.mjs";
import { toErin } from "../sealed-plans.mjs";
import { idOf, row, section, sorted } from "../subject.mjs";
import { file } from "../tree.mjs";
import { erin, nobody, views } from "../views.mjs";

/** A generation without snapshots that is about `subject`. */
const about = (subject, more) => one([], { snapshots: [], subject, ...more });
const cut = (ids) => ids.map((id) => id.subarray(0, 16));

const first = section(1, [row("a"), row("b"), row("c", { kind: 3, frame: 4, ordinal: 7 })]);
const [low, high] = [row("d"), row("e")].sort((a, b) => Buffer.compare(a.id, b.id));
/** Two objects of locations; the second archive goes on from one to the other. */
const sections = [[first, section(2, [low], { place: 2 })], [section(2, [high], { place: 2 })]];
const supersedes = sorted("index 1", "index 2").map(hex);
const catalogue = about({ kind: "catalogue", parts: sections, document: { supersedes } });
const empty = about({ kind: "catalogue", parts: [] });
/** Archive 3 is adopted too: in a sealed catalogue there is a secret for each of them. */
const adopted = [...sections, [section(3, [row("f")], { place: 2 })]];
const secrets = [2, 3].map((name) => hex(Buffer.alloc(32, name))).map((archive) => ({ archive, secret: hex(idOf(`secret of ${archive}`)) }));
const withSecrets = { ...about({ kind: "catalogue", parts: adopted, document: { secrets } }), sealed: { for: [toErin] } };

const pages = {
  snapshots: [sorted("snapshot 1", "snapshot 2")],
  others: [cut(sorted("a", "b", "c", "d")).slice(0, 3), cut(sorted("a", "b", "c", "d")).slice(3)],
};
const inventory = about({ kind: "inventory", parts: pages });

const valid = [
  { name: "manifest_valid_subject-catalogue", spec: "08-manifest.md#subject", comment: "about a catalogue without locations", plan: empty },
  {
    name: "manifest_valid_subject-superseded",
    spec: "08-manifest.md#subject",
    comment: "the second generation is about a snapshot; the subject of the first, which is not there, no longer counts",
    plan: {
      generations: [
        { snapshots: [], subject: { kind: "catalogue", parts: [] }, manifest: { subject: { id: hex(idOf("nowhere")), kind: "inventory" } } },
        { snapshots: [{ nodes: [file("one.txt", "one\n")] }] },
      ],
    },
  },
  {
    name: "catalogue_valid_two-parts",
    spec: "15-repository.md#locations",
    comment: "two objects of locations; rows of one archive go on from the first to the second",
    plan: catalogue,
  },
  {
    name: "catalogue_valid_largest-row",
    spec: "15-repository.md#locations",
    comment: "a row of frame 2^53 - 1, ordinal 65,535 and kind 11",
    plan: about({ kind: "catalogue", parts: [[section(1, [row("a", { frame: Number.MAX_SAFE_INTEGER, ordinal: 65535, kind: 11 })])]] }),
  },
  {
    name: "catalogue_valid_kinds-of-one-id",
    spec: "15-repository.md#locations",
    comment: "rows of one id are in the order of their kinds, not of their frames; and a row of frame 2^32",
    plan: about({
      kind: "catalogue",
      parts: [[section(1, [row("a", { frame: 9 }), row("a", { kind: 3, frame: 4 }), row("b", { frame: 2 ** 32 })])]],
    }),
  },
  {
    name: "inventory_valid_two-pages",
    spec: "16-transfer.md#have-list",
    comment: "two snapshots, and four short keys on two pages",
    plan: inventory,
  },
  {
    name: "inventory_valid_nothing",
    spec: "16-transfer.md#have-list",
    comment: "the inventory of an empty repository",
    plan: about({ kind: "inventory", parts: { snapshots: [], others: [] } }),
  },
  ...views(
    {
      name: "catalogue_valid_secrets-sealed",
      spec: "15-repository.md#index",
      comment: "a sealed catalogue with the secrets of two adopted archives",
      plan: withSecrets,
    },
    nobody(),
    erin(),
  ),
];

/** Changes the first section, or its first row. */
const inFirst = (change) => ({ sections: ([[one, ...rest], ...parts]) => [[{ ...one, ...change(one) }, ...rest], ...parts] });
const inRow = (change) => inFirst(({ rows: [one, ...rest] }) => ({ rows: [{ ...one, ...change }, ...rest] }));
/** Changes the section that goes on with the archive of the one before. */
const inLast = (change) => ({ sections: ([part, [last]]) => [part, [{ ...last, ...change }]] });
const inLocations = (change) => ({ locations: (bytes, i) => (i === 0 ? change(bytes) : bytes) });
const members = (change) => ({ catalogue: (document) => ({ ...document, ...change(document) }) });

const ofCatalogue = [
  ...[
    {
      name: "catalogue_supersedes_unsorted",
      comment: "two superseded index archives changed places",
      tamper: members((document) => ({ supersedes: document.supersedes.toReversed() })),
    },
    {
      name: "catalogue_supersedes_repeated",
      comment: "one superseded index archive twice",
      tamper: members(({ supersedes: [one] }) => ({ supersedes: [one, one] })),
    },
    {
      name: "catalogue_locations_repeated",
      comment: "one object of locations twice",
      tamper: members(({ locations }) => ({ locations: [...locations, locations[0]] })),
    },
    { name: "catalogue_secrets_in-plain", comment: "secrets that everybody can read", tamper: members(() => ({ secrets })) },
    {
      name: "catalogue_secrets_unsorted",
      comment: "two secrets changed places",
      plan: withSecrets,
      key: { identity: "erin" },
      tamper: members(() => ({ secrets: secrets.toReversed() })),
    },
    {
      name: "catalogue_secrets_repeated",
      comment: "two secrets of one archive",
      plan: withSecrets,
      key: { identity: "erin" },
      tamper: members(() => ({ secrets: [secrets[0], { ...secrets[1], archive: secrets[0].archive }] })),
    },
    {
      name: "catalogue_secrets_missing",
      comment: "no secret of the second adopted archive",
      plan: withSecrets,
      key: { identity: "erin" },
      tamper: members(() => ({ secrets: secrets.slice(0, 1) })),
    },
  ].map((vector) => ({ spec: "15-repository.md#index", ...vector })),
  ...[
    { name: "locations_archive_unsorted", comment: "two archives changed places", tamper: { sections: ([[a, b], part]) => [[b, a], part] } },
    { name: "locations_rows_repeated-next", comment: "the next object of locations repeats a row", tamper: inLast({ rows: [low] }) },
    { name: "locations_archive_other-length", comment: "an archive has another length in its second section", tamper: inLast({ length: 8193 }) },
    {
      name: "locations_archive_other-fingerprint",
      comment: "an archive has another fingerprint in its second section",
      tamper: inLast({ fingerprint: Buffer.alloc(32, 0xee) }),
    },
    { name: "locations_archive_other-place", comment: "an archive has another place in its second section", tamper: inLast({ place: 1 }) },
    { name: "locations_place_unknown", comment: "place 3", tamper: inFirst(() => ({ place: 3 })) },
    { name: "locations_length_zero", comment: "an archive of no bytes", tamper: inFirst(() => ({ length: 0 })) },
    {
      name: "locations_length_2-to-64",
      comment: "an archive of 2^64 - 1 bytes",
      tamper: inLocations((bytes) => patched(bytes, 8 + 64, Buffer.alloc(8, 255))),
    },
  ].map((vector) => ({ spec: "15-repository.md#locations", ...vector })),
  ...[
    {
      name: "locations_rows_unsorted",
      comment: "two rows changed places",
      tamper: inFirst(({ rows: [a, b, ...rest] }) => ({ rows: [b, a, ...rest] })),
    },
    {
      name: "locations_rows_repeated",
      comment: "a row stands there twice",
      tamper: inFirst(({ rows: [a, ...rest] }) => ({ rows: [a, a, ...rest] })),
    },
    { name: "locations_frame_zero", comment: "a row of frame 0", tamper: inRow({ frame: 0 }) },
    { name: "locations_frame_2-to-53", comment: "a row of frame 2^53", tamper: inRow({ frame: 2n ** 53n }) },
    { name: "locations_ordinal_65536", comment: "a row of ordinal 65,536", tamper: inRow({ ordinal: 65536 }) },
    { name: "locations_kind_unknown", comment: "a row of kind 12", tamper: inRow({ kind: 12 }) },
    { name: "locations_reserved_row", comment: "a reserved byte of a row", tamper: inRow({ reserved: 1 }) },
  ].map((vector) => ({ spec: "04-object.md#index", ...vector })),
  ...[
    { name: "locations_reserved_head", comment: "a reserved byte of the head", tamper: inLocations((bytes) => patched(bytes, 7, 1)) },
    { name: "locations_reserved_section", comment: "a reserved byte of a section", tamper: inFirst(() => ({ reserved: 1 })) },
  ].map((vector) => ({ spec: "00-conventions.md#notation", ...vector })),
  ...[
    { name: "locations_sections_none", comment: "no section", tamper: inLocations(() => u64(0)) },
    { name: "locations_rows_none", comment: "a section of no rows", tamper: inFirst(() => ({ rows: [] })) },
    {
      name: "locations_rows_too-many",
      comment: "a section of 2^32 - 1 rows",
      tamper: inLocations((bytes) => patched(bytes, 8 + 76, Buffer.alloc(4, 255))),
    },
    { name: "locations_sections_one-more", comment: "one section more than there are", tamper: inLocations((bytes) => patched(bytes, 0, u32(3))) },
    {
      name: "locations_sections_bytes-after",
      comment: "bytes after the last section",
      tamper: inLocations((bytes) => Buffer.concat([bytes, u32(0)])),
    },
  ].map((vector) => ({ spec: "11-limits.md", ...vector })),
].map((vector) => ({ code: "PTAR_CATALOGUE_INVALID", plan: catalogue, level: "standard", ...vector }));

const page = (list, at, change) => ({ holdings: (bytes, name, i) => (name === list && i === at ? change(bytes) : bytes) });
const counted = (list, count) => ({ inventory: (document) => ({ ...document, [list]: { ...document[list], count } }) });

const ofInventory = [
  { name: "inventory_snapshots_count", comment: "one snapshot more than there are", tamper: counted("snapshots", 3) },
  { name: "inventory_others_count", comment: "one short key less than there are", tamper: counted("others", 3) },
  {
    name: "inventory_keys_unsorted",
    comment: "two ids of snapshots changed places",
    tamper: page("snapshots", 0, (bytes) => Buffer.concat([bytes.subarray(32), bytes.subarray(0, 32)])),
  },
  {
    name: "inventory_keys_repeated",
    comment: "one id of a snapshot twice",
    tamper: page("snapshots", 0, (bytes) => Buffer.concat([bytes.subarray(0, 32), bytes.subarray(0, 32)])),
  },
  {
    name: "inventory_pages_unsorted",
    comment: "two pages of short keys changed places",
    tamper: { pages: ({ snapshots, others }) => ({ snapshots, others: others.toReversed() }) },
  },
  {
    name: "inventory_keys_half",
    comment: "half a short key at the end of a page",
    tamper: page("others", 1, (bytes) => Buffer.concat([bytes, u64(0)])),
  },
].map((vector) => ({ code: "PTAR_INVENTORY_INVALID", spec: "16-transfer.md#have-list", plan: inventory, level: "standard", ...vector }));

const critical = [{ critical: true, data: "", id: "org.example.unknown" }];
const nowhere = { id: hex(idOf("nowhere")) };
const ofSubject = [
  {
    name: "subject_snapshots_too",
    code: "PTAR_MANIFEST_MISMATCH",
    spec: "08-manifest.md#subject",
    comment: "a subject and a snapshot",
    plan: one([file("hello.txt", "hello\n")]),
    tamper: { manifest: (document) => ({ ...document, subject: { ...nowhere, kind: "inventory" } }) },
  },
  {
    name: "subject_clear_of-sealed",
    code: "PTAR_MANIFEST_MISMATCH",
    spec: "08-manifest.md#subject",
    comment: "the clear manifest of a sealed archive shows a subject",
    plan: withSecrets,
    tamper: { manifest: (document) => ({ ...document, subject: { ...nowhere, kind: "catalogue" } }) },
  },
  {
    name: "subject_kind_page",
    code: "PTAR_DOCUMENT_INVALID",
    spec: "08-manifest.md#subject",
    comment: "a subject of kind page",
    plan: empty,
    tamper: { subject: (plain) => ({ ...plain, kind: "page" }) },
  },
  {
    name: "subject_kind_other",
    code: "PTAR_OBJECT_MISSING",
    spec: "08-manifest.md#subject",
    comment: "the id of a catalogue with kind inventory",
    plan: empty,
    tamper: { subject: (plain) => ({ ...plain, kind: "inventory" }) },
  },
  {
    name: "subject_object_missing",
    code: "PTAR_OBJECT_MISSING",
    spec: "08-manifest.md#subject",
    comment: "the catalogue is nowhere",
    plan: catalogue,
    tamper: { drop: (kind) => kind === "catalogue" },
  },
  {
    name: "subject_locations_missing",
    code: "PTAR_OBJECT_MISSING",
    spec: "15-repository.md#index",
    comment: "locations that the catalogue names are nowhere",
    plan: catalogue,
    tamper: { drop: (kind) => kind === "locations" },
  },
  {
    name: "subject_holdings_missing",
    code: "PTAR_OBJECT_MISSING",
    spec: "16-transfer.md#have-list",
    comment: "pages that the inventory names are nowhere",
    plan: inventory,
    tamper: { drop: (kind) => kind === "holdings" },
  },
  {
    name: "catalogue_members_foreign",
    code: "PTAR_DOCUMENT_INVALID",
    spec: "15-repository.md#index",
    comment: "a foreign member of a catalogue",
    plan: catalogue,
    tamper: members(() => ({ note: "x" })),
  },
  {
    name: "catalogue_extension_critical",
    code: "PTAR_UNSUPPORTED_EXTENSION",
    spec: "15-repository.md#index",
    comment: "a critical extension of a catalogue",
    plan: catalogue,
    tamper: members(() => ({ ext: critical })),
  },
  {
    name: "inventory_extension_critical",
    code: "PTAR_UNSUPPORTED_EXTENSION",
    spec: "16-transfer.md#have-list",
    comment: "a critical extension of an inventory",
    plan: inventory,
    tamper: { inventory: (document) => ({ ...document, ext: critical }) },
  },
  {
    name: "inventory_salt_long",
    code: "PTAR_DOCUMENT_INVALID",
    spec: "16-transfer.md#have-list",
    comment: "a salt of 32 bytes",
    plan: inventory,
    tamper: { inventory: (document) => ({ ...document, salt: nowhere.id }) },
  },
].map((vector) => ({ level: "standard", ...vector }));

export const subject = { valid, invalid: [...ofSubject, ...ofCatalogue, ...ofInventory] };
