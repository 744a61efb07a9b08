// Descriptions of trees in memory, for programs that make them and for tests. spec/05-page.md
import { compareBytes } from "../../bytes/compare.js";
import { toUtf8 } from "../../bytes/utf8.js";
import type { Item } from "../../format/generated/types.js";
import type { SourceItem } from "../../tree/source.js";

/** A range of a file that cannot be read. */
export interface MemoryFault {
  readonly offset: number;
  readonly length: number;
  /** Name of the error number, "EIO". */
  readonly errno: string;
}

/** Facts that stand in the item beside what the description implies. */
export type MemoryFacts = Partial<Omit<SourceItem, "type">>;

/** A file; contents given as text are stored as UTF-8. */
export interface MemoryFile {
  readonly type: "file";
  readonly content: Uint8Array | string;
  readonly facts?: MemoryFacts;
  /** Files with one group are hard links of one file and have equal contents. */
  readonly group?: string;
  /** Sorted, not touching. */
  readonly faults?: readonly MemoryFault[];
  /** Error number with which opening fails. */
  readonly openFault?: string;
  /** What the file is after it was read, when it changed. */
  readonly unstable?: Item["unstable"];
}

/** A directory. */
export interface MemoryDirectory {
  readonly type: "directory";
  readonly children: MemoryTree;
  readonly facts?: MemoryFacts;
}

/** A symlink; its destination is stored byte by byte. */
export interface MemorySymlink {
  readonly type: "symlink";
  readonly destination: Uint8Array | string;
  readonly facts?: MemoryFacts;
}

/** An entry without contents, or a path that counts as left out. */
export interface MemoryOther {
  readonly type: "fifo" | "socket" | "block" | "character" | "unknown" | "excluded";
  readonly facts?: MemoryFacts;
}

/** One entry; bare text or bytes stand for a file with these contents. */
export type MemoryNode = MemoryFile | MemoryDirectory | MemorySymlink | MemoryOther | Uint8Array | string;

/** Entries of a directory by name; pairs where a name is not UTF-8. The order does not matter. */
export type MemoryTree = Readonly<Record<string, MemoryNode>> | readonly (readonly [name: Uint8Array | string, node: MemoryNode])[];

/** An entry with exact name bytes. */
export interface NamedNode {
  readonly name: Uint8Array;
  readonly node: Exclude<MemoryNode, Uint8Array | string>;
}

/** Entries of `tree` in the order of their name bytes. Throws TypeError when two have one name. */
export function sortedNodes(tree: MemoryTree): readonly NamedNode[] {
  const pairs: readonly (readonly [Uint8Array | string, MemoryNode])[] = isPairs(tree) ? tree : Object.entries(tree);
  const nodes = pairs.map(([name, node]) => ({ name: bytesOf(name), node: fullNode(node) }));
  nodes.sort((a, b) => compareBytes(a.name, b.name));
  nodes.forEach((entry, i) => {
    const before = nodes[i - 1];
    if (before !== undefined && compareBytes(before.name, entry.name) === 0) throw new TypeError("two entries of a directory have one name");
  });
  return nodes;
}

/** Bytes of `value`; text as UTF-8. */
export function bytesOf(value: Uint8Array | string): Uint8Array {
  return typeof value === "string" ? toUtf8(value) : value;
}

function isPairs(tree: MemoryTree): tree is readonly (readonly [Uint8Array | string, MemoryNode])[] {
  return Array.isArray(tree);
}

function fullNode(node: MemoryNode): Exclude<MemoryNode, Uint8Array | string> {
  return typeof node === "string" || node instanceof Uint8Array ? { type: "file", content: node } : node;
}
