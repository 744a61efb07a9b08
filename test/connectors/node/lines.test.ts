// Lines of lists.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { type LinesOptions, readLines } from "../../../src/connectors/node/lines.js";
import { newFolder } from "../folder.js";

const folder = newFolder();
const linesOf = async (text: string | Buffer, options: Partial<LinesOptions> = {}) => {
  const path = join(folder, "list");
  writeFileSync(path, text);
  return collected(path, options);
};
const collected = async (path: string, options: Partial<LinesOptions> = {}) => {
  const found: [number, string][] = [];
  for await (const { number, bytes } of readLines(path, { subject: "list", end: "text", ...options }))
    found.push([number, Buffer.from(bytes).toString("latin1")]);
  return found;
};

describe("readLines", () => {
  it.each([
    ["", []],
    ["a", [[1, "a"]]],
    ["a\nb\n", [[1, "a"], [2, "b"]]], // biome-ignore format: pairs
    ["a\r\n\r\n\nb\r", [[1, "a"], [2, ""], [3, ""], [4, "b"]]], // biome-ignore format: pairs
    ["a\rb\n", [[1, "a\rb"]]],
  ])("%j", async (text, lines) => {
    expect(await linesOf(text)).toEqual(lines);
  });

  it("keep CR where only a line feed ends them, and say whether the last one has its end", async () => {
    writeFileSync(join(folder, "list"), "a\r\nb\n\r\nc\r");
    const found: [string, boolean][] = [];
    for await (const { bytes, hasEnd } of readLines(join(folder, "list"), { subject: "list", end: "line feed" })) found.push([String(bytes), hasEnd]);
    expect(found).toEqual([
      ["a\r", true],
      ["b", true],
      ["\r", true],
      ["c\r", false],
    ]);
  });

  it("end in NUL when asked for, and keep what else stands in them", async () => {
    expect(await linesOf("a\r\nb\r\0c\0", { end: "nul" })).toEqual([
      [1, "a\r\nb\r"],
      [2, "c"],
    ]);
  });

  it("keep bytes that are not UTF-8", async () => {
    expect(await linesOf(Buffer.from("\xff\xfe\n", "latin1"))).toEqual([[1, "\xff\xfe"]]);
  });

  it("are the same however the bytes arrive", async () => {
    const text = "one\r\ntwo\n\nthree";
    for (const unit of [1, 2, 5]) {
      const parts = Array.from({ length: Math.ceil(text.length / unit) }, (_, i) => Buffer.from(text.slice(i * unit, (i + 1) * unit)));
      expect(await collected("-", { stream: Readable.from(parts) })).toEqual([
        [1, "one"],
        [2, "two"],
        [3, ""],
        [4, "three"],
      ]);
    }
  });

  it("are refused when one is longer than any path, before more is read", async () => {
    const endless = function* () {
      yield Buffer.from("ok\n");
      for (;;) yield Buffer.alloc(60_000, "x");
    };
    await expect(collected("-", { stream: Readable.from(endless()) })).rejects.toMatchObject({
      code: "PTAR_LIMIT_EXCEEDED",
      message: "list line 2: has more than 65536 bytes, no path is as long",
    });
    await expect(linesOf(`${"x".repeat(65_537)}\n`)).rejects.toMatchObject({ code: "PTAR_LIMIT_EXCEEDED" });
    expect((await linesOf(`${"x".repeat(65_536)}\n`))[0]?.[1].length).toBe(65_536);
  });

  it("are not there without the file", async () => {
    await expect(collected(join(folder, "none"))).rejects.toMatchObject({
      code: "PTAR_SOURCE_NOT_FOUND",
      message: "list: no such file",
      exitCode: 7,
    });
    mkdirSync(join(folder, "d"));
    await expect(collected(join(folder, "d"))).rejects.toMatchObject({ code: "PTAR_IO_FAILED", details: { errno: "EISDIR" } });
  });

  it("stop on request", async () => {
    const stream = new Readable({ read: () => undefined });
    const reading = collected("-", { stream, signal: AbortSignal.timeout(1) });
    await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  });
});
