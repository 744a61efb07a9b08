// Bundles the program: few files to find and read at start, what a command needs in chunks of its own, no package beside it.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import { build, transformSync } from "esbuild";

const root = join(import.meta.dirname, "..");

/**
 * Yargs measures the texts of our help with string-width, which takes 15 ms to load for its grapheme segmenter. Ours hold no wide characters;
 * a test compares the help of both.
 */
const plainWidth = {
  name: "plain-width",
  setup(plugin) {
    plugin.onResolve({ filter: /^string-width$/ }, () => ({ path: "plain-width", namespace: "plain-width" }));
    plugin.onLoad({ filter: /.*/, namespace: "plain-width" }, () => ({ contents: "export default (text) => text.length;" }));
  },
};

/** Writes the program and, where there is one, the module of its worker threads to `folder`, which mirrors src/. */
export async function bundleProgram(folder) {
  const entries = ["cli/main", "node-worker"].filter((entry) => existsSync(join(root, `src/${entry}.ts`)));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(entries.map((entry) => [entry, `src/${entry}.ts`])),
    outdir: folder,
    // beside main.js, so that URLs relative to a module of src/cli/ or src/native/ stay right wherever its code ends up
    chunkNames: "cli/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.19",
    metafile: true,
    logLevel: "warning",
    plugins: [plainWidth],
  });
  for (const [path, output] of Object.entries(metafile.outputs)) {
    requireModules(join(root, path));
    if (isMostlyValidators(output)) shrinkValidators(join(root, path));
  }
  writeFileSync(join(folder, "cli/LICENSES.txt"), licenses(Object.keys(metafile.inputs)));
}

/** Makes validators smaller: printers indent them, which are deeply nested, to four times their size. */
export function shrinkValidators(path) {
  const { code } = transformSync(readFileSync(path, "utf8"), { minify: true, lineLimit: 140 });
  writeFileSync(path, `// Generated from spec/schemas/ and minified.\n${code}`);
}

function isMostlyValidators({ bytes, inputs }) {
  return (inputs["src/format/generated/validators.ts"]?.bytesInOutput ?? 0) * 2 > bytes;
}

/** CommonJS that calls `require` would fail when that line is reached: the program is ESM. */
function requireModules(path) {
  const [call] = /__require\("[^"]*"\)/.exec(readFileSync(path, "utf8")) ?? [];
  if (call !== undefined) throw new Error(`${path}: holds ${call}, which ESM cannot do`);
}

/** The license texts of the packages whose code is in the bundle. */
function licenses(inputs) {
  const folders = new Set(inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []));
  const texts = [...folders].map((path) => join(root, path)).map(licenseOf);
  const head = "The program (dist/cli/ and dist/node-worker.js) contains code of these packages, each under its license:\n";
  return [head, ...new Set(texts.sort())].join("\n");
}

function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)(\.|$)/i.test(file));
  if (files.length === 0) throw new Error(`${folder.split(sep).at(-1)}: has no license text, so its code cannot be part of the program`);
  return [`${"-".repeat(80)}\n${name} ${version} (${license})\n`, ...files.map((file) => readFileSync(join(folder, file), "utf8").trim()), ""].join(
    "\n",
  );
}
