import { describe, expect, it } from "vitest";
import { MemoryReader } from "../../../src/connectors/memory/reader.js";
import { MemorySink } from "../../../src/connectors/memory/sink.js";
import { MemorySource } from "../../../src/connectors/memory/source.js";
import { MemoryTarget } from "../../../src/connectors/memory/target.js";
import { readerConformance, sinkConformance } from "../bytes-conformance.js";
import { entryNamed, eventsOf, linesOf, openContent, readAll, sourceConformance } from "../source-conformance.js";
import { type Fixture, targetConformance } from "../target-conformance.js";

readerConformance("MemoryReader", async (bytes) => new MemoryReader(bytes));
readerConformance("MemoryReader over a Buffer", async (bytes) => new MemoryReader(Buffer.from(bytes)));

sinkConformance("MemorySink", async () => {
  const sink = new MemorySink();
  return { sink, written: async () => sink.bytes() };
});

sourceConformance("MemorySource", async (tree) => new MemorySource(tree));

targetConformance("MemoryTarget", async () => fixture());

function fixture(): Fixture {
  const target = new MemoryTarget();
  const lines = () =>
    target.entries
      .map(({ kind, path, content, destination }) => {
        const text = Buffer.from(path).toString("latin1");
        if (kind === "symlink") return `symlink ${text} -> ${Buffer.from(destination ?? []).toString("latin1")}`;
        return kind === "directory" ? `directory ${text}` : `file ${text}: ${Buffer.from(content ?? [])}`;
      })
      .sort();
  return { target, lines };
}

describe("MemorySource", () => {
  it("fails in the ranges that are said to fail, and only there", async () => {
    const faults = [{ offset: 3, length: 2, errno: "EIO" }];
    const source = new MemorySource({ f: { type: "file", content: "0123456789", faults } });
    const reader = openContent(source, entryNamed(await eventsOf(source), "f").content);
    const buffer = new Uint8Array(10);
    expect(await reader.read(buffer)).toBe(3);
    const fault = expect.objectContaining({ errno: "EIO", operation: "read" });
    expect(() => reader.read(buffer)).toThrowError(fault);
    expect(reader.skip(1)).toBe(1);
    expect(() => reader.read(buffer)).toThrowError(fault);
    expect(reader.skip(1)).toBe(1);
    expect(String(await readAll(reader))).toBe("56789");
  });

  it("fails to open what is said not to open", async () => {
    const source = new MemorySource({ f: { type: "file", content: "x", openFault: "EACCES" } });
    const { content } = entryNamed(await eventsOf(source), "f");
    expect(() => openContent(source, content)).toThrowError(expect.objectContaining({ errno: "EACCES", operation: "open" }));
  });

  it("says that a file changed when it is described so", async () => {
    const stats = { ctime: "1", mtime: "2", size: 3 };
    const unstable = { after: stats, before: stats };
    const source = new MemorySource({ f: { type: "file", content: "x", unstable } });
    expect(openContent(source, entryNamed(await eventsOf(source), "f").content).close()).toEqual(unstable);
  });

  it("has facts of its own, of all entries and of one entry, the nearest first", async () => {
    const source = new MemorySource({ a: "", b: { type: "fifo", facts: { mode: 0o600 } } }, { label: "here", facts: { mtime: "7", mode: 0o400 } });
    const events = await eventsOf(source);
    expect(source.sources).toEqual([{ kind: "files", label: "here" }]);
    expect(entryNamed(events, "a").item).toEqual({ type: "file", mode: 0o400, mtime: "7", size: 0 });
    expect(entryNamed(events, "b").item).toEqual({ type: "fifo", mode: 0o600, mtime: "7" });
  });

  it("reports what is left out with its path", async () => {
    const source = new MemorySource({ d: { type: "directory", children: { x: { type: "excluded" } } } });
    expect(linesOf(await eventsOf(source))).toEqual(["enter d", "excluded d/x", "leave d"]);
  });

  it("takes no two entries of one name", async () => {
    const source = new MemorySource([
      ["a", "1"],
      [Buffer.from("a"), "2"],
    ]);
    await expect(eventsOf(source)).rejects.toThrow(TypeError);
  });
});

describe("MemoryTarget", () => {
  it("finds an entry by its path", async () => {
    const target = new MemoryTarget();
    await target.file(Buffer.from("é"), { type: "file" }, Buffer.from("x"));
    expect(target.get("é")?.content).toEqual(new Uint8Array(Buffer.from("x")));
    expect(target.get("e")).toBeUndefined();
    await expect(target.leave()).rejects.toThrow(TypeError);
  });
});
