// Writes test-vectors/: archives, index.json, keys, chunker cuts. `--check` writes nothing and fails on any difference.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { verifyArchive } from "../../dist/archive/verify.js";
import { MemoryReader } from "../../dist/connectors/memory/reader.js";
import { errorCodes } from "../../dist/errors/codes.js";
import { loadNativeCodecs } from "../../dist/native/codecs.js";
import { nativeCrypto } from "../../dist/native/crypto.js";
import { ageKeyFiles, identities, passphrases } from "./age.mjs";
import { buildArchive } from "./archive.mjs";
import { hex, sha256, utf8 } from "./bytes.mjs";
import { chunkerFiles } from "./chunker.mjs";
import { keyFiles, trust } from "./keys.mjs";
import { block } from "./vectors/block.mjs";
import { document } from "./vectors/document.mjs";
import { encryption } from "./vectors/encryption.mjs";
import { entry } from "./vectors/entry.mjs";
import { facts } from "./vectors/facts.mjs";
import { frame } from "./vectors/frame.mjs";
import { frameTable } from "./vectors/frame-table.mjs";
import { keysFrame } from "./vectors/keys-frame.mjs";
import { object } from "./vectors/object.mjs";
import { order } from "./vectors/order.mjs";
import { page } from "./vectors/page.mjs";
import { sealedFrame } from "./vectors/sealed-frame.mjs";
import { snapshot } from "./vectors/snapshot.mjs";
import { statement } from "./vectors/statement.mjs";
import { subject } from "./vectors/subject.mjs";
import { thin } from "./vectors/thin.mjs";
import { treeOrder } from "./vectors/tree-order.mjs";
import { valid } from "./vectors/valid.mjs";
import { validFacts } from "./vectors/valid-facts.mjs";

const root = join(import.meta.dirname, "..");
const classes = { 3: "incomplete", 4: "integrity", 5: "signature", 6: "trust", 7: "not-found", 8: "key", 9: "refused", 10: "unsupported" };
const engine = { crypto: nativeCrypto, codecs: await loadNativeCodecs() };

const files = new Map(Object.entries({ ...keyFiles(), ...ageKeyFiles(), ...chunkerFiles() }));
const rows = [];
for (const vector of [...valid, ...validFacts, ...subject.valid, ...thin.valid]) add(vector, buildArchive(vector.plan, vector.tamper));
/** Sound plans, and for each the keys that it was read with. */
const sound = new Map();
const sealed = [...encryption, ...keysFrame, ...sealedFrame];
const repositories = [...subject.invalid, ...thin.invalid];
for (const vector of [
  ...frame,
  ...frameTable,
  ...block,
  ...object,
  ...document,
  ...entry,
  ...page,
  ...snapshot,
  ...statement,
  ...facts,
  ...order,
  ...treeOrder,
  ...sealed,
  ...repositories,
]) {
  const bytes = vector.raw?.() ?? buildArchive(vector.plan, vector.tamper);
  if (vector.plan !== undefined) await requireSoundTwin(vector, bytes);
  add(vector, bytes);
}
files.set("index.json", utf8(`${JSON.stringify(rows, undefined, 2)}\n`));
process.exitCode = process.argv.includes("--check") ? compare() : write();

/**
 * The archive that a vector tampers with must be valid: otherwise the vector shows something else than it says. A vector that is
 * not tampered with breaks a rule as a whole: its archive must have the problem that it names and no other.
 */
async function requireSoundTwin({ name, plan, tamper, code, expectFingerprint, flags = [], ...vector }, bytes) {
  const twin = buildArchive(plan);
  if ((tamper === undefined) !== twin.equals(bytes)) throw new Error(`${name}: tampering changes nothing`);
  // a key that does not fit shows nothing of a sound archive
  const key = vector.soundKey === undefined ? vector.key : vector.soundKey;
  const readers = sound.get(plan) ?? new Set();
  if (readers.has(JSON.stringify(key)) && tamper !== undefined) return;
  const allowUnsigned = flags.includes("allow-unsigned");
  const report = await verifyArchive(new MemoryReader(twin), { engine, trust, level: "deep", allowUnsigned, ...(key && { keys: ringOf(key) }) });
  const problems = [...report.integrity.problems, ...report.contents.problems, ...report.signature.problems];
  const expected = tamper !== undefined || expectFingerprint !== undefined ? "" : (code ?? "");
  if (problems.map((problem) => problem.code).join() !== expected) throw new Error(`${name}: its twin is not valid: ${JSON.stringify(problems)}`);
  if (expected === "") sound.set(plan, readers.add(JSON.stringify(key)));
}

/** What a reader has who was given this key of the vectors. */
function ringOf({ identity, passphrase }) {
  if (identity !== undefined) return { identities: [identities[identity].text] };
  return { identities: [], passphrase: async () => passphrases[passphrase] };
}

function add(vector, bytes) {
  const { name, code = null, spec, comment, level = "full", key } = vector;
  const flags = [...(vector.flags ?? []), ...(key === undefined ? [] : ["encryption"])];
  if (rows.some((row) => row.name === name)) throw new Error(`${name}: two vectors have this name`);
  const file = vector.file ?? `${/^\d\d-([a-z]+)/.exec(spec)[1]}/${name}.ptar`;
  const expect = vector.expect ?? (code === null ? "ok" : classes[errorCodes[code].exit]);
  const fingerprint = code === null ? { fingerprint: fingerprintOf(bytes) } : {};
  const wanted = vector.expectFingerprint === "own" ? fingerprintOf(bytes) : vector.expectFingerprint;
  rows.push({
    name,
    file,
    expect,
    code,
    spec,
    comment,
    level,
    flags,
    ...(key && { key }),
    ...fingerprint,
    ...(wanted && { expectFingerprint: wanted }),
  });
  const known = files.get(file);
  if (known !== undefined && !known.equals(bytes)) throw new Error(`${name}: ${file} is there with other bytes`);
  files.set(file, bytes);
}

/** SHA-256 of the manifest that the last trailer leads to. */
function fingerprintOf(bytes) {
  const at = Number(bytes.readBigUInt64LE(bytes.length - 80));
  return hex(sha256(bytes.subarray(at + 24, at + 24 + Number(bytes.readBigUInt64LE(at + 8)))));
}

function made() {
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, "/"))
    .filter((path) => /\.ptar$|^(keys|chunker)\/|^index\.json$/.test(path));
}

function compare() {
  const differing = [...files]
    .filter(([path, bytes]) => !existsSync(join(root, path)) || !readFileSync(join(root, path)).equals(bytes))
    .map(([path]) => path);
  const stray = made().filter((path) => !files.has(path));
  for (const path of differing) console.error(`test-vectors: ${path} differs from what the generators give`);
  for (const path of stray) console.error(`test-vectors: ${path} is made by no generator`);
  if (differing.length + stray.length > 0) return 1;
  console.log(`test-vectors: ${rows.length} vectors, ${files.size} files, as the generators give them`);
  return 0;
}

function write() {
  for (const path of made()) if (!files.has(path)) rmSync(join(root, path));
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), bytes);
  }
  const bad = rows.filter(({ code }) => code !== null).length;
  console.log(`test-vectors: wrote ${rows.length} vectors, ${bad} of them invalid`);
  return 0;
}
