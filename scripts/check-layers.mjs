// Fails when an import points up or sideways, a dependency enters by another door than its own, or files import each other.
import { builtinModules } from "node:module";
import { dirname, join } from "node:path/posix";
import ts from "typescript";
import { conclude, filesBelow, textOf } from "./tree.mjs";

const rows = {
  0: ["errors"],
  1: ["bytes"],
  2: ["crypto", "compression", "chunking", "streams"],
  3: ["merkle", "format", "keys"],
  4: ["container", "block", "tree", "statement"],
  5: ["archive"],
  6: ["repository", "interchange"],
  7: ["connectors"], // what connectors share
  7.1: ["connectors/memory", "connectors/blob", "connectors/http", "connectors/node", "native"],
  8: ["cli"],
};
const rowOf = new Map(Object.entries(rows).flatMap(([row, folders]) => folders.map((folder) => [folder, Number(row)])));
const belowRow = (row) => [...rowOf.keys()].filter((folder) => rowOf.get(folder) < row);

// folders that are divided, lowest first: a part imports lower ones alone; "." is what stands in none of them
const parts = {
  repository: [["files", "rows"], ["index"], ["cache"], ["packs"], ["."], ["transfer", "prune", "check", "verify", "stats"]],
};

// narrower than their row: these folders and faces may import nothing but what stands here
const only = {
  format: ["errors", "bytes"],
  "format.ts": ["errors", "bytes", "format"],
  "index.ts": belowRow(7.1).concat("connectors/memory", "connectors/blob", "connectors/http"),
  "node.ts": belowRow(8),
  "node-worker.ts": belowRow(8),
};
const doors = [
  [/^@noble\/|^age-encryption$/, "crypto"],
  [/^fflate$|zstd/, "compression"],
  [/^streamx$/, "streams"],
  [/^yargs$/, "cli"],
];
const nodeFolders = ["connectors/node", "native", "cli", "node.ts", "node-worker.ts"];

/** The folder of the table that a file belongs to; a face is its own folder. */
function folderOf(path) {
  const parts = path.split("/").slice(1);
  if (parts.length === 1) return parts[0];
  return parts[0] === "connectors" && parts.length > 2 ? `connectors/${parts[1]}` : parts[0];
}

/** Specifiers that a file imports or re-exports, dynamic imports and workers' URLs included, with their lines. */
function importsOf(path) {
  const text = textOf(path);
  const lineAt = (pos) => text.slice(0, pos).split("\n").length;
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName, pos }) => ({ specifier: fileName, line: lineAt(pos) }));
}

function problemOf(folder, path, specifier) {
  if (specifier.startsWith(".")) return problemOfFile(folder, path, specifier);
  const bare = specifier.replace(/^node:/, "");
  if (specifier.startsWith("node:") || builtinModules.includes(bare)) {
    return nodeFolders.includes(folder) ? undefined : `${folder} must run in browsers; only ${nodeFolders.join(", ")} may import Node's modules`;
  }
  const door = doors.find(([pattern]) => pattern.test(specifier))?.[1];
  if (door === undefined) return "this dependency has no door: name the one folder that imports it in scripts/check-layers.mjs";
  return door === folder ? undefined : `the door of this dependency is ${door}/: import what that folder exports`;
}

function problemOfFile(folder, path, specifier) {
  if (!specifier.endsWith(".js")) return "a specifier ends in .js, so that Node and browsers find the file";
  const target = targetOf(path, specifier);
  if (target === undefined) return "there is no such file";
  const to = folderOf(target);
  if (to === folder && rowOf.has(folder)) return problemOfPart(folder, partOf(path), partOf(target));
  if (target.endsWith("/index.ts") || !rowOf.has(to)) return "index.ts, node.ts and format.ts are public faces: import the file that holds the thing";
  if (only[folder] !== undefined) {
    return only[folder].includes(to) ? undefined : `${folder} imports only ${only[folder].join(", ")}`;
  }
  const [from, below] = [rowOf.get(folder), rowOf.get(to)];
  if (below < from) return undefined;
  const direction = below > from ? "up" : "sideways";
  return `${folder} (row ${from}) imports ${to} (row ${below}): arrows point down, this one points ${direction}; move the shared part lower or declare a contract in ${folder}`;
}

function problemOfPart(folder, from, to) {
  if (parts[folder] === undefined || from === to) return undefined;
  const [level, below] = [from, to].map((part) => parts[folder].findIndex((level) => level.includes(part)));
  if (below < level) return undefined;
  const named = to === "." ? `what stands in no folder of ${folder}` : `${folder}/${to}`;
  return `${folder}/${from} imports ${named}, which is above it or beside it: arrows point down; move the shared part lower`;
}

/** The folder in its folder that a file stands in. */
function partOf(path) {
  const names = path.split("/");
  return names.length > 3 ? names[2] : ".";
}

function targetOf(path, specifier) {
  const target = join(dirname(path), specifier).replace(/\.js$/, ".ts");
  return textOf(target) === undefined ? undefined : target;
}

/** One cycle of files that import each other, as a list that ends where it starts; undefined when there is none. */
function cycleIn(graph) {
  const done = new Set();
  const trail = [];
  const visit = (path) => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    trail.push(path);
    for (const next of graph.get(path) ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    trail.pop();
    done.add(path);
    return undefined;
  };
  for (const path of graph.keys()) {
    const cycle = visit(path);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

const problems = [];
const graph = new Map();
let count = 0;
for (const path of filesBelow("src", ".ts")) {
  const folder = folderOf(path);
  if (!rowOf.has(folder) && only[folder] === undefined) problems.push(`${path}: ${folder} stands in no row of scripts/check-layers.mjs`);
  if (parts[folder]?.flat().includes(partOf(path)) === false)
    problems.push(`${path}: ${partOf(path)} stands in no row of ${folder} in scripts/check-layers.mjs`);
  if (/^src\/.+\/index\.ts$/.test(path)) problems.push(`${path}: index.ts means public face; a folder has no barrel, since barrels hide cycles`);
  const imports = importsOf(path);
  count += imports.length;
  for (const { specifier, line } of imports) {
    const problem = problemOf(folder, path, specifier);
    if (problem !== undefined) problems.push(`${path}:${line}: "${specifier}": ${problem}`);
  }
  graph.set(
    path,
    imports.filter(({ specifier }) => specifier.startsWith(".")).flatMap(({ specifier }) => targetOf(path, specifier) ?? []),
  );
}
const cycle = cycleIn(graph);
if (cycle !== undefined) problems.push(`files import each other, so none can be read or tested alone: ${cycle.join(" -> ")}`);
conclude("layers", problems, `${graph.size} files, ${count} imports, every arrow points down`);
