// Snapshot archives: the snapshots of a repository and what is said about them. spec/15-repository.md#snapshots
import type { PackParams } from "../block/pack.js";
import { mustHex, toHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Snapshot } from "../format/generated/types.js";
import { decodeSnapshot } from "../format/snapshot.js";
import { decodeSnapshotStatement } from "../format/statement.js";
import type { RepositoryArchives } from "./files/archives.js";
import { isFinding, type OnProblem } from "./files/finding.js";
import { objectsOf } from "./files/own-objects.js";
import { sortStatements, type Verifying } from "./stored-statements.js";

const snapshotPack: PackParams = { codec: "deflate", level: 6 };

/** A snapshot of a repository. */
export interface StoredSnapshot {
  readonly id: Uint8Array;
  readonly snapshot: Snapshot;
  /** The stored bytes: what was signed names their digest. */
  readonly bytes: Uint8Array;
  /** Stored bytes of statements about it, of distinct keys, in the order of their keys; malformed ones come last. They may be invalid. */
  readonly statements: readonly Uint8Array[];
  /** Names of the archives that hold it, in hex. */
  readonly files: readonly string[];
  /** When the first of them was written, milliseconds since 1970 by the clock of the storage. */
  readonly written: number;
}

/** One snapshot archive, read. */
type SnapshotFile = Omit<StoredSnapshot, "files"> & { readonly file: string };

/** Stored bytes of a snapshot, and of statements about it. */
type Said = Pick<StoredSnapshot, "bytes" | "statements">;

/** Reads snapshot archives, each once. */
export class SnapshotFiles {
  readonly #archives: RepositoryArchives;
  readonly #onProblem: OnProblem | undefined;
  /** By name of the file. */
  readonly #read = new Map<string, SnapshotFile>();

  constructor(archives: RepositoryArchives, onProblem?: OnProblem) {
    this.#archives = archives;
    this.#onProblem = onProblem;
  }

