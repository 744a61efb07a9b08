// A described archive into bytes. `tamper` holds functions that change one thing on the way: what is built after it is hashed and
// signed over the change, so that only the check of that one thing can fail. What it does to a generation, it does to `generation`, the last where
// nothing is said, or `per` number to several. spec/02-container.md#grammar
import { aboutText } from "../../dist/format/about.js";
import { frameTypes } from "../../dist/format/frame.js";
import { encodeFrameTable, encodeFrameTablePage } from "../../dist/format/frame-table.js";
import { encodeTrailer } from "../../dist/format/trailer.js";
import { CompactRange } from "../../dist/merkle/tree.js";
import { bytesOf, crypto, hex, sha256 } from "./bytes.mjs";
import { keys } from "./keys.mjs";
import { Objects } from "./objects.mjs";
import { Sealer } from "./sealed.mjs";
import { changed, signBody, time, writeSnapshot } from "./snapshot.mjs";
import { writeSubject } from "./subject.mjs";
import { Units } from "./units.mjs";

export const archiveId = Buffer.alloc(32, 0xa1);
const authors = [[keys.alice, "author"]];

/** A description of an archive with one generation. */
export const one = (nodes, more = {}) => ({ generations: [{ snapshots: [{ nodes }], ...more }] });

/** The bytes of the archive that `plan` describes. */
export function buildArchive(plan, tamper = {}) {
  const id = plan.archiveId ?? archiveId;
  const sealer = plan.sealed && new Sealer(id, plan.sealed);
  const { for: wrapped = [] } = plan.sealed ?? {};
  const state = { units: new Units(sealer), id, sealed: plan.sealed !== undefined, wrapped, known: new Set(), index: [], snapshots: [], trailer: 0 };
  state.units.header({ sealed: state.sealed, thin: plan.thin ?? false, archiveId: id }, tamper);
  const target = tamper.generation ?? plan.generations.length;
  for (const [i, generation] of plan.generations.entries()) {
    const mine = tamper.per === undefined ? (i + 1 === target ? tamper : {}) : (tamper.per[i + 1] ?? {});
    state.units.tamper = mine;
    writeGeneration(state, generation, { tamper: mine, number: i + 1 });
    for (const [sequence, tail] of (generation.tails ?? []).entries())
      writeTail(state, tail, { tamper: mine, number: i + 1, sequence: sequence + 1 });
  }
  const bytes = state.units.bytes();
  return tamper.bytes?.(bytes, state.units.list) ?? bytes;
}

function writeGeneration(state, generation, { tamper, number }) {
  const { units } = state;
  const extra = { ...generation.extra, ...tamper.extra };
  const signers = tamper.signers ?? generation.signers ?? authors;
  const step = (name, write) => {
    const result = tamper.skip === name ? undefined : write();
    for (const [type, subject] of extra[name] ?? []) units.add(type, subject);
    return result;
  };
  const objects = new Objects(state.known, tamper, tamper.leaveOut ?? generation.leaveOut);
  const written = (generation.snapshots ?? []).map((snapshot) => writeSnapshot(snapshot, { put: objects.put, tamper, signers }));
  const subject = generation.subject && writeSubject(generation.subject, { put: objects.put, tamper });
  for (const [kind, bytes] of tamper.objects ?? generation.objects ?? []) objects.put(kind, bytesOf(bytes));
  for (const [kind, id] of generation.wants ?? []) objects.leaveOut(kind, id);
  const first = units.next;
  if (number === 1) step("about", () => units.add("about", generation.about ?? aboutText));
  step("session", () => units.add("session", state.sealed ? undefined : (tamper.session?.(Buffer.alloc(96)) ?? Buffer.alloc(96))));
  step("keys", () => {
    const wraps = generation.keys ?? (number === 1 ? state.wrapped : []);
    for (const wrap of tamper.keys?.(wraps) ?? wraps) units.add("keys", wrap);
  });
  step("data", () => objects.write(units, "data", { perBlock: generation.chunksPerBlock, pack: generation.pack }));
  step("meta", () => objects.write(units, "meta", { perBlock: generation.metaPerBlock, pack: generation.packMeta }));
  const index = step("index", () => objects.writeIndex(units, generation.rowsPerPage));
  state.index.push({ first: number, frame: index.frame, last: number, rows: index.rows });
  state.snapshots.push(...written.map(({ row }) => row));
  const claims = claimsOf(state, { number, signers, written });
  const found = { index: [...state.index], snapshots: [...state.snapshots], ...(subject && { subject }) };
  const sealed = state.sealed ? (step("sealedManifest", () => writeSealedManifest(state, { ...claims, ...found }, tamper)) ?? index.frame) : null;
  const table = step("table", () => writeTable(state, generation, tamper));
  const before = { size: units.next, root: hex(tamper.manifestRoot?.(units.list) ?? units.range.root()) };
  const encryption = state.sealed ? encryptionOf(units.list.slice(first)) : null;
  const document = {
    ...claims,
    format: "ptar1",
    prev: state.last?.prev ?? null,
    tree: before,
    frameTable: table.frame,
    ...(state.sealed ? { index: [], snapshots: [] } : found),
    encryption,
    sealed: sealed && { frame: sealed },
    requires: [],
    writer: { name: "vectors", version: "1" },
    ...generation.manifest,
  };
  const payload = changed(tamper, "manifest", document);
  const nodes = units.range.nodes();
  const manifestOffset = units.offset;
  step("manifest", () => units.add("manifest", payload));
  state.last = { first: before.size, nodes, digest: hex(sha256(payload)), prev: { manifest: hex(sha256(payload)), ...before } };
  const tree = { size: units.next, root: hex(units.range.root()) };
  const statements = signers.map(([signer, role, claimed]) => archiveStatement(state, { signer, role, claimed, tree, number, tamper }));
  step("statements", () => {
    for (const statement of tamper.statements?.(statements) ?? statements) units.add("statement", statement);
  });
  writeTrailer(state, { manifestOffset, frameTableOffset: table.offset, generation: number, sequence: 0 }, tamper.trailer);
}

