// What a source does with entries that its caller recognizes.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { breathingSource } from "../../../../src/cli/breathe.js";
import { tellingLeftOut } from "../../../../src/cli/left-out.js";
import type { Notes } from "../../../../src/cli/ui/notes.js";
import { filesSource } from "../../../../src/connectors/node/source/files-source.js";
import type { Recognize, Source, SourceEvent } from "../../../../src/tree/source.js";
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

  it("passes on what the recognizing throws", async () => {
    const recognize = () => Promise.reject(new Error("no page"));
    await expect(walked(filesSource(["."], { cwd: folder }), recognize)).rejects.toThrow("no page");
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
