// Standard input as a source: any stream stands in for it here; test/cli/pipes.test.ts has the real one.
import { PassThrough, Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { LocalLanes } from "../../../../src/archive/local-lanes.js";
import { profiles } from "../../../../src/chunking/gear.js";
import { stdinSource } from "../../../../src/connectors/node/source/stdin-source.js";
import { loadNativeEngine } from "../../../../src/native/engine.js";
import { entryNamed, eventsOf, linesOf, openContent, readAll } from "../../source-conformance.js";

const contentOf = async (source: ReturnType<typeof stdinSource>) => {
  const { content } = entryNamed(await eventsOf(source), "x");
  return openContent(source, content);
};

describe("standard input as a source", () => {
  it("is one file, and the directories of its name", async () => {
    const source = stdinSource("db/old/dump.sql");
    const events = await eventsOf(source);
    expect(linesOf(events)).toEqual(["enter db", "enter db/old", "file db/old/dump.sql", "leave db/old", "leave db"]);
    expect(events.filter(({ kind }) => kind === "entry" || kind === "enter").map((event) => "item" in event && Object.keys(event.item))).toEqual([
      ["type"],
      ["type"],
      ["type"],
    ]);
    expect(source).toMatchObject({ sources: [{ kind: "stream", label: "db/old/dump.sql" }], captures: ["name", "type", "content"] });
    expect(linesOf(await eventsOf(source))).toEqual(linesOf(events));
  });

  it("gives all bytes in buffers of any length, and says how many", async () => {
    const bytes = Buffer.from(Array.from({ length: 10_000 }, (_, i) => i & 255));
    for (const unit of [1, 999, 20_000]) {
      const told: number[] = [];
      const stream = Readable.from([bytes.subarray(0, 3000), Buffer.alloc(0), bytes.subarray(3000)]);
      const reader = await contentOf(stdinSource("x", { stream, onBytes: (count) => told.push(count) }));
      expect(Buffer.compare(await readAll(reader, unit), bytes)).toBe(0);
      expect(told.at(-1)).toBe(10_000);
      expect(reader.skip(10)).toBe(0);
      expect(reader.close()).toBeUndefined();
    }
  });

  it("reads no faster than it is asked to", async () => {
    let pieces = 0;
    const stream = new Readable({
      highWaterMark: 1000,
      read() {
        pieces++;
        this.push(Buffer.alloc(1000));
      },
    });
    const reader = await contentOf(stdinSource("x", { stream }));
    for (let i = 0; i < 5; i++) expect(await reader.read(new Uint8Array(10))).toBe(10);
    await new Promise(setImmediate);
    // one that was taken, one in the stream, one asked for when it was taken
    expect(pieces).toBeLessThanOrEqual(3);
    reader.close();
  });

  it("has an unread range of one byte where it breaks", async () => {
    const stream = new PassThrough();
    stream.write("some bytes");
    const source = stdinSource("x", { stream });
    const engine = await loadNativeEngine();
    const plan = { chunker: profiles.default, pack: { codec: "store", level: 0 }, alsoHash: [], fill: undefined } as const;
    const lane = new LocalLanes(engine, plan, (content) => source.open(content));
    const content = entryNamed(await eventsOf(source), "x").content;
    if (content === undefined) throw new Error("no content");
    setImmediate(() => stream.destroy(Object.assign(new Error("reset"), { code: "ECONNRESET" })));
    const [result] = await lane.digest({ number: 0, pieces: [{ file: 0, part: "first", content, limit: 1 << 20 }] });
    expect(result?.end).toMatchObject({ stored: 10, errors: [{ code: "ECONNRESET", operation: "read", offset: 10, length: 1 }] });
    lane.close();
  });

  it("stops on request, and does not call that an error of the source", async () => {
    const controller = new AbortController();
    const source = stdinSource("x", { stream: new PassThrough(), signal: controller.signal });
    const reader = await contentOf(source);
    const reading = reader.read(new Uint8Array(10));
    controller.abort(new Error("stop"));
    await expect(reading).rejects.toMatchObject({ name: "AbortError" });
    await expect(eventsOf(source, controller.signal)).rejects.toMatchObject({ code: "PTAR_INTERRUPTED" });
  });

  it("opens no paths", () => {
    const content = { kind: "path", path: Buffer.from("/etc/hostname"), size: 1, ctime: "0", mtime: "0" } as const;
    expect(() => stdinSource("x").open(content)).toThrowError(expect.objectContaining({ name: "SourceFault", errno: "ENOENT" }));
  });

  it.each(["", "/x", "../x", "a/../x", "a//x", "./x", "x/", "a\0b", "\ud800"])("refuses the name %j", (name) => {
    expect(() => stdinSource(name)).toThrowError(expect.objectContaining({ code: "PTAR_USAGE", hint: expect.any(String) }));
  });

  it("refuses a name that no archive can hold", () => {
    for (const name of ["n".repeat(1025), `${"a/".repeat(256)}x`])
      expect(() => stdinSource(name)).toThrowError(expect.objectContaining({ code: "PTAR_LIMIT_EXCEEDED" }));
  });
});
