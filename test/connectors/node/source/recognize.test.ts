// What a source does with entries that its caller recognizes.
import { execFileSync } from "node:child_process";
import { existsSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { breathingSource } from "../../../../src/cli/breathe.js";
import { tellingLeftOut } from "../../../../src/cli/left-out.js";
import type { Notes } from "../../../../src/cli/ui/notes.js";
import type { MemoryTree } from "../../../../src/connectors/memory/tree.js";
import { type FilesSourceOptions, filesSource } from "../../../../src/connectors/node/source/files-source.js";
import type { FileNumbers, Glance, Recognize, Source, SourceEvent } from "../../../../src/tree/source.js";
import { putTree } from "../../disk-tree.js";
import { newFolder } from "../../folder.js";
import { needs } from "../../programs.js";
import { linesOf } from "../../source-conformance.js";
import { standIn } from "../stand-in.js";

const root = newFolder();
let count = 0;
let folder: string;

beforeEach(() => {
  folder = join(root, String(count++), "tree");
  mkdirSync(folder, { recursive: true });
  const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`f${String(i).padStart(4, "0")}`, ""]));
  putTree(folder, { a: "a", d: { type: "directory", children: { b: "b", ...many } }, z: "z" });
});
afterEach(() => vi.unstubAllEnvs());

const same = { bytes: new Uint8Array(), itemEnd: 0 };
const nameOf = (event: SourceEvent) => ("name" in event ? Buffer.from(event.name).toString() : "");

/** Recognizes all entries but these; what it was shown. */
function recognizing(...others: readonly string[]): { readonly shown: SourceEvent[]; readonly recognize: Recognize } {
  const shown: SourceEvent[] = [];
  const recognize: Recognize = async (events) => {
    shown.push(...events);
    return events.map((event) => ("name" in event && !others.includes(nameOf(event)) ? { ...event, same } : event));
  };
  return { shown, recognize };
}

async function walked(source: Source, recognize: Recognize): Promise<readonly SourceEvent[]> {
  const events: SourceEvent[] = [];
  for await (const run of source.walk(undefined, recognize)) events.push(...run);
  return events;
}

describe("a source of files", () => {
  it("shows each entry once, in order, before it looks at contents", async () => {
    const { shown, recognize } = recognizing("b");
    const events = await walked(filesSource(["."], { cwd: folder }), recognize);
    expect(linesOf(shown)).toEqual(linesOf(events));
    expect(events).toHaveLength(3005);
    expect(shown.filter((event) => "content" in event)).toEqual([]);
    expect(events.flatMap((event) => ("content" in event ? [nameOf(event)] : []))).toEqual(["b"]);
    expect(events.flatMap((event) => ("name" in event && !("same" in event) ? [nameOf(event)] : []))).toEqual(["b"]);
  });

  it.runIf(process.platform === "linux" && needs("getfattr") && needs("setfattr"))("asks about the others alone", async () => {
    execFileSync("setfattr", ["-n", "user.x", "-v", "1", join(folder, "d/b"), join(folder, "z")]);
    const log = join(folder, "../log");
    standIn(join(folder, "../bin"), "getfattr", `echo >> "${log}"\nexec "$REAL" "$@"`);
    await walked(filesSource(["."], { cwd: folder }), recognizing().recognize);
    expect(existsSync(log)).toBe(false);
    const events = await walked(filesSource(["."], { cwd: folder }), recognizing("b").recognize);
    expect(readFileSync(log, "utf8")).toBe("\n");
    const withXattrs = events.filter((event) => "item" in event && event.item.xattrs !== undefined);
    expect(withXattrs.map(nameOf)).toEqual(["b"]);
  });

  it.runIf(process.platform === "linux" && needs("getfattr"))(
    "asks about few among many in one go, and lets others do something meanwhile",
    async () => {
      const log = join(folder, "../log");
      standIn(join(folder, "../bin"), "getfattr", `echo >> "${log}"\nexec "$REAL" "$@"`);
      const { recognize } = recognizing("f0000", "f1500", "f2990");
      let [turns, before] = [0, 0];
      const turning = setInterval(() => turns++, 1);
      try {
        const slow: Recognize = (events) => {
          before = turns;
          for (const until = performance.now() + 120; performance.now() < until; );
          return recognize(events);
        };
        const events = await walked(filesSource(["."], { cwd: folder }), slow);
        expect(events).toHaveLength(3005);
      } finally {
        clearInterval(turning);
      }
      expect(readFileSync(log, "utf8")).toBe("\n");
      expect(before).toBeGreaterThan(0);
    },
  );

  it("passes on what the recognizing throws", async () => {
    const recognize = () => Promise.reject(new Error("no page"));
    await expect(walked(filesSource(["."], { cwd: folder }), recognize)).rejects.toThrow("no page");
  });
});

