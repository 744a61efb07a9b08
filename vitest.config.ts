// How the tests run: two workers, no globals, real files. `npm test`
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** What a file does to its process, or asks it, that other files would notice: such a file has a process of its own. */
const ofTheProcess = /\b(process\.(chdir|memoryUsage|exitCode)|vi\.(mock|spyOn|stub\w+|unstub\w+)|codec-conformance)\b/;
/** All others share two processes, which load the modules once. */
const tests = readdirSync(join(import.meta.dirname, "test"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".test.ts"))
  .map((path) => join("test", path));
const alone = tests.filter((path) => ofTheProcess.test(readFileSync(join(import.meta.dirname, path), "utf8")));

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    projects: [
      { extends: true, test: { name: "together", include: ["test/**/*.test.ts"], exclude: alone, isolate: false, sequence: { groupOrder: 0 } } },
      { extends: true, test: { name: "alone", include: alone, sequence: { groupOrder: 1 } } },
    ],
  },
});
