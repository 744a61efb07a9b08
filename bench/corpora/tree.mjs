// Trees of files: what is in them, and making one in a work folder once.
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

/** Paths of all regular files below `paths`, relative to `base`, sorted. */
export function regularFiles(base, paths) {
  const found = [];
  const visit = (path) => {
    const stats = lstatSync(join(base, path));
    if (stats.isFile()) found.push(path);
    if (stats.isDirectory()) for (const name of readdirSync(join(base, path))) visit(join(path, name));
  };
  for (const path of paths) visit(path);
  return found.sort();
}

/** Count and total size of the regular files below `paths`, and the middle one of those that hold something. */
export function measureTree(base, paths) {
  const files = regularFiles(base, paths);
  const sizes = files.map((path) => lstatSync(join(base, path)).size);
  const filled = files.filter((_, i) => sizes[i] > 0);
  return { files: files.length, bytes: sizes.reduce((sum, size) => sum + size, 0), one: filled[filled.length >> 1] };
}

/**
 * The folder `path`, made by `make(folder)` unless it is there. A folder that was not finished never has this name.
 */
export function madeOnce(path, make) {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return path;
  const unfinished = `${path}.unfinished-${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  try {
    mkdirSync(unfinished);
    make(unfinished);
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return path;
}
