// Takes a walk through lanes into writer and tree, in order. spec/03-block.md#cutting-blocks
import { toHex } from "../bytes/hex.js";
import type { EntryError, Item, Snapshot, Store } from "../format/generated/types.js";
import { nameMembers } from "../format/name.js";
import { ListWriter } from "../tree/list-writer.js";
import type { EventRun, SourceEvent, SourceItem, StoredEntry } from "../tree/source.js";
import type { TreeWriter } from "../tree/tree-writer.js";
import { collectBatches, type EventBatch, type PlannedEvent, segmentBytes } from "./batches.js";
import type { BlockWriter } from "./block-writer.js";
import { captureItem } from "./captured.js";
import type { Batch, FileEnd, Lanes, PackedBlock, Piece, PieceResult } from "./lanes.js";
import type { OnProgress } from "./progress.js";
import type { CreateResult } from "./results.js";
import { Room, Sequence } from "./stages.js";

/** What a packing works with. */
export interface PackingOptions {
  readonly lanes: Lanes;
  readonly writer: BlockWriter;
  readonly tree: TreeWriter;
  readonly captured: Snapshot["captured"];
  readonly onProgress?: OnProgress;
}

/** A file whose pieces come in. */
interface OpenFile {
  readonly rows: ListWriter;
  end: FileEnd | undefined;
}

/** An item that is put together. One object that grows: to spread parts into one takes several times as long. */
type OpenItem = { -readonly [Member in keyof Item]: Item[Member] };

/** What the reading of a file adds to its entry. */
interface FileFacts {
  readonly item: Pick<OpenItem, "size" | "sha256" | "sha256Stored" | "digests" | "unstable" | "errors">;
  readonly store: Store;
}

/** Pieces whose chunks are being cut and hashed. */
interface Digesting {
  readonly batch: Batch;
  readonly results: Promise<readonly PieceResult[]>;
}

type EntryEvent = Extract<SourceEvent, { readonly kind: "entry" }>;
type EnterEvent = Extract<SourceEvent, { readonly kind: "enter" }>;

const maxProblems = 1000;

/**
 * One run over a source, in three stages: lanes digest batches, as many at once as they like; what they found is taken in the order of the
 * walk; and blocks are appended in the order in which they were wanted. So the output depends on the source alone, never on timing.
 */
export class Packing {
  excluded = 0;
  /** Files by what reading did to their access times. */
  readonly noatime = { kept: 0, refused: 0 };
  /** Bytes of new chunks. */
  uniqueBytes = 0;
  readonly problems: CreateResult["problems"][number][] = [];
  readonly #options: PackingOptions;
  readonly #files = new Map<number, OpenFile>();
  /** First entry of each group of hard links. */
  readonly #groups = new Map<string, { readonly index: number; readonly facts: FileFacts }>();
  /** Chunks that wait for others to fill a sealed block, and the rows of the index that they have. */
  #rest: readonly Uint8Array[] = [];
  readonly #rows: number[] = [];
  readonly #room: Room;
  readonly #takes: Sequence;
  readonly #appends: Sequence;
  #batches = 0;
  /** Files that are read beside those that the batches number. */
  #anew = 0;
  #bytes = 0;
  #entries = 0;
  #errors = 0;

  constructor(options: PackingOptions) {
    this.#options = options;
    this.#room = new Room(options.lanes.depth);
    this.#takes = new Sequence((error) => this.#room.fail(error));
    this.#appends = new Sequence((error) => this.#room.fail(error));
  }

