// What a reader of the worked example computes on its way, in the order of chapter 10 and with nothing of src/. spec/10-verify.md#order
import { createHash } from "node:crypto";
import { littleEndian } from "./fields.mjs";

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const label = (text) => Buffer.from(text.padEnd(16, "\0"));
const u32 = (value) => Buffer.from([value, value >> 8, value >> 16, value >> 24]);
const shown = (bytes) => `\`${bytes.toString("hex")}\``;
const documentOf = (bytes) => JSON.parse(bytes.toString("utf8"));

/** Labels of the ids of objects by kind. spec/04-object.md#kinds */
const idLabels = { 3: "ptar1/page", 4: "ptar1/content", 5: "ptar1/snapshot", 6: "ptar1/statement" };

/** The archive as the steps see it. */
export function archiveOf(bytes, units) {
  const frames = Object.fromEntries(units.slice(1).map((unit, i) => [unit.type, { ...unit, number: i + 1 }]));
  const leaves = units.map(({ offset, covered }) => sha256(Uint8Array.of(0), bytes.subarray(offset, covered)));
  const objects = [frames.BLOCK_DATA, frames.BLOCK_META].flatMap(objectsIn);
  return { bytes, units, frames, leaves, objects, manifest: documentOf(frames.MANIFEST.payload) };
}

// spec/03-block.md#block
function objectsIn({ payload, offset, number }) {
  const count = littleEndian(payload.subarray(4, 8));
  let at = 16 + 4 * count;
  return Array.from({ length: count }, (_, ordinal) => {
    const word = payload.subarray(16 + 4 * ordinal, 20 + 4 * ordinal);
    const [kind, length] = [word[3], littleEndian(word.subarray(0, 3))];
    const bytes = payload.subarray(at, at + length);
    at += length;
    const id = kind === 1 ? sha256(bytes) : sha256(label(idLabels[kind]), bytes);
    return { kind, frame: number, ordinal, offset: offset + 24 + at - length, bytes, id };
  });
}

/** Header and trailers. Here and below a row is a name, its value, and how it comes about. */
export function startSteps({ bytes, units, frames }) {
  const inTrailer = (at) => littleEndian(frames.TRAILER.payload.subarray(at, at + 8));
  return [
    ["header digest", shown(sha256(bytes.subarray(0, 56))), "SHA-256 of bytes 0..56"],
    ["trailer offset", frames.TRAILER.offset, "104 bytes before the end"],
    ["total length", inTrailer(24), "the length of the archive"],
    ["previous trailer offset", inTrailer(16), "none: the chain ends here"],
    ["manifest offset", inTrailer(0), `frame ${frames.MANIFEST.number} begins there, a MANIFEST`],
    ["frame table offset", inTrailer(8), `frame ${frames.FRAME_TABLE.number} begins there, a FRAME_TABLE; \`frameTable\` of the manifest`],
    ["units", units.length, "the header, the frames of the table's rows, and those after them up to the trailer"],
  ];
}

// spec/02-container.md#merkle
export function treeSteps({ units, frames, leaves }) {
  const table = frames.FRAME_TABLE.number;
  const leafRows = leaves.map((leaf, n) => {
    const { offset, covered } = units[n];
    return [`leaf ${n}`, shown(leaf), `SHA-256(\`00\` ‖ bytes ${offset}..${covered}); ${foundIn(n, table)}`];
  });
  const ofManifest = tree(leaves.slice(0, table + 1), "");
  const ofStatement = tree(leaves.slice(0, table + 2), "");
  ofManifest.at(-1)[2] += "; `tree.root` of the manifest";
  ofStatement.at(-1)[2] += "; `tree.root` of the archive statement";
  return [...leafRows, ...ofManifest, ofStatement.at(-1)];
}

function foundIn(n, table) {
  if (n < table) return `row ${n} of the frame table`;
  if (n === table) return "of the frame table itself";
  return n === table + 1 ? "of the manifest, in the tree of the statement only" : "in no tree until there is a next generation";
}

/** A row for each node over leaves, the root last; `what` stands before the names. */
function tree(leaves, what) {
  const rows = [];
  const nameOf = (from, end) => (end - from === 1 ? `${what}leaf ${from}` : `${what}node ${from}..${end}`);
  const node = (from, end) => {
    if (end - from === 1) return leaves[from];
    let middle = 1;
    while (middle * 2 < end - from) middle *= 2;
    middle += from;
    const hash = sha256(Uint8Array.of(1), node(from, middle), node(middle, end));
    rows.push([nameOf(from, end), shown(hash), `SHA-256(\`01\` ‖ ${nameOf(from, middle)} ‖ ${nameOf(middle, end)})`]);
    return hash;
  };
  node(0, leaves.length);
  return rows;
}

/** What is signed by the stored statement about a `subject`. spec/08-manifest.md#envelope */
export function statementSteps(subject, stored) {
  const body = stored.subarray(64);
  const type = `application/vnd.ptar.${subject}+json`;
  const head = `DSSEv1 ${type.length} ${type} ${body.length}`;
  const signed = Buffer.concat([Buffer.from(`${head} `), body]);
  return [
    [`${subject} statement: head`, `\`${head}\``, "one space and the body follow"],
    [`${subject} statement: signed length`, signed.length, "head, space and body"],
    [
      `${subject} statement: signed digest`,
      shown(sha256(signed)),
      "SHA-256 of what is signed, here to compare with; Ed25519 hashes it in its own way",
    ],
  ];
}

