// What the checks share: which tree they look at, its files, and how they report.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { root: { type: "string" }, check: { type: "boolean" } } });

/** The tree that is checked: this repository, or what `--root DIR` names. */
export const root = resolve(values.root ?? join(import.meta.dirname, ".."));

/** Whether `--check` was given: compare, write nothing. */
export const compareOnly = values.check ?? false;

/** Paths below `folder` with one of `endings`, relative to the root, sorted, with `/`. */
export function filesBelow(folder, ...endings) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, "/"))
    .sort();
}

/** Text of a file, or undefined when there is none. */
export function textOf(path) {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : undefined;
}

/** Prints problems and makes the program fail, or says in one line what was found in order. */
export function conclude(name, problems, summary) {
  for (const problem of problems) console.error(`${name}: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`${name}: ${summary}`);
}
