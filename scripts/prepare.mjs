// Runs in a clone after `npm ci` and before a package is made; never at those who install the package.
import { existsSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";

const modules = join(import.meta.dirname, "../node_modules");

if (existsSync(join(modules, "typescript"))) {
  await import("./build.mjs");
} else {
  console.error("ptar: typescript is not installed (--omit=dev), dist/ is not built");
}

// `npx ptar` then runs this clone directly; without the link it goes through a cache in the home folder that can be left half-written
if (process.platform !== "win32" && existsSync(join(modules, ".bin"))) {
  const link = join(modules, ".bin/ptar");
  rmSync(link, { force: true });
  symlinkSync("../../bin/ptar.js", link);
}
