// Real trees, large trees and killed processes, one after the other: they measure memory and fill disks. `npm run test:slow`
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/slow/*.slow.ts"], pool: "forks", maxWorkers: 1, fileParallelism: false, testTimeout: 600_000, hookTimeout: 600_000 },
});
