// Fails when the package is not what it promises: contents, types, sizes, a program that reads little at start, a portable face
// without Node's modules.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { conclude, root } from "./tree.mjs";

// ceilings with room for a fifth more than today; raise them in the commit that needs it, and say why
const tarballBytes = 1_370_000; // 1,146 kB with repositories: the program is bundled with its dependencies, beside the modules of the faces
// what --version reads, and what every other call reads before it knows what it was asked for: 2 and 29 kB
const startBytes = { main: 2_500, program: 35_000 };
// with repositories 788 and 272 kB: backup, transfer, prune and check are portable; validators of five more documents
const portableBytes = { "dist/index.js": 945_000, "dist/format.js": 325_000 };

const required = ["package.json", "LICENSE", "NOTICE", "bin/ptar.js", "dist/index.js", "dist/index.d.ts", "dist/node.js", "dist/format.js"].concat([
  "dist/cli/main.js",
  "dist/cli/LICENSES.txt",
  "spec/LICENSE",
  "spec/05-page.md",
  "spec/errors.json",
  "spec/schemas/page.schema.json",
]);
const allowed =
  /^(package\.json|README\.md|LICENSE|NOTICE|CHANGELOG\.md|SECURITY\.md|bin\/ptar\.js|dist\/.*\.(js|d\.ts)|dist\/cli\/LICENSES\.txt|spec\/(LICENSE|errors\.json|[\w-]+\.md|schemas\/.*\.json))$/;

const temporary = mkdtempSync(join(tmpdir(), "ptar-package-"));
process.on("exit", () => rmSync(temporary, { recursive: true, force: true }));

/** Packs without running scripts: `npm run build` comes before this check. */
function pack() {
  const answer = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", temporary], { cwd: root, encoding: "utf8" });
  const report = JSON.parse(answer);
  const [info] = Array.isArray(report) ? report : Object.values(report);
  return { path: join(temporary, info.filename), paths: info.files.map((file) => file.path), bytes: info.size };
}

function contentProblems({ paths, bytes }) {
  const problems = required.filter((path) => !paths.includes(path)).map((path) => `${path} is not in the tarball`);
  problems.push(...paths.filter((path) => !allowed.test(path)).map((path) => `${path} does not belong in the tarball`));
  if (bytes > tarballBytes) problems.push(`the tarball has ${bytes} bytes, the ceiling is ${tarballBytes}`);
  return problems;
}

async function publintProblems(tarball) {
  const bytes = readFileSync(tarball.path);
  const { messages, pkg } = await publint({ pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) }, strict: true });
  return messages.filter(({ type }) => type !== "suggestion").map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`);
}

function typeProblems(tarball) {
  const attw = join(root, "node_modules/.bin/attw");
  try {
    execFileSync(attw, [tarball.path, "--profile", "esm-only", "--format", "ascii", "--no-emoji", "--no-color"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    return [];
  } catch (error) {
    return [`the types are wrong:\n${error.stdout}${error.stderr}`];
  }
}

/** Bundles one entry for browsers, keeping Node's modules out, and reports who asked for one. */
async function portableProblems(entry, ceiling) {
  const wanted = [];
  const refuse = {
    name: "refuse-node",
    setup(plugin) {
      plugin.onResolve({ filter: /.*/ }, ({ path, importer }) => {
        if (!path.startsWith("node:") && !builtinModules.includes(path)) return undefined;
        wanted.push(`${entry}: ${importer.replace(`${root}/`, "")} imports ${path}, which browsers do not have`);
        return { path, external: true };
      });
    },
  };
  const options = {
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
    metafile: true,
  };
  const { outputFiles } = await build({ ...options, outdir: "out", plugins: [refuse], logLevel: "error", loader: { ".wasm": "binary" } });
  const bytes = outputFiles.reduce((sum, file) => sum + file.contents.length, 0);
  sizes.push(`${entry} ${bytes}`);
  return bytes > ceiling ? [...wanted, `${entry}: the bundle has ${bytes} bytes, the ceiling is ${ceiling}`] : wanted;
}

/** A file of the program and those that it imports, which are read with it. */
function withImports(path, seen = new Set()) {
  if (seen.has(path)) return seen;
  seen.add(path);
  const text = readFileSync(path, "utf8");
  for (const [, specifier] of text.matchAll(/^(?:import|\} from) "(\.[^"]+)";$/gm)) withImports(join(dirname(path), specifier), seen);
  return seen;
}

function startProblems(name, ceiling) {
  const folder = join(root, "dist/cli");
  const path = readdirSync(folder).find((file) => file.replace(/(-[A-Z0-9]{8})?\.js$/, "") === name);
  if (path === undefined) return [`dist/cli holds no file of src/cli/${name}.ts`];
  const files = [...withImports(join(folder, path))];
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  sizes.push(`start of ${name} ${bytes} in ${files.length} files`);
  return bytes > ceiling ? [`dist/cli/${path} and what it imports have ${bytes} bytes, the ceiling is ${ceiling}`] : [];
}

const sizes = [];
const tarball = pack();
sizes.push(`tarball ${tarball.bytes}`);
const problems = [...contentProblems(tarball), ...(await publintProblems(tarball)), ...typeProblems(tarball)];
for (const [entry, ceiling] of Object.entries(portableBytes)) problems.push(...(await portableProblems(entry, ceiling)));
for (const [name, ceiling] of Object.entries(startBytes)) problems.push(...startProblems(name, ceiling));
conclude("package", problems, `${tarball.paths.length} files; bytes: ${sizes.join(", ")}`);
