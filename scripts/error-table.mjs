// The table of error codes, read from its source.
import { join } from "node:path";
import { build } from "esbuild";
import { root } from "./tree.mjs";

/** The rows of src/errors/codes.ts: code → exit code, meaning, chapter. */
export async function errorTable() {
  const { outputFiles } = await build({
    entryPoints: [join(root, "src/errors/codes.ts")],
    bundle: true,
    format: "esm",
    write: false,
    logLevel: "silent",
  });
  const module = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
  return module.errorCodes;
}

/** The published form of the table, spec/errors.json. */
export async function errorsJson() {
  const rows = Object.entries(await errorTable()).map(([code, row]) => ({ code, exit: row.exit, meaning: row.meaning, spec: row.spec }));
  return `${JSON.stringify(rows, null, 2)}\n`;
}

/** Every error code that stands in `text`. */
export function codesIn(text) {
  return text.match(/\bPTAR_[A-Z]+(?:_[A-Z]+)*\b/g) ?? [];
}
