// What is derived is what its sources give, and a stale copy is noticed. spec/00-conventions.md#canonical
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { limits } from "../../src/format/limits.js";
import { repository, runOver } from "./planted.js";

const read = (path: string) => readFileSync(join(repository, path), "utf8");

it("generated files are up to date", () => {
  const run = spawnSync(process.execPath, [join(repository, "scripts/generate.mjs"), "--check"], { encoding: "utf8" });
  expect(run.stderr).toBe("");
  expect(run.status).toBe(0);
});

it("generate --check names a file that differs and writes nothing", () => {
  const schemas = readdirSync(join(repository, "spec/schemas")).filter((name) => name.endsWith(".json"));
  const sources = ["src/errors/codes.ts", "src/chunking/gear.wat", ...schemas.map((name) => `spec/schemas/${name}`)];
  const example = "test-vectors/example/verify_valid_example.ptar";
  const files = { ...Object.fromEntries(sources.map((path) => [path, read(path)])), [example]: readFileSync(join(repository, example)) };
  const run = runOver("generate.mjs", files, "--check");
  expect(run.status).toBe(1);
  expect(run.output).toContain("spec/errors.json: differs");
  expect(run.output).toContain("src/chunking/generated/gear-wasm-bytes.ts: differs");
  expect(run.output).toContain("spec/17-example.md: differs");
  expect(run.output).not.toContain("wrote");
});

it("the limits of the code are the table of the spec", () => {
  const rows = Array.from(read("spec/11-limits.md").matchAll(/^\| (\w+) \| (\d+) \|/gm), ([, name, value]) => [name, Number(value)]);
  expect(rows.length).toBeGreaterThan(20);
  expect(Object.fromEntries(rows)).toEqual(limits);
});

it("validators and types import nothing", () => {
  for (const name of ["validators.ts", "types.ts"]) expect(read(`src/format/generated/${name}`)).not.toMatch(/\brequire\(|^import /m);
});

it("the lock file names no registry", () => {
  const lock = JSON.parse(read("package-lock.json")) as { readonly packages: Readonly<Record<string, object>> };
  expect(Object.values(lock.packages).filter((entry) => "resolved" in entry)).toEqual([]);
});
