// The slow suites: real trees, killed processes, file systems of their own, a browser. `npm run test:slow`
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { include: ["test/**/*.slow.ts"], pool: "forks", maxWorkers: 1, fileParallelism: false, testTimeout: 600_000, hookTimeout: 120_000 },
});
