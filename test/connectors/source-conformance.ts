// What every Source promises.
import { describe, expect, it } from "vitest";
import { compareBytes } from "../../src/bytes/compare.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import type { Content, Source, SourceEvent } from "../../src/tree/source.js";
import { latin1 } from "./folder.js";

type Entry = Extract<SourceEvent, { kind: "entry" }>;

/** All events of one walk. */
export async function eventsOf(source: Source, signal?: AbortSignal): Promise<readonly SourceEvent[]> {
  const events: SourceEvent[] = [];
  for await (const run of source.walk(signal)) for (const event of run) events.push(event);
  return events;
}

/** Events as lines: "enter d", "entry file d/x", "leave", "excluded d/y"; one character per byte of a name. */
export function linesOf(events: readonly SourceEvent[]): readonly string[] {
  const path: string[] = [];
  return events.map((event) => {
    if (event.kind === "leave") {
      const left = path.join("/");
      path.pop();
      return `leave ${left}`;
    }
    if (event.kind === "excluded") return `excluded ${Buffer.from(event.path).toString("latin1")}`;
    const name = Buffer.from(event.name).toString("latin1");
    if (event.kind === "entry") return `${event.item.type} ${[...path, name].join("/")}`;
    path.push(name);
    return `enter ${path.join("/")}`;
  });
}

/** The entry with this name, wherever it is. */
export function entryNamed(events: readonly SourceEvent[], name: string | Uint8Array): Entry {
  const found = events.find((event) => event.kind === "entry" && Buffer.compare(event.name, Buffer.from(name)) === 0);
  if (found?.kind !== "entry") throw new Error(`no entry ${name}`);
  return found;
}

/** Opens contents as a lane does. */
export function openContent(source: Source, content: Content | undefined): ReturnType<Source["open"]> {
  if (content === undefined) throw new Error("the entry has no content");
  return content.kind === "path" ? source.open(content) : content.open();
}

/** Reads contents to their end with a buffer of `unit` bytes. */
export async function readAll(reader: ReturnType<Source["open"]>, unit = 1000): Promise<Buffer> {
  const parts: Buffer[] = [];
  const buffer = new Uint8Array(unit);
  for (let count = await reader.read(buffer); count > 0; count = await reader.read(buffer)) parts.push(Buffer.from(buffer.subarray(0, count)));
  return Buffer.concat(parts);
}

// "￿" sorts before "𐀀" by bytes and after it by UTF-16 units
const tree: MemoryTree = [
  ["\u{10000}", "astral"],
  ["\uffff", "last of the plane"],
  [latin1("raw\xff"), "raw"],
  ["b.txt", "b"],
  ["b", { type: "directory", children: { inner: { type: "directory", children: {} }, a: "aa", z: "" } }],
  ["B", "upper"],
  ["big", new Uint8Array(10_000).map((_, i) => i & 255)],
  ["link", { type: "symlink", destination: "../b" }],
  ["raw link", { type: "symlink", destination: latin1("\xfe\xff") }],
  ["one", { type: "file", content: "same", group: "g" }],
  ["two", { type: "file", content: "same", group: "g" }],
];

/** Tests sources that `make` makes over a described tree. */
export function sourceConformance(name: string, make: (tree: MemoryTree) => Promise<Source>): void {
  describe(`${name} as a Source`, () => {
    it("reports entries in pre-order, sorted by the bytes of their names", async () => {
      const lines = linesOf(await eventsOf(await make(tree)));
      expect(lines).toEqual([
        "file B",
        "enter b",
        "file b/a",
        "enter b/inner",
        "leave b/inner",
        "file b/z",
        "leave b",
        "file b.txt",
        "file big",
        "symlink link",
        "file one",
        "symlink raw link",
        "file raw\xff",
        "file two",
        `file ${Buffer.from("\uffff").toString("latin1")}`,
        `file ${Buffer.from("\u{10000}").toString("latin1")}`,
      ]);
    });

    it("gives the contents of files, in pieces of any length", async () => {
      const source = await make(tree);
      const events = await eventsOf(source);
      for (const unit of [1, 999, 20_000]) {
        const reader = openContent(source, entryNamed(events, "big").content);
        expect(
          Buffer.compare(
            await readAll(reader, unit),
            Uint8Array.from({ length: 10_000 }, (_, i) => i & 255),
          ),
        ).toBe(0);
        expect(reader.close()).toBeUndefined();
      }
      const empty = openContent(source, entryNamed(events, "z").content);
      expect(await empty.read(new Uint8Array(10))).toBe(0);
      expect(empty.close()).toBeUndefined();
    });

    it("has the size on files and on nothing else", async () => {
      const events = await eventsOf(await make(tree));
      expect(entryNamed(events, "big")).toMatchObject({ item: { size: 10_000 }, content: { size: 10_000 } });
      expect(entryNamed(events, "link").item.size).toBeUndefined();
      expect(entryNamed(events, "link").content).toBeUndefined();
    });

    it("skips no further than the end", async () => {
      const source = await make(tree);
      const reader = openContent(source, entryNamed(await eventsOf(source), "big").content);
      expect(reader.skip(9_990)).toBe(9_990);
      expect(await reader.read(new Uint8Array(4))).toBe(4);
      expect(reader.skip(100)).toBe(6);
      expect(reader.skip(100)).toBe(0);
      expect(await reader.read(new Uint8Array(4))).toBe(0);
      reader.close();
    });

    it("gives the exact destination of a symlink, as text where it is UTF-8", async () => {
      const events = await eventsOf(await make(tree));
      expect(entryNamed(events, "link").item.target).toBe("../b");
      expect(entryNamed(events, "raw link").item).toMatchObject({ targetRaw: "_v8" });
      expect(entryNamed(events, "raw link").item.target).toBeUndefined();
    });

    it("gives hard links one group and other files none", async () => {
      const events = await eventsOf(await make(tree));
      expect(entryNamed(events, "one").group).toBeDefined();
      expect(entryNamed(events, "two").group).toBe(entryNamed(events, "one").group);
      expect(entryNamed(events, "B").group).toBeUndefined();
    });

    it("gives names as plain bytes outside of items", async () => {
      const events = await eventsOf(await make(tree));
      const named = events.filter((event) => event.kind === "enter" || event.kind === "entry");
      expect(named.every(({ item }) => !("name" in item) && !("nameRaw" in item))).toBe(true);
      expect(compareBytes(entryNamed(events, latin1("raw\xff")).name, latin1("raw\xff"))).toBe(0);
    });

    it("can be walked again", async () => {
      const source = await make(tree);
      expect(linesOf(await eventsOf(source))).toEqual(linesOf(await eventsOf(source)));
    });

    it("stops on request", async () => {
      await expect(eventsOf(await make(tree), AbortSignal.abort())).rejects.toMatchObject({ code: "PTAR_INTERRUPTED", exitCode: 130 });
    });

    it("opens nothing that it did not list", async () => {
      const source = await make(tree);
      const content = { kind: "path", path: Buffer.from("/does/not/exist"), size: 1, ctime: "0", mtime: "0" } as const;
      expect(() => source.open(content)).toThrowError(expect.objectContaining({ name: "SourceFault", errno: "ENOENT", operation: "open" }));
    });
  });
}
