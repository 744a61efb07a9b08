// The vectors are what their generators give. spec/10-verify.md#order
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { folder } from "./vectors.js";

// builds every archive and its valid twin
it("the generators give the committed files, byte for byte", () => {
  const run = spawnSync(process.execPath, [join(folder, "generate/main.mjs"), "--check"], { encoding: "utf8" });
  expect(run.stderr).toBe("");
  expect(run.status).toBe(0);
});