  /**
   * The snapshots that are there, those that finished earlier first.
   * @throws PTAR_REPOSITORY_INVALID, PTAR_OBJECT_*, PTAR_DOCUMENT_*, and what opening an archive throws
   */
  async list(): Promise<readonly StoredSnapshot[]> {
    const listed = new Map<string, number>();
    for await (const { name, written } of this.#archives.storage.list("snapshots")) listed.set(name.slice(0, 64), written);
    for (const [name, written] of listed) {
      if (this.#read.has(name)) continue;
      const file = await this.#readOrTell(name);
      // forgotten meanwhile, or passed over
      if (file !== undefined) this.#read.set(name, { ...file, written });
    }
    for (const name of this.#read.keys()) if (!listed.has(name)) this.#read.delete(name);
    return together([...this.#read.values()], this.#archives);
  }

  /** Publishes a snapshot archive, or several where one has no room for all statements. @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
  // spec/15-repository.md#snapshots
  async publish({ bytes, statements }: Said): Promise<void> {
    const most = this.#archives.limits.statements;
    for (let at = 0; at === 0 || at < statements.length; at += most) await this.#publish({ bytes, statements: statements.slice(at, at + most) });
  }

  async #publish({ bytes, statements }: Said): Promise<void> {
    const { failed, unstable } = decodeSnapshot(bytes).completeness;
    const file = await this.#archives.create("snapshots", { pack: snapshotPack, extent: "thin" });
    try {
      const id = file.writer.put("snapshot", bytes);
      const ids = statements.map((statement) => file.writer.put("statement", statement));
      file.writer.leaveOut("content", mustHex(decodeSnapshot(bytes).content));
      await file.publish({ snapshots: [{ id, statements: ids }], complete: failed + unstable === 0 });
    } finally {
      await file.discard();
    }
  }

  async #readOrTell(name: string): Promise<Omit<SnapshotFile, "written"> | undefined> {
    try {
      return await this.#readFile(name);
    } catch (error) {
      if (this.#onProblem === undefined || !isFinding(error)) throw error;
      this.#onProblem(`snapshots/${name}.ptar`, error);
      return undefined;
    }
  }

  async #readFile(name: string): Promise<Omit<SnapshotFile, "written"> | undefined> {
    const opened = await this.#archives.open("snapshots", mustHex(name));
    if (opened === undefined) return undefined;
    try {
      const { snapshots } = opened.container.listing;
      const [only] = snapshots;
      if (only === undefined || snapshots.length > 1)
        throw new PtarError("PTAR_REPOSITORY_INVALID", `repository: snapshots/${name}.ptar: holds ${snapshots.length} snapshots, expected one`);
      const objects = await objectsOf(opened, this.#archives.engine);
      const id = mustHex(only.id);
      const bytes = await objects.get("snapshot", id);
      const statements: Uint8Array[] = [];
      for (const statement of only.statements) statements.push(await objects.get("statement", mustHex(statement)));
      return { id, bytes, snapshot: decodeSnapshot(bytes), statements, file: name };
    } finally {
      await opened.close();
    }
  }
}

/** Snapshots of all files, each once, with all that is said about it. Claimed times have whole seconds: then those that were written first. */
function together(files: readonly SnapshotFile[], archives: Verifying): readonly StoredSnapshot[] {
  const byId = new Map<string, SnapshotFile[]>();
  for (const file of files.toSorted((a, b) => a.written - b.written || compareText(a.file, b.file))) {
    const same = byId.get(toHex(file.id));
    if (same === undefined) byId.set(toHex(file.id), [file]);
    else same.push(file);
  }
  const snapshots = Array.from(byId.values(), (same): StoredSnapshot => {
    const [{ id, bytes, snapshot, written }] = same as [SnapshotFile];
    const statements = distinct({ id, snapshot, statements: same.flatMap((file) => file.statements) }, archives);
    return { id, bytes, snapshot, statements, files: same.map(({ file }) => file).sort(), written };
  });
  return snapshots.toSorted((a, b) => compareText(a.snapshot.times.finished, b.snapshot.times.finished));
}

/** One statement of each key: of several the valid one that claims the earliest time, so that no forged one stands in its place. */
// spec/15-repository.md#snapshots
function distinct(about: Pick<StoredSnapshot, "id" | "snapshot" | "statements">, archives: Verifying): readonly Uint8Array[] {
  const byKey = new Map<string, Map<string, Uint8Array>>();
  for (const statement of about.statements) {
    const { key, order } = placeOf(statement);
    const same = byKey.get(key) ?? new Map<string, Uint8Array>();
    byKey.set(key, same.set(order, statement));
  }
  return [...byKey].sort(([a], [b]) => compareText(a, b)).map(([, same]) => earliest(same, about, archives));
}

function earliest(same: ReadonlyMap<string, Uint8Array>, { id, snapshot }: Pick<StoredSnapshot, "id" | "snapshot">, archives: Verifying): Uint8Array {
  const sorted = [...same].sort(([a], [b]) => compareText(a, b)).map(([, statement]) => statement);
  const [first] = sorted as [Uint8Array];
  // whoever verifies the statements sees then what is wrong with the only one
  if (sorted.length === 1) return first;
  return sorted.find((statement) => sortStatements(archives, { id, snapshot, statements: [statement] }).valid.length > 0) ?? first;
}

/** Where a statement stands among others; one that is malformed has no key, and is kept for whoever tells what is wrong. */
function placeOf(statement: Uint8Array): { readonly key: string; readonly order: string } {
  try {
    const { publicKey, time } = decodeSnapshotStatement(statement).body;
    return { key: publicKey, order: `${time} ${toHex(statement)}` };
  } catch (error) {
    if (!(error instanceof PtarError)) throw error;
    return { key: `none ${toHex(statement)}`, order: "" };
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