/** Takes entries up to this one, and reads before each directory. */
class FakeGlance implements Glance {
  state: Glance["state"] = "unread";
  readonly taken: string[] = [];
  reads = 0;
  /** Names that were shown with numbers, and whether they are taken so. */
  readonly files: string[] = [];
  byNumbers = true;
  /** Descriptors that are open, at most and when something was shown last. */
  descriptors = 0;
  last = 0;
  readonly #until: string;

  constructor(until: string) {
    this.#until = until;
  }

  async read(): Promise<void> {
    this.reads++;
    this.state = "open";
  }

  takesFile(name: string, _facts: FileNumbers): boolean {
    this.files.push(name);
    this.#count();
    return this.byNumbers && name !== this.#until && this.#take(name, "open");
  }

  takes(event: Parameters<Glance["takes"]>[0]): boolean {
    this.#count();
    return this.#take(nameOf(event), event.kind === "enter" ? "unread" : "open");
  }

  leaves(): boolean {
    return this.#take("leave", "open");
  }

  #count(): void {
    if (process.platform !== "linux") return;
    this.last = readdirSync("/proc/self/fd").length;
    this.descriptors = Math.max(this.descriptors, this.last);
  }

  #take(what: string, next: Glance["state"]): boolean {
    expect(this.state).toBe("open");
    const isTaken = what !== this.#until;
    if (isTaken) this.taken.push(what);
    this.state = isTaken ? next : "over";
    return isTaken;
  }
}

