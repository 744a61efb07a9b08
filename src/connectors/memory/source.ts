// A tree in memory that a snapshot is made from. spec/06-snapshot.md
import { toBase64url } from "../../bytes/base64url.js";
import { concatBytes } from "../../bytes/compare.js";
import { fromUtf8, toUtf8 } from "../../bytes/utf8.js";
import { PtarError } from "../../errors/ptar-error.js";
import {
  type ContentReader,
  type EventRun,
  type PathContent,
  type Source,
  type SourceEvent,
  SourceFault,
  type SourceItem,
} from "../../tree/source.js";
import { openMemoryFile } from "./content.js";
import { bytesOf, type MemoryDirectory, type MemoryFacts, type MemoryFile, type MemoryTree, type NamedNode, sortedNodes } from "./tree.js";

/** How a memory source presents itself. */
export interface MemorySourceOptions {
  /** How it stands in the snapshot; "memory" unless told. */
  readonly label?: string;
  /** Facts that every entry has unless its description says otherwise. */
  readonly facts?: MemoryFacts;
  /** Classes of facts that it says it can give; without owner names, extended attributes and holes unless told. */
  readonly captures?: Source["captures"];
}

const ordinary: Source["captures"] = ["name", "type", "content", "links", "mode", "mtime", "atime", "ctime", "birthtime", "owner", "inode"];
const modes = { directory: 0o755, symlink: 0o777, other: 0o644 };

/** Walks a described tree. Entries have the mode and time of `facts`; without these 0644 or 0755 and 1970. */
export class MemorySource implements Source {
  readonly sources: Source["sources"];
  readonly captures: Source["captures"];
  readonly #tree: MemoryTree;
  readonly #facts: MemoryFacts;

  constructor(tree: MemoryTree, options: MemorySourceOptions = {}) {
    this.sources = [{ kind: "files", label: options.label ?? "memory" }];
    this.captures = options.captures ?? ordinary;
    this.#tree = tree;
    this.#facts = options.facts ?? {};
  }

  *walk(signal?: AbortSignal): Generator<EventRun> {
    for (const event of this.#directory(this.#tree, new Uint8Array(0), signal)) yield [event];
  }

  /** Memory has no paths: everything it offers is a stream. */
  open(_content: PathContent): ContentReader {
    throw new SourceFault("ENOENT", "open");
  }

  *#directory(tree: MemoryTree, above: Uint8Array, signal: AbortSignal | undefined): Generator<SourceEvent> {
    for (const entry of sortedNodes(tree)) {
      if (signal?.aborted) throw new PtarError("PTAR_INTERRUPTED", "walk: stopped on request", { cause: signal.reason });
      const path = concatBytes(above, entry.name);
      if (entry.node.type === "excluded") yield { kind: "excluded", path };
      else if (entry.node.type === "directory") yield* this.#enter(entry.name, entry.node, { path, signal });
      else yield this.#entry(entry);
    }
  }

  *#enter(name: Uint8Array, node: MemoryDirectory, at: { path: Uint8Array; signal: AbortSignal | undefined }): Generator<SourceEvent> {
    yield { kind: "enter", name, item: this.#item("directory", modes.directory, node.facts) };
    yield* this.#directory(node.children, concatBytes(at.path, toUtf8("/")), at.signal);
    yield { kind: "leave" };
  }

  #entry({ name, node }: NamedNode): SourceEvent {
    if (node.type === "file") return this.#file(name, node);
    if (node.type !== "symlink") {
      return { kind: "entry", name, item: this.#item(node.type as SourceItem["type"], modes.other, node.facts) };
    }
    const destination = bytesOf(node.destination);
    const text = fromUtf8(destination);
    const target = text === undefined ? { targetRaw: toBase64url(destination) } : { target: text };
    return { kind: "entry", name, item: this.#item("symlink", modes.symlink, { ...target, ...node.facts }) };
  }

  #file(name: Uint8Array, file: MemoryFile): SourceEvent {
    const item = this.#item("file", modes.other, { size: bytesOf(file.content).length, ...file.facts });
    const content = { kind: "stream", size: item.size, open: () => openMemoryFile(file) } as const;
    return { kind: "entry", name, item, content, ...(file.group === undefined ? {} : { group: file.group }) };
  }

  #item(type: SourceItem["type"], mode: number, facts: MemoryFacts | undefined): SourceItem {
    return { mode, mtime: "0", ...this.#facts, ...facts, type };
  }
}
