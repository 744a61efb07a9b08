// The slow suites: sessions with real programs, damage byte by byte, a browser. `npm run test:slow`
import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.slow.ts"],
    exclude: [...configDefaults.exclude, "test/slow/**"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
});
