// Memory and time of the index of a repository in memory: built of sections of 16,384 rows, looked up, written to a cache and opened from it, plain
// and sealed, each number of rows in a process of its own: `npm run build && node bench/micro/pack-index.mjs [ROWS...]`
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderIndexCache } from "../../dist/connectors/node/index-cache.js";
import { nativeCrypto as crypto } from "../../dist/native/crypto.js";
import { readIndexCache, writeIndexCache } from "../../dist/repository/index-cache.js";
import { PackIndex } from "../../dist/repository/pack-index.js";

const perSection = 16_384;
const lookups = 1_000_000;
const repository = { id: new Uint8Array(32).fill(7), crypto };
const sealed = { ...repository, secret: new Uint8Array(32).fill(9) };
const [mode, folder, rowCount] = process.argv.slice(2);

if (mode === "build" || mode === "open") await (mode === "build" ? build : open)(folder, Number(rowCount));
else {
  const sizes = process.argv.length > 2 ? process.argv.slice(2) : ["100000", "1000000", "10000000"];
  console.log(`node ${process.version}; resident memory of the process, Node's own ${megabytes(resident())} of it`);
  for (const rows of sizes) measure(rows);
}

function measure(rows) {
  const own = mkdtempSync(join(tmpdir(), "ptar-index-"));
  try {
    console.log(`\n${rows} rows`);
    for (const step of ["build", "open"]) execFileSync(process.execPath, [import.meta.filename, step, own, rows], { stdio: "inherit" });
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

async function build(own, rows) {
  const ids = openSync(join(own, "ids"), "w");
  const index = new PackIndex();
  let spent = 0;
  let peak = 0;
  for (let at = 0; at < rows; at += perSection) {
    const section = sectionOf(at / perSection, Math.min(perSection, rows - at));
    writeSync(ids, section.rows, 0, 32);
    const start = performance.now();
    index.add(section, repository.id);
    spent += performance.now() - start;
    peak = Math.max(peak, resident());
  }
  closeSync(ids);
  index.note({ name: repository.id, supersedes: [] });
  line("build", `${spent.toFixed(0)} ms, ${megabytes(resident())}, at most ${megabytes(peak)}`);
  lookUp("look up while in runs", index);
  for (const [name, owner] of [
    ["plain", repository],
    ["sealed", sealed],
  ]) {
    const start = performance.now();
    await writeIndexCache(folderIndexCache(join(own, name)), index, owner);
    line(`write the cache, ${name}`, `${(performance.now() - start).toFixed(0)} ms`);
  }
  lookUp("look up in one run", index);
  line("peak of the process", megabytes(process.resourceUsage().maxRSS * 1024));
}

async function open(own) {
  for (const [name, owner] of [
    ["plain", repository],
    ["sealed", sealed],
  ]) {
    execFileSync(process.execPath, [import.meta.filename, "opened", own, name], { stdio: "inherit" });
  }
}
