// Memory and time of the index of a repository: built in memory of sections of 16,384 rows, looked up, written to a cache and opened from it, plain
// and sealed; then of a repository that has index archives of a million rows, opened for the first time and again. Each step in a process of its own:
// `npm run build && node bench/micro/pack-index.mjs [ROWS...]`. Milliseconds of CPU and of wall time.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderIndexCache } from "../../dist/connectors/node/index-cache.js";
import { folderStorage } from "../../dist/connectors/node/storage/folder-storage.js";
import { nativeCrypto as crypto } from "../../dist/native/crypto.js";
import { loadNativeEngine } from "../../dist/native/engine.js";
import { readIndexCache, writeIndexCache } from "../../dist/repository/cache/index-cache.js";
import { PackIndex } from "../../dist/repository/index/pack-index.js";
import { publishIndex } from "../../dist/repository/index/publishing.js";
import { initRepository } from "../../dist/repository/init.js";
import { Repository } from "../../dist/repository/repository.js";

const perSection = 16_384;
const perIndexArchive = 61 * perSection;
const rowLength = 48;
const lookups = 500_000;
/** Used again for each section: what the rows are made with must not be taken for memory of the index. */
const ids = new Uint32Array(8 * perSection);
const idBytes = new DataView(ids.buffer);
const keys = new Float64Array(perSection);
const plain = { id: new Uint8Array(32).fill(7), crypto };
const owners = { plain, sealed: { ...plain, secret: new Uint8Array(32).fill(9) } };
const steps = { build, open, publish, repository };
const allSteps = [["build"], ["open", "plain"], ["open", "sealed"], ["publish"], ["repository", "first"], ["repository", "again"]];

const [step, ...rest] = process.argv.slice(2);
if (step in steps) console.log(JSON.stringify({ ...(await steps[step](...rest)), peak: megabytes(process.resourceUsage().maxRSS * 1024) }));
else {
  console.log(`node ${process.version}; of the memory of each process ${megabytes(process.memoryUsage.rss())} MB are Node's own`);
  for (const rows of step === undefined ? ["100000", "1000000", "10000000"] : [step, ...rest]) measure(rows);
}

function measure(rows) {
  const folder = mkdtempSync(join(tmpdir(), "ptar-index-"));
  try {
    console.log(`\n${rows} rows`);
    for (const args of allSteps) {
      const text = execFileSync(process.execPath, [import.meta.filename, args[0], folder, rows, ...args.slice(1)], { encoding: "utf8" });
      for (const [name, figure] of Object.entries(JSON.parse(text))) console.log(`  ${args.join(" ").padEnd(16)} ${name.padEnd(24)} ${figure}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function build(folder, rows) {
  const index = new PackIndex();
  const clock = startClock();
  let generating = 0;
  for (let at = 0; at < rows; at += perSection) {
    const before = performance.now();
    const section = sectionOf(at / perSection, Math.min(perSection, rows - at));
    generating += performance.now() - before;
    index.add(section, plain.id);
  }
  index.note({ name: plain.id, supersedes: [] });
  index.has("chunk", plain.id);
  const figures = {
    "build, of it rows made": `${clock()}, ${generating.toFixed(0)}`,
    ...lookedUp(index, rows),
    resident: megabytes(process.memoryUsage.rss()),
  };
  for (const [form, owner] of Object.entries(owners)) {
    const writing = startClock();
    await writeIndexCache(folderIndexCache(join(folder, form)), index, owner);
    figures[`write the cache, ${form}`] = writing();
  }
  return figures;
}

async function open(folder, rows, form) {
  const clock = startClock();
  const index = await readIndexCache(folderIndexCache(join(folder, form)), owners[form]);
  index?.has("chunk", plain.id);
  const opened = clock();
  if (index?.size !== Number(rows)) throw new Error(`${index?.size} rows of ${rows}`);
  return { open: opened, resident: megabytes(process.memoryUsage.rss()), ...lookedUp(index, rows) };
}

/** A repository with an index of so many rows, and no packs: opening does not look at them. */
async function publish(folder, rows) {
  const storage = folderStorage(join(folder, "repository"));
  const engine = await loadNativeEngine({ workers: 0 });
  await initRepository(storage, { engine });
  const { archives } = await Repository.open(storage, { engine });
  const clock = startClock();
  for (let first = 0; first < rows; first += perIndexArchive) {
    const index = new PackIndex();
    const end = Math.min(rows, first + perIndexArchive);
    for (let at = first; at < end; at += perSection) index.add(sectionOf(at / perSection, Math.min(perSection, end - at)));
    await publishIndex(archives, index, { archives: index.archives(), supersedes: [] });
  }
  return { publish: clock() };
}

/** The first time there is no cache yet. */
async function repository(folder, rows, time) {
  const storage = folderStorage(join(folder, "repository"));
  const engine = await loadNativeEngine({ workers: 0 });
  const clock = startClock();
  const { index } = await Repository.open(storage, { engine, cache: folderIndexCache(join(folder, "cache")) });
  index.has("chunk", plain.id);
  const opened = clock();
  if (index.size !== Number(rows)) throw new Error(`${index.size} rows of ${rows}`);
  return { [`open ${time}`]: opened, resident: megabytes(process.memoryUsage.rss()), ...lookedUp(index, rows) };
}

/** CPU time of one lookup, among ids in no order; making the id is in it. */
function lookedUp(index, rows) {
  const figures = {};
  for (const [name, first] of [
    ["hit", 0],
    ["miss", Number(rows)],
  ]) {
    const id = new Uint8Array(32);
    const words = new Uint32Array(id.buffer);
    let found = 0;
    const start = process.cpuUsage();
    for (let i = 0; i < lookups; i++) {
      setId(words, first + ((i * 7_368_787) % rows));
      if (index.find("chunk", id) !== undefined) found++;
    }
    const { user, system } = process.cpuUsage(start);
    if (found !== (name === "hit" ? lookups : 0)) throw new Error(`${found} of ${lookups} ids found: ${name}`);
    figures[`${name}, µs`] = ((user + system) / lookups).toFixed(2);
  }
  return figures;
}

function sectionOf(number, count) {
  // the first 4 bytes tell nearly all ids apart, and their number fits behind them
  const order = keys.subarray(0, count);
  for (let i = 0; i < count; i++) {
    setId(ids, number * perSection + i, 8 * i);
    order[i] = idBytes.getUint32(32 * i) * perSection + i;
  }
  order.sort();
  const rows = new Uint8Array(rowLength * count);
  const words = new Uint32Array(rows.buffer);
  for (let i = 0; i < count; i++) {
    const from = 8 * (order[i] % perSection);
    const to = (rowLength / 4) * i;
    for (let k = 0; k < 8; k++) words[to + k] = ids[from + k];
    words[to + 8] = 1 + (i >> 8);
    words[to + 10] = i & 255;
    rows[rowLength * i + 44] = 1;
  }
  const name = new Uint8Array(ids.buffer.slice(0, 32));
  return { archive: { name, fingerprint: name, length: rows.length, place: "packs" }, rows };
}

/** The id of object `i`, from word `at` on: two different ones begin differently. */
function setId(words, i, at = 0) {
  let state = Math.imul(i + 1, 2654435761);
  for (let k = 0; k < 8; k++) {
    words[at + k] = state;
    state = Math.imul(state ^ (state >>> 15), 2246822519) + k;
  }
}

function startClock() {
  const [wall, cpu] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return `${((user + system) / 1000).toFixed(0)} (${(performance.now() - wall).toFixed(0)})`;
  };
}

function megabytes(bytes) {
  return Math.round(bytes / 1e6);
}
