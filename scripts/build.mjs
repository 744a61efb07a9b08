// Compiles src/ to a fresh dist/, which is exchanged only when it is whole: a program that runs meanwhile keeps its files.
// The faces are compiled file by file for those who import them; the program is bundled.
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { bundleProgram, shrinkValidators } from "./bundle.mjs";

const root = join(import.meta.dirname, "..");
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const fresh = mkdtempSync(join(root, "dist."));
const stale = `${fresh}.old`;

try {
  execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json"), "--outDir", fresh], { stdio: "inherit" });
} catch {
  process.exitCode = 1; // tsc has said why; what it wrote is still good for trying
}
shrinkValidators(join(fresh, "format/generated/validators.js"));
rmSync(join(fresh, "cli"), { recursive: true }); // compiled for its types to be checked
for (const path of readdirSync(fresh, { recursive: true })) {
  if (path.endsWith("-bytes.d.ts")) rmSync(join(fresh, path)); // their literal types repeat the data, and nobody imports them
}
await bundleProgram(fresh);
chmodSync(fresh, 0o755);
if (existsSync(join(root, "dist"))) renameSync(join(root, "dist"), stale);
renameSync(fresh, join(root, "dist"));
rmSync(stale, { recursive: true, force: true });