/** spec/04-object.md#index */
export function indexSteps({ units, frames, objects, manifest }) {
  const page = frames.INDEX_PAGE.payload;
  const rows = Array.from({ length: littleEndian(page.subarray(0, 4)) }, (_, i) => page.subarray(16 + 48 * i, 64 + 48 * i));
  const { id } = manifest.snapshots.at(-1);
  const place = rows.findIndex((row) => row.toString("hex", 0, 32) === id && row[44] === 5);
  const frame = littleEndian(rows[place].subarray(32, 40));
  const snapshot = objects.find(({ kind }) => kind === 5);
  return [
    ["snapshot id", `\`${id}\``, "the last of `snapshots` of the manifest"],
    ["index root", manifest.index[0].frame, "frame, from `index` of the manifest"],
    ["index page", littleEndian(frames.INDEX_ROOT.payload.subarray(48, 56)), "frame, from the last page row whose first key is not above (id, 5)"],
    ["index row", place, "the row of that page with the id and kind 5"],
    ["frame", frame, "from the row"],
    ["ordinal", littleEndian(rows[place].subarray(40, 44)), "from the row"],
    ["frame offset", units[frame].offset, "the end in the row before the frame's in the frame table"],
    ["object offset", snapshot.offset, "frame offset + 24 + 16 + 4 · object count + lengths of the objects with a lower ordinal"],
    ["object length", snapshot.bytes.length, "from the directory of the block"],
  ];
}

/** The entries of a tree in pre-order: path, item and store. */
function entriesOf({ objects }) {
  const named = (wanted, id) => documentOf(objects.find(({ kind, id: own }) => kind === wanted && own.toString("hex") === id).bytes);
  const [snapshot] = objects.filter(({ kind }) => kind === 5).map(({ bytes }) => documentOf(bytes));
  const { root, salt } = named(4, snapshot.content);
  const below = (page, prefix) =>
    named(3, page).entries.flatMap(({ item, store }) => {
      const path = `${prefix}${item.name}`;
      return [{ path, item, store }, ...(store.page === undefined ? [] : below(store.page, `${path}/`))];
    });
  return { salt: Buffer.from(salt, "hex"), entries: below(root, "") };
}

/** spec/06-snapshot.md#completeness, spec/05-page.md#store */
export function countSteps(archive) {
  const { entries } = entriesOf(archive);
  const inside = entries.filter(({ path }) => path.startsWith("docs/"));
  const bytes = inside.reduce((sum, { item }) => sum + (item.size ?? 0), 0);
  return [
    ["entries", entries.length, "in all pages; `items.count`, and `seen` and `stored` of `completeness`, as nothing failed or was excluded"],
    ["entries of docs", inside.length, "`entries` of the counters of `docs`"],
    ["bytes of docs", bytes, "`bytes` of the counters of `docs`"],
  ];
}

/** spec/07-item.md#leaf */
export function itemSteps(archive) {
  const { salt, entries } = entriesOf(archive);
  const leaves = [];
  const rows = entries.flatMap(({ path, item }, n) => itemRows({ path: Buffer.from(path), text: JSON.stringify(item) }, { n, salt, leaves }));
  const nodes = tree(leaves, "item ");
  nodes.at(-1)[2] += "; `items.root` of the snapshot";
  return [...rows, ...nodes];
}

function itemRows({ path, text }, { n, salt, leaves }) {
  const salt16 = sha256(label("ptar1/salt"), salt, path).subarray(0, 16);
  const head = Buffer.concat([Uint8Array.of(0), label("ptar1/item"), salt16, u32(path.length), path]);
  leaves.push(sha256(head, text));
  return [
    [`item ${n}: path`, `\`${path}\``, "names joined by `/`"],
    [`item ${n}: salt16`, shown(salt16), 'SHA-256(label("ptar1/salt") ‖ item salt ‖ path), first 16 bytes'],
    [`item ${n}: head`, shown(head), '`00` ‖ label("ptar1/item") ‖ salt16 ‖ u32 path length ‖ path'],
    [`item ${n}: item`, `\`${text}\``, "as it stands in its page"],
    [`item leaf ${n}`, shown(leaves[n]), "SHA-256(head ‖ item)"],
  ];
}

/** spec/08-manifest.md#fingerprint */
export function digestSteps({ frames }) {
  return [["manifest digest", shown(sha256(frames.MANIFEST.payload)), "SHA-256 of the payload; `manifest` of the archive statement"]];
}

/** spec/09-trust.md#keys, spec/10-verify.md#verdicts */
export function verdictSteps({ frames, manifest }) {
  const groups = sha256(frames.MANIFEST.payload).toString("hex").match(/.{4}/g).join(" ");
  // SSH writes the most significant byte first
  const wire = [Buffer.from("ssh-ed25519"), Buffer.from(manifest.signers[0], "hex")].flatMap((part) => [u32(part.length).reverse(), part]);
  const key = sha256(...wire)
    .toString("base64")
    .replace("=", "");
  return [
    ["archive fingerprint", `\`ptar1 ${groups}\``, "the manifest digest, as it is printed"],
    ["signer", `\`SHA256:${key}\``, "the SSH fingerprint of `publicKey`"],
    ["name of the signer", "`alice`", "in [`keys/trusted`](../test-vectors/keys/trusted)"],
    ["integrity", "`ok`", "verdicts of level `deep`, trusting that file"],
    ["signature", "`trusted`", "contents signed by alice, file made by alice"],
    ["time", "`claimed`", "without independent proof"],
    ["completeness", "`complete`", "nothing failed, nothing is unstable"],
    ["custody", "`none`", "no statement of a custodian"],
    ["exit", 0, "[`ok`](10-verify.md#codes)"],
  ];
}
