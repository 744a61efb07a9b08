// Lists the entries of a snapshot. spec/07-item.md#items
import { compareBytes } from "../bytes/compare.js";
import { mustHex } from "../bytes/hex.js";
import { fromUtf8 } from "../bytes/utf8.js";
import { PtarError } from "../errors/ptar-error.js";
import { TreeWalk, type WalkedEntry, type WalkStep } from "../tree/walk.js";
import type { ListedEntry } from "./results.js";
import type { SnapshotReader } from "./snapshot-reader.js";

/** What is listed. */
export interface ListOptions {
  /** A path, names joined by `/`: it and everything below it. Default: everything. */
  readonly path?: Uint8Array;
  /** `latest` (default) or the beginning of a snapshot's id. */
  readonly snapshot?: string;
  readonly signal?: AbortSignal;
}

/**
 * The entries at and below a path, in pre-order.
 * @throws PTAR_PATH_NOT_FOUND, PTAR_SNAPSHOT_NOT_FOUND, PTAR_OBJECT_*, PTAR_PAGE_*, PTAR_ENTRY_*
 */
export async function* listArchive(archive: SnapshotReader, options: ListOptions = {}): AsyncGenerator<ListedEntry> {
  const paths = options.path === undefined ? [] : [options.path];
  for await (const step of walkPaths(archive, { ...options, paths })) {
    if (step.kind !== "entry" || !step.chosen) continue;
    const { path, names, index, entry } = step;
    yield { path, names, index, item: entry.item };
  }
}

/** A step of a walk along chosen paths; directories that only lead to one are not chosen. */
export type ChosenStep = (WalkedEntry & { readonly chosen: boolean }) | Extract<WalkStep, { readonly kind: "leave" }>;

/**
 * Walks what stands at and below `paths`, and the directories that lead there; everything when there are none.
 * @throws PTAR_PATH_NOT_FOUND when one of them does not exist
 */
export async function* walkPaths(
  archive: SnapshotReader,
  options: { readonly paths: readonly Uint8Array[]; readonly snapshot?: string; readonly signal?: AbortSignal },
): AsyncGenerator<ChosenStep> {
  const report = await archive.snapshot(options.snapshot);
  const content = await archive.content(report);
  const wanted = options.paths.map(normalPath);
  const missing = new Set(wanted.filter(({ length }) => length > 0));
  const everything = wanted.length === 0 || wanted.some(({ length }) => length === 0);
  const choose = (path: Uint8Array) => (everything ? "below" : wanted.map((want) => relation(path, want)).reduce(closer, "apart"));
  const root = content.root === null ? undefined : mustHex(content.root);
  const walk = new TreeWalk(archive.objects, root, { choose: ({ path }) => (choose(path) === "apart" ? "pass" : "enter") });
  for (;;) {
    const next = walk.next();
    const step = next instanceof Promise ? await next : next;
    if (step === undefined) break;
    options.signal?.throwIfAborted();
    if (step.kind === "leave") {
      yield step;
      continue;
    }
    const where = choose(step.path);
    if (where === "apart") continue;
    for (const want of missing) if (compareBytes(want, step.path) === 0) missing.delete(want);
    // a file where a directory was asked for is no way to it
    if (where === "above" && step.entry.item.type !== "directory") continue;
    yield { ...step, chosen: where === "below" };
  }
  const [lost] = missing;
  if (lost !== undefined) {
    throw new PtarError("PTAR_PATH_NOT_FOUND", `archive: no entry ${fromUtf8(lost) ?? "with that name"}`, {
      hint: "`ptar list` shows the paths of an archive",
    });
  }
}

type Relation = "apart" | "above" | "below";

function closer(a: Relation, b: Relation): Relation {
  if (a === "below" || b === "below") return "below";
  return a === "above" || b === "above" ? "above" : "apart";
}

/** How `path` lies to `want`: at or below it, on the way to it, or neither. */
function relation(path: Uint8Array, want: Uint8Array): Relation {
  const shorter = Math.min(path.length, want.length);
  if (compareBytes(path.subarray(0, shorter), want.subarray(0, shorter)) !== 0) return "apart";
  if (path.length === want.length) return "below";
  const next = path.length > want.length ? path[want.length] : want[path.length];
  if (next !== 0x2f) return "apart";
  return path.length > want.length ? "below" : "above";
}

/** A path as archives spell it: without `./` or `/` before it and `/` behind it. */
export function normalPath(path: Uint8Array): Uint8Array {
  let start = 0;
  let end = path.length;
  for (;;) {
    if (path[start] === 0x2f) start++;
    else if (path[start] === 0x2e && (path[start + 1] === 0x2f || start + 1 === end)) start += 1;
    else break;
  }
  while (end > start && path[end - 1] === 0x2f) end--;
  return path.subarray(start, end);
}
