// Archives and real folders with the same files, and other people's programs to check lists with.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { CreateOptions } from "../../src/archive/create.js";
import { listArchive } from "../../src/archive/list.js";
import { type Archive, openArchive } from "../../src/archive/open.js";
import type { ListedEntry } from "../../src/archive/results.js";
import { concatBytes } from "../../src/bytes/compare.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { bytesOf, type MemoryTree, sortedNodes } from "../../src/connectors/memory/tree.js";
import type { Row } from "../../src/interchange/row.js";
import { archiveOf, native } from "../archive/engines.js";

/** Reason to skip tests that need `programs`, or false; where CI is true nothing is skipped, so that a missing program is a failure. */
export function without(...programs: readonly string[]): string | false {
  const missing = programs.filter((name) => spawnSync("sh", ["-c", `command -v ${name}`]).status !== 0);
  return missing.length > 0 && process.env.CI !== "true" && `${missing.join(", ")} not installed`;
}

/** An opened archive of `tree`. */
export async function openedOf(tree: MemoryTree, options: Partial<CreateOptions> = {}): Promise<Archive> {
  return openArchive(new MemoryReader(await archiveOf(tree, options)), { engine: native, trust: "any-signer" });
}

/** What the rows of a list hold together. */
export async function gathered(rows: AsyncIterable<Row>): Promise<{ readonly bytes: Buffer; readonly losses: readonly string[] }> {
  const lines: Uint8Array[] = [];
  const losses: string[] = [];
  for await (const { entry, line, loss } of rows) {
    if (line !== undefined) lines.push(line);
    if (loss !== undefined) losses.push(`${Buffer.from(entry?.path ?? []).toString("latin1")}: ${loss}`);
  }
  return { bytes: Buffer.from(concatBytes(...lines)), losses };
}

/** The list that `rows` makes of `tree`. */
export async function listOf(
  tree: MemoryTree,
  rows: (entries: AsyncIterable<ListedEntry>, archive: Archive) => AsyncIterable<Row>,
  options: Partial<CreateOptions> = {},
): ReturnType<typeof gathered> {
  const archive = await openedOf(tree, options);
  return gathered(rows(listArchive(archive), archive));
}

/** A new folder with a folder `tree` that holds the same files, directories and symlinks; it is removed after the test. */
export function folderOf(tree: MemoryTree): { readonly folder: string; readonly tree: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), "ptar-interchange-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const root = Buffer.from(join(folder, "tree"));
  mkdirSync(root);
  writeBelow(root, tree);
  return { folder, tree: root };
}

/** Path of an entry below `above`, by bytes. */
export function below(above: Buffer, name: Uint8Array | string): Buffer {
  return Buffer.concat([above, Buffer.from("/"), bytesOf(name)]);
}

function writeBelow(above: Buffer, tree: MemoryTree): void {
  for (const { name, node } of sortedNodes(tree)) {
    const path = below(above, name);
    if (node.type === "file") writeFileSync(path, bytesOf(node.content));
    if (node.type === "symlink") symlinkSync(Buffer.from(bytesOf(node.destination)), path);
    if (node.type !== "directory") continue;
    mkdirSync(path);
    writeBelow(path, node.children);
  }
}