/** What clear and sealed manifest both say. */
function claimsOf({ id }, { number, signers, written }) {
  return {
    archiveId: hex(id),
    generation: number,
    createdAt: time,
    signers: signers.map(([{ publicKey }]) => hex(publicKey)),
    complete: written.every(({ complete }) => complete),
    ext: [],
  };
}

/** spec/14-encryption.md#sealed-manifest */
function writeSealedManifest({ units }, claims, tamper) {
  const tree = { size: units.next, root: hex(units.range.root()) };
  return units.add("sealedManifest", changed(tamper, "sealedManifest", { type: "sealed-manifest", ...claims, tree }));
}

/** spec/14-encryption.md#manifest */
function encryptionOf(units) {
  const numbers = (wanted) => units.filter(({ type }) => type === wanted).map(({ number }) => number);
  return { keys: numbers(frameTypes.keys), sessions: numbers(frameTypes.session), suite: "aes-256-gcm" };
}

/** spec/02-container.md#frame-table */
function writeTable(state, { unitsPerPage = 65536 }, tamper) {
  const { units } = state;
  const firstUnit = state.last?.first ?? 0;
  const pages = [];
  let paged = firstUnit;
  // one more than there are, so that the last page takes what would stand inline
  const end = units.next + (tamper.pageEverything ? 1 : 0);
  // rows of the pages' own frames stand inline
  while (end - paged > unitsPerPage) {
    const rows = units.rows(paged).slice(0, unitsPerPage);
    const range = new CompactRange(crypto, paged);
    for (const { leaf } of rows) range.append(leaf);
    const payload = encodeFrameTablePage(paged, tamper.pageRows?.(rows) ?? rows);
    const frame = units.add("frameTablePage", tamper.tablePage?.(payload) ?? payload);
    pages.push({ frame, unitCount: rows.length, nodes: range.nodes() });
    paged += rows.length;
  }
  const offset = units.offset;
  const plain = { firstUnit, unitCount: units.next - firstUnit, nodes: state.last?.nodes ?? [], pages, rows: units.rows(paged) };
  const payload = encodeFrameTable(tamper.table?.(plain) ?? plain);
  return { offset, frame: units.add("frameTable", tamper.tableBytes?.(payload) ?? payload) };
}

/** spec/08-manifest.md#statement */
function archiveStatement(state, { signer, role, claimed = {}, tree, number, tamper }) {
  const body = {
    type: "archive",
    action: "created",
    role,
    archiveId: hex(state.id),
    generation: number,
    manifest: state.last.digest,
    tree,
    publicKey: hex(signer.publicKey),
    time,
    ext: [],
    ...claimed,
  };
  return signBody(tamper.statement?.(body) ?? body, signer, tamper);
}

/** A tail: frames (`[type, subject]`, or `["statement", signer, role, claimed]`) and a trailer. */
function writeTail(state, tail, { tamper, number, sequence }) {
  const { units } = state;
  for (const [type, subject, role, claimed] of tamper.tail ?? tail) {
    if (type !== "statement") {
      units.add(type, subject);
      continue;
    }
    const tree = { size: units.next, root: hex(units.range.root()) };
    units.add("statement", archiveStatement(state, { signer: subject, role, claimed, tree, number, tamper: { statement: tamper.tailStatement } }));
  }
  const { manifestOffset, frameTableOffset } = state.place;
  writeTrailer(state, { manifestOffset, frameTableOffset, generation: number, sequence }, tamper.tailTrailer);
}

/** spec/02-container.md#trailer */
function writeTrailer(state, place, change) {
  const { units } = state;
  const plain = { ...place, previousTrailerOffset: state.trailer, totalLength: units.offset + 104 };
  state.place = place;
  state.trailer = units.offset;
  const payload = encodeTrailer({ ...plain, ...change?.(plain, units) });
  units.add("trailer", payload);
}