  async run(walk: AsyncIterable<EventRun> | Iterable<EventRun>, signal?: AbortSignal): Promise<void> {
    try {
      for await (const batch of collectBatches(walk)) {
        await this.#room.take();
        signal?.throwIfAborted();
        const digesting = this.#digest(batch.pieces);
        this.#takes.add(() => this.#take(batch, digesting, signal));
      }
      await this.#takes.end;
      if (this.#rest.length > 0) this.#append(this.#options.lanes.packObjects(this.#rest.map((bytes) => ({ kind: "chunk", bytes }))));
      await this.#appends.end;
    } finally {
      // what is under way must not meet a writer or a lane that was closed
      await Promise.allSettled([this.#takes.end, this.#appends.end]);
    }
  }

  async #take(batch: EventBatch, digesting: Digesting | undefined, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (digesting !== undefined) await this.#takePieces(digesting);
    for (const listed of batch.events) {
      const planned = await this.#readAnew(listed);
      // a file that turned out longer than its listing said
      while (planned.file !== undefined && this.#files.get(planned.file)?.end === undefined) await this.#readOn(planned, signal);
      this.#event(planned);
    }
    this.#appendMeta();
    this.#appends.add(async () => this.#room.give());
    this.#report(batch.events.at(-1)?.event);
  }

  /** A later name of a file whose first name could not be read is read by itself: the trouble may have been the name's. */
  async #readAnew(planned: PlannedEvent): Promise<PlannedEvent> {
    const { event, file } = planned;
    if (file !== undefined || event.kind !== "entry" || event.content === undefined || event.known !== undefined || event.group === undefined)
      return planned;
    const first = this.#groups.get(event.group);
    if (first?.facts.item.errors === undefined) return planned;
    this.#groups.delete(event.group);
    const again = { event, file: -++this.#anew };
    await this.#readPieces([{ file: again.file, part: "first", content: event.content, limit: segmentBytes + 1 }]);
    return again;
  }

  /** One segment more. It waits until what was read is written: a stream may go on for ever, and its sink may be slow, or full. */
  async #readOn({ event, file }: PlannedEvent, signal: AbortSignal | undefined): Promise<void> {
    const { content } = event as EntryEvent;
    if (content === undefined || file === undefined) throw new TypeError("an event without contents");
    await this.#appends.end;
    signal?.throwIfAborted();
    await this.#readPieces([{ file, part: "next", content, limit: segmentBytes }]);
  }

  async #readPieces(pieces: readonly Piece[]): Promise<void> {
    const digesting = this.#digest(pieces);
    if (digesting !== undefined) await this.#takePieces(digesting);
  }

  #digest(pieces: readonly Piece[]): Digesting | undefined {
    if (pieces.length === 0) return undefined;
    const batch: Batch = { number: this.#batches++, pieces };
    const results = this.#options.lanes.digest(batch);
    // who takes them hears of it
    results.catch(() => undefined);
    return { batch, results };
  }

  /** Deduplicates in order, and has packed what is new. */
  async #takePieces({ batch, results }: Digesting): Promise<void> {
    const { lanes, writer } = this.#options;
    const wanted: boolean[] = [];
    const found = await results;
    for (const { chunks } of found) {
      for (const { id, length } of chunks) {
        const row = writer.claim("chunk", id);
        wanted.push(row >= 0);
        if (row < 0) continue;
        this.#rows.push(row);
        this.uniqueBytes += length;
      }
    }
    const { blocks, rest } = lanes.pack(batch.number, wanted, this.#rest);
    this.#rest = rest;
    for (const block of blocks) this.#append(block);
    for (const [i, result] of found.entries()) this.#note((batch.pieces[i] as Piece).file, result);
  }

  #append(block: Promise<PackedBlock>): void {
    block.catch(() => undefined);
    this.#appends.add(async () => {
      const { payload, objects, padTo } = await block;
      await this.#options.writer.addBlock(payload, this.#rows.splice(0, objects), padTo);
    });
  }

  #appendMeta(): void {
    const { lanes, writer } = this.#options;
    for (const { objects, rows } of writer.takeFull()) {
      const block = lanes.packObjects(objects);
      block.catch(() => undefined);
      this.#appends.add(async () => writer.addMeta((await block).payload, rows));
    }
  }

  #note(number: number, result: PieceResult): void {
    const file = this.#files.get(number) ?? { rows: new ListWriter(this.#options.writer), end: undefined };
    this.#files.set(number, file);
    for (const row of result.chunks) {
      file.rows.add(row);
      this.#bytes += row.length;
    }
    file.end ??= result.end;
  }

  #event({ event, file }: PlannedEvent): void {
    const { tree } = this.#options;
    if (event.kind === "leave") tree.leave();
    else if (event.kind === "excluded") this.excluded++;
    else if (event.kind === "enter") this.#enter(event);
    else this.#entry(event, file);
  }

  #enter(event: EnterEvent): void {
    if (event.same !== undefined) {
      this.#entries++;
      this.#options.tree.enterSame(event.name, event.item, event.same);
      return;
    }
    const item: OpenItem = { ...captureItem(event.item, this.#options.captured) };
    Object.assign(item, nameMembers(event.name));
    this.#count(event.name, item);
    this.#options.tree.enter(event.name, item);
  }

  #entry(event: EntryEvent, file: number | undefined): void {
    if (event.same !== undefined) {
      this.#same(event, event.same);
      return;
    }
    const { tree, captured } = this.#options;
    // without contents there is nothing that two names could share
    const group = event.content === undefined ? undefined : event.group;
    const first = group === undefined ? undefined : this.#groups.get(group);
    const facts = first?.facts ?? event.known ?? this.#facts(event.item, file);
    const item = withFacts(captureItem(event.item, captured), facts.item);
    Object.assign(item, nameMembers(event.name));
    this.#count(event.name, item);
    const index = tree.add(event.name, item, facts.store);
    if (first !== undefined) tree.link(index, first.index);
    else if (group !== undefined) this.#groups.set(group, { index, facts });
  }

  /** An entry as it was stored. A first name that turned out to be something else, because it could not be read, is not the first name of this one. */
  #same({ name, item, group, known }: EntryEvent, same: StoredEntry): void {
    const { tree } = this.#options;
    this.#entries++;
    const index = tree.addSame(name, item, same);
    if (group === undefined || known === undefined) return;
    const first = this.#groups.get(group);
    if (first !== undefined && first.facts.item.sha256 === known.item.sha256 && first.facts.item.unstable === undefined)
      tree.link(index, first.index);
    else this.#groups.set(group, { index, facts: known });
  }

  /** What reading a file adds to its entry; nothing for entries without contents. */
  #facts(listed: SourceItem, number: number | undefined): FileFacts {
    if (number === undefined) return { item: {}, store: {} };
    const { rows, end } = this.#files.get(number) as { rows: ListWriter; end: FileEnd };
    this.#files.delete(number);
    if (end.noatime !== undefined) this.noatime[end.noatime]++;
    const sha256 = toHex(end.sha256);
    // a file that could not be opened keeps the size that the listing gave
    const unread = end.errors.some(({ operation }) => operation !== "read") ? (listed.size ?? 0) : rangesLength(end.errors);
    const item: FileFacts["item"] = { size: end.stored + unread, sha256 };
    if (end.unstable !== undefined) item.unstable = end.unstable;
    if (end.errors.length > 0) {
      item.sha256 = null;
      item.errors = end.errors;
      if (end.stored > 0) item.sha256Stored = sha256;
    } else if (end.digests !== undefined) item.digests = end.digests;
    return { item, store: rows.finish() };
  }

  /** Counts an entry of the present directory, and notes what was wrong with it. */
  #count(name: Uint8Array, item: Item): void {
    this.#entries++;
    const error = item.errors?.[0];
    if (error === undefined && item.unstable === undefined) return;
    this.#errors++;
    if (this.problems.length >= maxProblems) return;
    const path = this.#options.tree.path(name);
    this.problems.push({ path, problem: error === undefined ? "changed while it was read" : `${error.operation}: ${error.code}` });
  }

  #report(event: SourceEvent | undefined): void {
    const path = event?.kind === "entry" || event?.kind === "enter" ? { path: event.name } : {};
    this.#options.onProgress?.({ phase: "pack", entries: this.#entries, bytes: this.#bytes, errors: this.#errors, ...path });
  }
}

/** What the listing told and what reading told. Holes of a file that changed may not be those of the bytes that were read. */
function withFacts(listed: SourceItem, read: FileFacts["item"]): OpenItem {
  const item: OpenItem = { ...listed };
  if (listed.holes !== undefined && (read.unstable !== undefined || read.size !== listed.size)) item.holes = undefined;
  if (read.size !== undefined) item.size = read.size;
  if (read.sha256 !== undefined) item.sha256 = read.sha256;
  if (read.sha256Stored !== undefined) item.sha256Stored = read.sha256Stored;
  if (read.digests !== undefined) item.digests = read.digests;
  if (read.unstable !== undefined) item.unstable = read.unstable;
  if (read.errors !== undefined) item.errors = listed.errors === undefined ? read.errors : [...read.errors, ...listed.errors];
  return item;
}

function rangesLength(errors: readonly EntryError[]): number {
  return errors.reduce((sum, { length }) => sum + (length ?? 0), 0);
}
