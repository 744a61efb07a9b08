// Compiles src/ to a fresh dist/, which is exchanged only when it is whole: a program that runs meanwhile keeps its files.
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { transformSync } from "esbuild";

const root = join(import.meta.dirname, "..");
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
const fresh = mkdtempSync(join(root, "dist."));
const stale = `${fresh}.old`;

try {
  execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json"), "--outDir", fresh], { stdio: "inherit" });
} catch {
  process.exitCode = 1; // tsc has said why; what it wrote is still good for trying
}
shrink("format/generated/validators.js");
chmodSync(fresh, 0o755);
if (existsSync(join(root, "dist"))) renameSync(join(root, "dist"), stale);
renameSync(fresh, join(root, "dist"));
rmSync(stale, { recursive: true, force: true });

/** The compiler indents the deeply nested validators to four times their size. */
function shrink(path) {
  const { code } = transformSync(readFileSync(join(fresh, path), "utf8"), { minify: true, lineLimit: 140 });
  writeFileSync(join(fresh, path), `// Generated from spec/schemas/ and minified.\n${code}`);
}
