// Runs each test once as it is, then again under each mutant alive that it can notice. Loading the modules took most of the time.
import { appendFileSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import { join, relative } from "node:path";
import { Worker } from "node:worker_threads";
import { TestRunner } from "vitest";
import { getFn, getHooks } from "vitest/suite";
import { makeSwitch } from "./switch.mjs";

const { folder, one, longest, budget } = JSON.parse(process.env.PTAR_MUTATION);
const { count } = JSON.parse(readFileSync(join(folder, "count.json"), "utf8"));
const linesOf = (name) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8").trim().split("\n") : []);
const note = (name, value) => appendFileSync(join(folder, name), `${JSON.stringify(value)}\n`);

globalThis.__mutation = makeSwitch(count);
// a mutant of what runs when a module is loaded must be on by then
if (one !== undefined) globalThis.__mutation.set(one);
const { hits } = globalThis.__mutation;

/** Which mutant is on, for whoever finds this process dead; until when it may be and which it is, for the watchdog. */
let current;
const state = new BigInt64Array(new SharedArrayBuffer(16));

export default class MutationRunner extends TestRunner {
  #file = "";
  #alive = new Uint8Array(count);
  /** Who can be noticed outside of tests; and in tests that take long or cannot be repeated. */
  #outside = new Set();
  #untried = new Set();
  /** Tests that an earlier process finished, which died of a mutant. */
  #tested = new Set();
  #took = 0;
  /** How long each mutant was tried by the files before this one and by this one, ms. */
  #spent = new Float64Array(count);
  #now = new Map();

  onCollected(files) {
    this.#file = relative(process.cwd(), files[0].filepath);
    if (one !== undefined) return;
    current = openSync(join(folder, `current ${this.#file.replaceAll("/", " ")}`), "w+");
    const gone = linesOf("killed").map((line) => JSON.parse(line));
    const unclear = linesOf("unclear")
      .map((line) => JSON.parse(line))
      .filter(({ file }) => file === this.#file);
    this.#alive.fill(1);
    for (const { id } of [...gone, ...unclear]) this.#alive[id] = 0;
    for (const { id } of unclear) this.#outside.add(id);
    for (const { spent } of linesOf("done").map((line) => JSON.parse(line))) for (const [id, ms] of spent) this.#spent[id] += ms;
    for (const { id, untried } of linesOf("tested")
      .map((line) => JSON.parse(line))
      .filter(({ file }) => file === this.#file)) {
      this.#tested.add(id);
      for (const mutant of untried) this.#untried.add(mutant);
    }
    new Worker(new URL("watchdog.mjs", import.meta.url), { workerData: { state, killed: join(folder, "killed"), file: this.#file } }).unref();
  }

  async runTask(test) {
    if (one !== undefined) return getFn(test)();
    if (this.#tested.has(test.id)) return;
    this.#takeOutside();
    const begun = performance.now();
    await getFn(test)();
    const took = performance.now() - begun;
    this.#took += took;
    const noticed = this.#noticed();
    if (noticed.length === 0) return;
    const repeats = took <= longest && (await this.#passes(test, 0, took));
    if (repeats) for (const id of noticed) await this.#try(test, id, took);
    else for (const id of noticed) this.#untried.add(id);
    note("tested", { file: this.#file, id: test.id, untried: repeats ? [] : noticed });
    hits.fill(0);
  }

  async #try(test, id, took) {
    const spent = this.#now.get(id) ?? 0;
    if (this.#spent[id] + spent > budget) return;
    this.#now.set(id, spent + took);
    if (await this.#passes(test, id, took)) return;
    if (await this.#passes(test, 0, took)) {
      this.#alive[id] = 0;
      return note("killed", { id, file: this.#file, test: test.name });
    }
    // it left something behind: a process of its own must tell
    note("unclear", { id, file: this.#file });
    process.kill(process.pid, "SIGKILL");
  }

  async #passes(test, id, took) {
    const patience = 1000 + 5 * took;
    writeSync(current, String(id).padEnd(8), 0);
    state[1] = BigInt(id);
    state[0] = BigInt(Math.round(Date.now() + 1.5 * patience));
    globalThis.__mutation.set(id);
    let timer;
    try {
      const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error("too late")), patience);
      });
      await Promise.race([again(test), late]);
      return true;
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
      globalThis.__mutation.set(0);
      state[0] = 0n;
      writeSync(current, "0".padEnd(8), 0);
    }
  }

  onAfterRunFiles() {
    super.onAfterRunFiles?.();
    if (one !== undefined) return;
    this.#takeOutside();
    const spent = Array.from(this.#now, ([id, ms]) => [id, Math.ceil(ms)]);
    note("done", { file: this.#file, ms: Math.round(this.#took), outside: [...this.#outside], untried: [...this.#untried], spent });
  }

  #noticed() {
    const ids = [];
    for (let id = 1; id < count; id++) if (hits[id] === 1 && this.#alive[id] === 1) ids.push(id);
    return ids;
  }

  #takeOutside() {
    for (let id = 1; id < count; id++) if (hits[id] === 1) this.#outside.add(id);
    hits.fill(0);
  }
}

/** Runs a test again, with the hooks around it. */
async function again(test) {
  const suites = [];
  for (let suite = test.suite ?? test.file; suite; suite = suite.suite ?? (suite.file === suite ? undefined : suite.file)) suites.unshift(suite);
  const undo = [];
  for (const suite of suites) for (const hook of getHooks(suite).beforeEach) undo.unshift(await hook(test.context, suite));
  const finished = test.onFinished;
  test.onFinished = undefined;
  try {
    await getFn(test)();
  } finally {
    for (const suite of suites.toReversed()) for (const hook of getHooks(suite).afterEach) await hook(test.context, suite);
    for (const one of [...undo, ...(test.onFinished ?? [])]) if (typeof one === "function") await one(test.context);
    test.onFinished = finished;
  }
}
