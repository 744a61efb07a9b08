// Compiles src/ to a fresh dist/.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { transformSync } from "esbuild";

const root = join(import.meta.dirname, "..");
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

rmSync(join(root, "dist"), { recursive: true, force: true });
try {
  execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], { stdio: "inherit" });
} catch {
  process.exitCode = 1; // tsc has said why; what it wrote is still good for trying
}
shrink("dist/format/generated/validators.js");

/** The compiler indents the deeply nested validators to four times their size. */
function shrink(path) {
  const { code } = transformSync(readFileSync(join(root, path), "utf8"), { minify: true, lineLimit: 140 });
  writeFileSync(join(root, path), `// Generated from spec/schemas/ and minified.\n${code}`);
}
