// Writes entries of a snapshot to a target: one code path for everything. spec/12-extract.md#rules
import { PtarError } from "../errors/ptar-error.js";
import { contentErrors, unreadBytes } from "../format/entry.js";
import { targetBytes } from "../format/name.js";
import { contentsKey, fileContent, oneChunkContent } from "../tree/file-content.js";
import { differingFacts, type LinkFacts, linkFacts } from "../tree/link-facts.js";
import { readLinks } from "../tree/read-links.js";
import type { Losses, Target } from "../tree/target.js";
import type { WalkedEntry } from "../tree/walk.js";
import { walkPaths } from "./list.js";
import type { OnProgress } from "./progress.js";
import type { ExtractReport } from "./results.js";
import type { SnapshotReader } from "./snapshot-reader.js";

/** What is extracted. */
export interface ExtractOptions {
  /** Paths, names joined by `/`: each and everything below it. Default: everything. */
  readonly paths?: readonly Uint8Array[];
  /** `latest` (default) or the beginning of a snapshot's id. */
  readonly snapshot?: string;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** A file up to this size is verified whole before anything is created for it. */
const smallFile = 1 << 20;

/**
 * Extracts to `target`, which is aborted when anything fails. Directories, then files as they come, symlinks last; contents are
 * verified before a final name exists.
 * @throws PTAR_PATH_NOT_FOUND, PTAR_TARGET_EXISTS, PTAR_TARGET_UNSAFE, PTAR_IO_*, PTAR_FILE_DIGEST, PTAR_OBJECT_*, and the reason of `signal`
 */
export async function extractArchive(archive: SnapshotReader, target: Target, options: ExtractOptions = {}): Promise<ExtractReport> {
  const extraction = new Extraction(archive, target, options);
  try {
    await extraction.loadLinks();
    for await (const step of walkPaths(archive, { ...options, paths: options.paths ?? [] })) {
      if (step.kind === "leave") await target.leave();
      else await extraction.take(step);
    }
    return extraction.report(await target.finish());
  } catch (error) {
    await target.abort();
    throw error;
  }
}

/** What is kept of a file until its hard links come. */
interface Written {
  readonly names: readonly Uint8Array[];
  readonly contents: string;
  readonly facts: LinkFacts;
}

class Extraction {
  readonly #archive: SnapshotReader;
  readonly #target: Target;
  readonly #options: ExtractOptions;
  #links: ReadonlyMap<number, number> = new Map();
  #firsts: ReadonlySet<number> = new Set();
  /** Where the first item of a group of hard links, or a link that stands in for it, was written. */
  readonly #written = new Map<number, Written>();
  #incomplete = 0;
  #entries = 0;
  #files = 0;
  #bytes = 0;

  constructor(archive: SnapshotReader, target: Target, options: ExtractOptions) {
    this.#archive = archive;
    this.#target = target;
    this.#options = options;
  }

  async loadLinks(): Promise<void> {
    const report = await this.#archive.snapshot(this.#options.snapshot);
    const { links } = await this.#archive.content(report);
    this.#links = await readLinks(this.#archive.objects, links, report.snapshot.items.count);
    this.#firsts = new Set(this.#links.values());
  }

  async take(walked: WalkedEntry): Promise<void> {
    const { item } = walked.entry;
    const name = walked.names.at(-1) as Uint8Array;
    this.#entries++;
    this.#options.onProgress?.({ phase: "extract", entries: this.#entries, bytes: this.#bytes, errors: this.#incomplete, path: walked.path });
    if (item.errors !== undefined) this.#incomplete++;
    if (item.type === "directory") await this.#target.enter(name, item);
    else if (item.type === "file") await this.#file(walked, name);
    else if (item.type === "symlink" && targetBytes(item, this.#archive.objects.limits) !== undefined) {
      await this.#target.symlink(name, item, targetBytes(item, this.#archive.objects.limits) as Uint8Array);
    } else await this.#target.other(name, item);
  }

  report({ first, count, kinds }: Losses): ExtractReport {
    return {
      entries: this.#entries,
      files: this.#files,
      bytes: this.#bytes,
      unrestored: first,
      unrestoredCount: count,
      unrestoredKinds: kinds,
      incomplete: this.#incomplete,
    };
  }

  async #file(walked: WalkedEntry, name: Uint8Array): Promise<void> {
    const { item } = walked.entry;
    // nothing was collected: an empty file would look as if it had been empty
    if (contentErrors(item).length > 0 && unreadBytes(item) === (item.size ?? 0)) return this.#target.other(name, item);
    const group = this.#links.get(walked.index) ?? walked.index;
    const first = this.#written.get(group);
    // spec/06-snapshot.md#links
    if (first !== undefined && first.contents !== contentsKey(walked.entry))
      throw new PtarError("PTAR_LINKS_INVALID", `link table: item ${walked.index} is not a hard link of item ${group}: its contents differ`);
    const { crypto } = this.#archive.objects;
    if (first !== undefined) {
      const differing = differingFacts(first.facts, linkFacts(item, crypto));
      await this.#target.link(name, item, { names: first.names, differing });
    } else {
      await this.#target.file(name, item, await this.#content(walked));
      if (this.#firsts.has(group))
        this.#written.set(group, { names: walked.names, contents: contentsKey(walked.entry), facts: linkFacts(item, crypto) });
      this.#bytes += item.size ?? 0;
    }
    this.#files++;
  }

  async #content(walked: WalkedEntry): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
    const { entry } = walked;
    const size = entry.item.size ?? 0;
    const one = size > smallFile ? undefined : oneChunkContent(this.#archive.objects, entry);
    if (one !== undefined) return one;
    const content = this.#interruptible(fileContent(this.#archive.objects, entry));
    if (size > smallFile) return content;
    const whole = new Uint8Array(size);
    let at = 0;
    for await (const bytes of content) {
      whole.set(bytes, at);
      at += bytes.length;
    }
    return whole;
  }

  async *#interruptible(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const bytes of content) {
      this.#options.signal?.throwIfAborted();
      yield bytes;
    }
  }
}
