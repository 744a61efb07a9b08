// Statistics of a repository, for people and programs. spec/15-repository.md
import { toHex } from "../../bytes/hex.js";
import type { StoredFiles } from "../../repository/facts.js";
import type { Repository } from "../../repository/repository.js";
import type { RepositoryStats } from "../../repository/stats/stats.js";
import { pathJson } from "../json.js";
import { escapeBytes } from "../ui/escape.js";
import { formatBytes, formatCount, formatCounted, formatPercent } from "../ui/units.js";

const shortId = 12;

/** The lines: sums, then a row for each snapshot, then the largest files. */
export function statsLines(stats: RepositoryStats): readonly string[] {
  const { snapshots, largest } = stats;
  return [
    ...sumLines(stats),
    ...(snapshots.length === 0 ? [] : ["", ...snapshotTable(stats)]),
    ...(largest.length === 0
      ? []
      : ["", "largest files", ...largest.map((file) => `${cell(formatBytes(file.size), 10)}  ${escapeBytes(file.path)}`)]),
  ];
}

function sumLines(stats: RepositoryStats): readonly string[] {
  const { snapshots, contentBytes, uniqueBytes, neededBytes, neededStoredBytes, garbageBytes, duplicateBytes, storedBytes } = stats;
  const kinds = Object.entries(stats.kinds).map(([kind, { objects }]) => formatCounted(objects, kind, kind === "links" ? kind : `${kind}s`));
  const copies = duplicateBytes === 0 ? "" : `; ${formatBytes(duplicateBytes)} stored more than once`;
  return [
    fact("contents", `${formatBytes(contentBytes)} in ${formatCounted(snapshots.length, "snapshot")}`),
    fact("unique", `${formatBytes(uniqueBytes)}: deduplication saves ${formatRatio(contentBytes, uniqueBytes)}`),
    fact(
      "compressed",
      `${formatBytes(neededStoredBytes)} for ${formatBytes(neededBytes)}: compression saves ${formatRatio(neededBytes, neededStoredBytes)}`,
    ),
    fact("stored", `${formatBytes(storedBytes)}: ${placesOf(stats)}`),
    fact("garbage", `${formatBytes(garbageBytes)} (${formatPercent(garbageBytes, storedBytes)} of what is stored)${copies}`),
    ...filesLine("marked", stats.marked, "prune deletes them when their grace period is over"),
    ...filesLine("orphans", stats.orphans, "left by a crash, or being written"),
    fact("objects", kinds.length === 0 ? "none" : kinds.join(", ")),
  ];
}

function placesOf({ packs, adopted, index, snapshotArchives }: RepositoryStats): string {
  const places = [
    [packs, "pack"],
    [adopted, "adopted archive"],
    [index, "index archive"],
    [snapshotArchives, "snapshot archive"],
  ] as const;
  return places.flatMap(([files, name]) => (files.count === 0 ? [] : [`${formatCounted(files.count, name)} ${formatBytes(files.bytes)}`])).join(", ");
}

function filesLine(name: string, { count, bytes }: StoredFiles, remark: string): readonly string[] {
  return count === 0 ? [] : [fact(name, `${formatCounted(count, "pack")}, ${formatBytes(bytes)}: ${remark}`)];
}

function snapshotTable({ snapshots }: RepositoryStats): readonly string[] {
  const head = `${"snapshot".padEnd(shortId)}  ${"finished".padEnd(20)}  ${cell("entries", 11)}  ${cell("contents", 10)}  ${cell("only here", 10)}`;
  const rows = snapshots.map(({ id, finished, entries, contentBytes, uniqueBytes }) =>
    [
      toHex(id).slice(0, shortId),
      finished.padEnd(20),
      cell(formatCount(entries), 11),
      cell(formatBytes(contentBytes), 10),
      cell(formatBytes(uniqueBytes), 10),
    ].join("  "),
  );
  return [head, ...rows];
}

/** The document of `repo stats`. */
export function statsJson(
  stats: RepositoryStats,
  { storage: { location }, description: { id } }: Pick<Repository, "storage" | "description">,
): object {
  const { snapshots, largest, contentBytes, uniqueBytes, neededBytes, neededStoredBytes, ...numbers } = stats;
  return {
    location,
    id,
    ...numbers,
    contentBytes,
    uniqueBytes,
    neededBytes,
    neededStoredBytes,
    deduplication: ratioOf(contentBytes, uniqueBytes),
    compression: ratioOf(neededBytes, neededStoredBytes),
    snapshots: snapshots.map((one) => ({ ...one, id: toHex(one.id) })),
    largest: largest.map(({ path, size, snapshot }) => ({ ...pathJson(path), size, snapshot: toHex(snapshot) })),
    exitCode: 0,
  };
}

/** How many times larger it would be; null where nothing is stored. */
function ratioOf(without: number, by: number): number | null {
  return by === 0 ? null : Math.round((without / by) * 100) / 100;
}

function formatRatio(without: number, by: number): string {
  const saved = Math.max(0, without - by);
  return `${formatPercent(saved, without)} (${(ratioOf(without, by) ?? 1).toFixed(2)} times)`;
}

function cell(text: string, width: number): string {
  return text.padStart(width);
}

function fact(name: string, value: string): string {
  return `${name.padEnd(11)} ${value}`;
}
