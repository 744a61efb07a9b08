// Whether the snapshots of a repository can be read whole, and are what they say. spec/15-repository.md#check
import type { OnProgress } from "../../archive/progress.js";
import type { Level } from "../../archive/results.js";
import { objectId } from "../../block/object-id.js";
import { ObjectTable } from "../../block/object-table.js";
import { mustHex, toHex } from "../../bytes/hex.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { Kind } from "../../format/object.js";
import { decodeContent } from "../../format/snapshot.js";
import { checkTree } from "../../tree/check-tree.js";
import { walkReferences } from "../../tree/references.js";
import { fileOf } from "../files/finding.js";
import type { Repository } from "../repository.js";
import type { StoredSnapshot } from "../snapshot-files.js";
import { judgeListed } from "../view.js";
import type { ArchiveCheck } from "./archive.js";
import type { CheckFindings } from "./findings.js";

/** What snapshots are checked with. */
export interface SnapshotsCheck {
  readonly check: ArchiveCheck;
  /** Objects that no sound archive has. */
  readonly lost: ObjectTable;
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Snapshots, what is said about them, closure, and the trees of those that are whole; objects that are needed and not to be had. */
export async function checkSnapshots(repository: Repository, { check, lost, signal, onProgress }: SnapshotsCheck): Promise<ObjectTable> {
  const { findings, level } = check;
  const missing = new ObjectTable();
  const seen = new ObjectTable();
  const whole = new Set<string>();
  for (const stored of repository.snapshots) {
    const before = missing.size;
    const file = fileOf("snapshots", mustHex(stored.files[0] as string));
    for (const error of judgeListed(repository, stored, { keys: [] }).invalid) findings.note(error, { file });
    try {
      await findMissing(repository, stored, { seen, lost, missing, findings, signal });
      const tree = treeOf(stored);
      // the tree of an earlier snapshot that did not change since
      if (missing.size > before || (missing.size > 0 && !(await isWhole(repository, stored, missing))) || whole.has(tree)) continue;
      await checkSnapshotTree(repository, stored, { level, signal, onProgress });
      whole.add(tree);
    } catch (error) {
      findings.note(error, { file });
    }
  }
  return missing;
}

interface Finding {
  /** What was looked at for an earlier snapshot. */
  readonly seen: ObjectTable;
  readonly lost: ObjectTable;
  readonly missing: ObjectTable;
  readonly findings: CheckFindings;
  readonly signal: AbortSignal | undefined;
}

async function findMissing({ objects, index }: Repository, { snapshot }: StoredSnapshot, finding: Finding): Promise<void> {
  const { seen, lost, missing, findings, signal } = finding;
  await walkReferences(objects, mustHex(snapshot.content), async (kind, id) => {
    signal?.throwIfAborted();
    if (seen.add(kind, id) < 0) return "pass";
    const problem = lost.find(kind, id) >= 0 || !index.has(kind, id) ? missingError(kind, id) : await unreadable(kind, id);
    if (problem === undefined) return "enter";
    missing.add(kind, id);
    findings.note(problem, { object: { kind, id: id.slice() } });
    return "pass";
  });

  /** Why a page or list cannot be read; of chunks nothing is read here. */
  async function unreadable(kind: Kind, id: Uint8Array): Promise<PtarError | undefined> {
    if (kind === "chunk") return undefined;
    try {
      await objects.get(kind, id);
      return undefined;
    } catch (error) {
      if (error instanceof PtarError && error.exitCode === 4) return error;
      throw error;
    }
  }
}

/** Whether a snapshot needs nothing of what is missing. */
async function isWhole({ objects }: Repository, { snapshot }: StoredSnapshot, missing: ObjectTable): Promise<boolean> {
  let whole = true;
  const seen = new ObjectTable();
  await walkReferences(objects, mustHex(snapshot.content), (kind, id) => {
    if (missing.find(kind, id) >= 0) whole = false;
    return whole && seen.add(kind, id) >= 0 ? "enter" : "pass";
  });
  return whole;
}

/** Counters, at level deep item tree and whole files too. */
async function checkSnapshotTree(
  { objects, index }: Repository,
  { snapshot }: StoredSnapshot,
  { level, signal, onProgress }: { readonly level: Level; readonly signal: AbortSignal | undefined; readonly onProgress: OnProgress | undefined },
): Promise<void> {
  const content = decodeContent(await objects.get("content", mustHex(snapshot.content)));
  let entries = 0;
  const check = {
    objects,
    idOf: (kind: "page" | "list", bytes: Uint8Array) => objectId(objects.crypto, kind, bytes),
    chunk: (id: Uint8Array) => (index.has("chunk", id) ? { length: undefined } : undefined),
    level: level === "deep" ? ("deep" as const) : ("standard" as const),
    signal,
    onEntry: (path: Uint8Array) => onProgress?.({ phase: "verify", entries: ++entries, bytes: 0, errors: 0, path }),
  };
  await checkTree(check, snapshot, content);
}

/** What a tree is checked against. */
function treeOf({ snapshot: { content, items, completeness } }: StoredSnapshot): string {
  return JSON.stringify([content, items, completeness]);
}

function missingError(kind: Kind, id: Uint8Array): PtarError {
  return new PtarError("PTAR_OBJECT_MISSING", `object: ${kind} ${toHex(id)} is needed, and no sound pack has it`, {
    hint: "back up, import or sync again what had it, with --repair: then it is stored anew; a file that is damaged is to be deleted first",
    details: { kind, id: toHex(id) },
  });
}
