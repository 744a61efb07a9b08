// Facts about a repository, for people and programs. spec/15-repository.md#layout
import type { SnapshotReport } from "../../archive/results.js";
import type { Crypto } from "../../crypto/crypto.js";
import type { RepositoryFacts, StoredFiles } from "../../repository/facts.js";
import { openersOf, snapshotLines } from "../info-report.js";
import { snapshotJson } from "../json.js";
import { escapeText } from "../ui/escape.js";
import { formatBytes, formatCount, formatCounted } from "../ui/units.js";

/** What `info` shows of a repository. */
export interface RepositoryInfo {
  readonly location: string;
  readonly facts: RepositoryFacts;
  /** What only those see who can open it. */
  readonly opened?: {
    /** Rows of its index: an object counts once for each archive that has it. */
    readonly objects: number;
    readonly snapshots: readonly SnapshotReport[];
  };
  /** Whether `snapshots` are those that were asked for, or all. */
  readonly shows: "all" | "chosen";
}

/** The lines; of many snapshots only the range of their times, of chosen ones all that is known. */
export function repositoryLines({ location, facts, opened, shows }: RepositoryInfo, crypto: Crypto): readonly string[] {
  const { description, encryption, packs, adopted, index, snapshots } = facts;
  const { chunker, packSize, format, id, createdAt } = description;
  return [
    fact("repository", id),
    fact("location", location),
    fact("format", `PTAR ${format.replace("ptar", "")}, made ${createdAt}`),
    fact("encrypted", encryption === undefined ? "no" : ["yes", ...openersOf({ ...encryption, keySource: "keys" })].join(", ")),
    fact("chunks", `${formatBytes(chunker.min)} to ${formatBytes(chunker.max)}, ${formatBytes(chunker.average)} on average`),
    fact("packs", `${filesOf(packs, "pack")}, closed at ${formatBytes(packSize)}`),
    ...(adopted.count === 0 ? [] : [fact("adopted", filesOf(adopted, "archive"))]),
    fact("index", filesOf(index, "archive")),
    ...(opened === undefined
      ? [fact("snapshots", filesOf(snapshots, "snapshot archive")), fact("contents", "encrypted, not opened")]
      : [fact("objects", formatCount(opened.objects)), ...(shows === "all" ? rangeLines(opened.snapshots) : [])]),
    ...(shows === "all" ? [] : (opened?.snapshots ?? []).flatMap((snapshot) => ["", ...snapshotLines(snapshot, crypto)])),
  ];
}

function rangeLines(snapshots: readonly SnapshotReport[]): readonly string[] {
  const [first, last] = [snapshots.at(0)?.snapshot.times.finished, snapshots.at(-1)?.snapshot.times.finished];
  const range = first === undefined ? "" : first === last ? `, of ${first}` : `, ${first} to ${last}`;
  return [fact("snapshots", `${formatCount(snapshots.length)}${range}`)];
}

/** The document of `info`. */
export function repositoryJson({ location, facts, opened }: RepositoryInfo, crypto: Crypto): object {
  const { description, encryption, packs, adopted, index, snapshots } = facts;
  const { id, format, createdAt, chunker, packSize } = description;
  return {
    id,
    location,
    format,
    createdAt,
    chunker,
    packSize,
    ...(encryption && { encryption }),
    packs,
    adopted,
    index,
    snapshotArchives: snapshots,
    ...(opened && { objects: opened.objects, snapshots: opened.snapshots.map((one) => snapshotJson(one, crypto)) }),
    exitCode: 0,
  };
}

function filesOf({ count, bytes }: StoredFiles, name: string): string {
  return `${formatCounted(count, name)}, ${formatBytes(bytes)}`;
}

function fact(name: string, value: string): string {
  return `${name.padEnd(11)} ${escapeText(value)}`;
}
