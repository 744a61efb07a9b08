// Puts a described tree on a disk.
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { type MemoryTree, sortedNodes } from "../../src/connectors/memory/tree.js";

/** Makes `tree` below `folder`. */
export function putTree(folder: string, tree: MemoryTree): void {
  put(Buffer.from(folder), tree, new Map());
}

function put(folder: Buffer, tree: MemoryTree, firsts: Map<string, Buffer>): void {
  for (const { name, node } of sortedNodes(tree)) {
    const full = Buffer.concat([folder, Buffer.from("/"), name]);
    if (node.type === "directory") {
      mkdirSync(full);
      put(full, node.children, firsts);
    } else if (node.type === "symlink") symlinkSync(Buffer.from(node.destination as Uint8Array), full);
    else if (node.type === "file") putFile(full, node, firsts);
    else throw new TypeError(`no ${node.type} here`);
  }
}

function putFile(path: Buffer, file: { content: Uint8Array | string; group?: string }, firsts: Map<string, Buffer>): void {
  const first = firsts.get(file.group ?? "");
  if (first === undefined) writeFileSync(path, file.content);
  else linkSync(first, path);
  if (file.group !== undefined) firsts.set(file.group, first ?? path);
}
