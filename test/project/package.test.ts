// Promises of the package: faces, runtime dependencies, a thin program. spec/01-overview.md
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repository } from "./planted.js";

interface Package {
  readonly bin: { readonly ptar: string };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
}

const resolve = createRequire(join(repository, "package.json")).resolve;
const manifest = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as Package;

describe("package", () => {
  it("resolves each of its names to a module that loads, and gives the error class and the table of codes on its portable face", () => {
    const names = ["ptar", "ptar/node", "ptar/format"];
    const script = `for (const name of ${JSON.stringify(names)}) console.log(JSON.stringify(Object.keys(await import(name))))`;
    const told = execFileSync(process.execPath, ["--input-type=module", "--eval", script], { cwd: repository, encoding: "utf8" });
    const faces = told
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as readonly string[]);
    expect(faces.map(({ length }) => length > 0)).toEqual([true, true, true]);
    expect(faces[0]).toEqual(expect.arrayContaining(["PtarError", "errorCodes"]));
  });

  it("resolves schemas by name and nothing else", () => {
    expect(resolve("ptar/schemas/page.schema.json")).toBe(join(repository, "spec/schemas/page.schema.json"));
    expect(() => resolve("ptar/dist/index.js")).toThrow(/not exported|not defined by "exports"/);
  });

  it("has exactly the runtime dependencies that have a door", () => {
    expect(Object.keys(manifest.dependencies)).toEqual([
      "@noble/ciphers",
      "@noble/curves",
      "@noble/hashes",
      "age-encryption",
      "fflate",
      "streamx",
      "yargs",
    ]);
  });

  it("pins every dependency exactly", () => {
    const ranges = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(ranges.filter((range) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([]);
  });

  it("runs no script at those who install it", () => {
    expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([]);
  });

  it("has a program of at most six lines", () => {
    const lines = readFileSync(join(repository, manifest.bin.ptar), "utf8").trimEnd().split("\n");
    expect(lines[0]).toBe("#!/usr/bin/env node");
    expect(lines.length).toBeLessThanOrEqual(6);
  });
});
