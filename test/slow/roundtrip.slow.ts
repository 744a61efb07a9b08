// Real trees through create, verify and extract, compared by a program that shares no code with this one.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ptar, repository, temporaryFolder } from "./program.js";

const folder = temporaryFolder();
const config = join(folder, "config");

const checkout = join(folder, "checkout");
const cloned = spawnSync("git", ["clone", "--quiet", repository, checkout]);

/** More trees to try, separated by colons: the source of Linux, for one. */
const more = (process.env.PTAR_TREES ?? "").split(":").filter((path) => path !== "");

const trees: readonly (readonly [name: string, path: string])[] = [
  ...more.map((path) => [path, path] as const),
  ["/usr/share", "/usr/share"],
  ["a checked-out source tree", checkout],
];

test("there is something to compare", () => {
  expect(cloned.status).toBe(0);
});

test.each(trees.filter(([, path]) => existsSync(path)))("%s comes back without a difference", (name, path) => {
  const archive = join(folder, `${trees.findIndex((tree) => tree[0] === name)}.ptar`);
  const restored = `${archive}.restored`;
  const created = ptar(config, "create", archive, path);
  expect(created.stderr.split("\n").filter((line) => line.includes("unreadable") || line.includes("changed"))).toEqual([]);
  expect(created.status, created.stderr).toBe(0);
  expect(ptar(config, "verify", archive, "--level", "deep").status).toBe(0);
  const extracted = ptar(config, "extract", archive, "-C", restored);
  expect(extracted.status, extracted.stderr).toBe(0);
  const judged = spawnSync("python3", [join(repository, "test/slow/compare-trees.py"), path, join(restored, path)], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  expect(judged.stdout.trim().split("\n").slice(-5).join("\n")).toMatch(/^\d+ paths, 0 differences$/);
  console.info(`${name}: ${judged.stdout.trim()}`);
});