describe("a glance at a source of files", () => {
  async function glanced(until: string, options: FilesSourceOptions = {}) {
    const { shown, recognize } = recognizing();
    const glance = new FakeGlance(until);
    const events = await walked(filesSource(["."], { cwd: folder, ...options }), Object.assign(recognize, { glance }));
    const lines = events.map((event) => nameOf(event) || event.kind);
    return { glance, shown, events, lines };
  }

  it("takes all, and nothing is reported or shown", async () => {
    const { glance, shown, events } = await glanced("nothing");
    expect([events, shown]).toEqual([[], []]);
    expect(glance.taken).toHaveLength(3005);
    expect(glance.taken.slice(0, 3)).toEqual(["a", "d", "b"]);
    expect(glance.taken.slice(-2)).toEqual(["leave", "z"]);
    expect(glance.reads).toBe(2);
  });

  it.each([
    ["b", 3003],
    ["f1000", 2002],
    ["leave", 2],
    ["z", 1],
  ])("is over at %s: that and what follows is shown and reported", async (until, count) => {
    const { glance, shown, lines } = await glanced(until);
    expect(lines[0]).toBe(until);
    expect(lines).toHaveLength(count);
    expect(shown.map((event) => nameOf(event) || event.kind)).toEqual(lines);
    expect(glance.taken).toHaveLength(3005 - count);
  });

  it("is shown ordinary files by numbers first", async () => {
    const facts: FileNumbers[] = [];
    putTree(folder, { e: { type: "symlink", destination: "a" }, g: "g", ä: "ä" });
    linkSync(join(folder, "g"), join(folder, "h"));
    const glance = new FakeGlance("nothing");
    glance.takesFile = (name, numbers) => {
      glance.files.push(name);
      facts.push({ ...numbers });
      return false;
    };
    const shown: SourceEvent[] = [];
    const takes = glance.takes.bind(glance);
    glance.takes = (event) => shown.push(event) > 0 && takes(event);
    expect(await walked(filesSource(["."], { cwd: folder }), Object.assign(recognizing().recognize, { glance }))).toEqual([]);
    expect(glance.files.length).toBe(3003);
    expect(["d", "e", "g", "h", "ä"].filter((name) => glance.files.includes(name))).toEqual([]);
    expect(shown.map(nameOf)).toEqual(expect.arrayContaining(["a", "d", "b", "e", "g", "h", "ä", "z"]));
    const [first] = facts as [FileNumbers];
    const { item } = shown[0] as Extract<SourceEvent, { readonly kind: "entry" }>;
    const written = Object.entries(first).map(([key, value]) => [key, typeof value === "bigint" ? String(value) : value]);
    expect(Object.fromEntries(written)).toEqual(item);
  });

  it("is shown a name that is no text as what it is", async () => {
    putTree(folder, { ä: "one", "Ã¤": "other" });
    const glance = new FakeGlance("ä");
    const [shown] = await walked(filesSource(["."], { cwd: folder }), Object.assign(recognizing().recognize, { glance }));
    expect(shown).toMatchObject({ kind: "entry", item: { inode: String(lstatSync(join(folder, "ä"), { bigint: true }).ino) } });
    expect(glance.files).not.toContain("Ã¤");
  });

  it("is not shown by numbers, nor as a symlink, what leads to a source", async () => {
    mkdirSync(join(folder, "p"));
    symlinkSync("../d", join(folder, "p/l"));
    const glance = new FakeGlance("l");
    const [shown] = await walked(filesSource(["p/l/b"], { cwd: folder }), Object.assign(recognizing().recognize, { glance }));
    expect(shown).toMatchObject({ kind: "enter", item: { type: "directory" } });
    expect(glance.taken).toEqual(["p"]);
  });

  it("is not shown by numbers what a rule is to be asked about, or is never to be packed", async () => {
    const { dev, ino } = lstatSync(join(folder, "d/f0100"), { bigint: true });
    const { lines, glance } = await glanced("nothing", { skip: [{ dev: String(dev), inode: String(ino) }] });
    expect(lines).toEqual(["excluded"]);
    expect(glance.files).not.toContain("f0100");
    expect((await glanced("nothing", { exclude: () => false })).glance.files).toEqual([]);
    expect((await glanced("nothing", { oneFileSystem: true })).glance.files).toEqual([]);
  });

  it("is not shown what is left out, which is reported", async () => {
    const exclude = (path: Uint8Array) => ["a", "d/f0007"].includes(Buffer.from(path).toString());
    const { glance, lines } = await glanced("nothing", { exclude });
    expect(lines).toEqual(["excluded", "excluded"]);
    expect(glance.taken).toHaveLength(3003);
    expect((await glanced("f0008", { exclude })).lines.slice(0, 3)).toEqual(["excluded", "excluded", "f0008"]);
  });

  it.runIf(process.platform === "linux")("lets directories go as soon as they are left, or their next source is reached", async () => {
    const folders = Array.from({ length: 100 }, (_, i) => `x${i}`);
    putTree(folder, Object.fromEntries(folders.map((name) => [name, { type: "directory", children: { f: "" } }])));
    const before = readdirSync("/proc/self/fd").length;
    expect((await glanced("nothing")).glance.descriptors).toBeLessThan(before + 10);
    const files = filesSource(
      folders.map((name) => join(folder, name, "f")),
      {},
    );
    let deep: MemoryTree = {};
    for (let depth = 0; depth < 40; depth++) deep = { y: { type: "directory", children: deep } };
    putTree(folder, deep);
    const afterDeep = (await glanced("nothing")).glance;
    expect(afterDeep.descriptors).toBeGreaterThan(before + 40);
    expect(afterDeep.last).toBeLessThan(before + 10);
    const above = Array.from({ length: 40 }, (_, i) => `${"../".repeat(i + 1)}s${i}`);
    const below = join(folder, "y/".repeat(40));
    for (const path of above) writeFileSync(join(below, path), "");
    const aside = new FakeGlance("nothing");
    expect(await walked(filesSource(above, { cwd: below }), Object.assign(recognizing().recognize, { glance: aside }))).toEqual([]);
    expect(aside.taken).toHaveLength(40);
    expect(aside.last).toBeLessThan(before + 10);
    const glance = new FakeGlance("nothing");
    expect(await walked(files, Object.assign(recognizing().recognize, { glance }))).toEqual([]);
    expect(glance.descriptors).toBeLessThan(before + 20);
    expect(readdirSync("/proc/self/fd").length).toBe(before);
  });

  it("lets others do something now and then", async () => {
    const { recognize } = recognizing();
    const glance = new FakeGlance("nothing");
    glance.read = async () => {
      await setTimeout(120);
      glance.state = "open";
    };
    const runs: number[] = [];
    for await (const run of filesSource(["."], { cwd: folder }).walk(undefined, Object.assign(recognize, { glance }))) runs.push(run.length);
    expect(runs).toEqual([0, 0]);
  });

  it("stops on request", async () => {
    const stop = new AbortController();
    const glance = new FakeGlance("nothing");
    glance.leaves = () => {
      stop.abort();
      return true;
    };
    const walk = filesSource(["."], { cwd: folder }).walk(stop.signal, Object.assign(recognizing().recognize, { glance }));
    const all = async () => {
      for await (const run of walk) expect(run).toEqual([]);
    };
    await expect(all()).rejects.toMatchObject({ code: "PTAR_INTERRUPTED" });
  });
});

describe("a source around another one", () => {
  it.each<[string, (files: Source) => Source]>([
    ["that breathes", (files) => breathingSource(files, () => undefined)],
    ["that tells what is left out", (files) => tellingLeftOut(files, files.sources, { fail: () => undefined } as unknown as Notes)],
  ])("hands on who recognizes: one %s", async (_, around) => {
    const { shown, recognize } = recognizing();
    const events = await walked(around(filesSource(["."], { cwd: folder })), recognize);
    expect(linesOf(shown)).toEqual(linesOf(events));
    expect(events.filter((event) => "content" in event)).toEqual([]);
  });
});
