// Which snapshots are kept by a rule, and forgetting the others. spec/15-repository.md#prune
import { labelsOf } from "../parent.js";
import type { Repository } from "../repository.js";
import type { StoredSnapshot } from "../snapshot-files.js";

/** How many snapshots are kept: the latest ones, and the latest of so many hours, days, weeks, months and years that have one. */
export interface KeepRule {
  readonly last?: number;
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
  /** Snapshots with one of these tags are kept. */
  readonly tags?: readonly string[];
}

type Period = Exclude<keyof KeepRule, "tags" | "last">;

const second = 1000;
const week = 7 * 86_400 * second;
/** A Monday, 1970-01-05. */
const firstMonday = 4 * 86_400 * second;

/** Names of the periods that claimed times lie in, UTC. */
const periodOf: Readonly<Record<Period, (time: string) => string>> = {
  hourly: (time) => time.slice(0, 13),
  daily: (time) => time.slice(0, 10),
  weekly: (time) => String(Math.floor((Date.parse(time) - firstMonday) / week)),
  monthly: (time) => time.slice(0, 7),
  yearly: (time) => time.slice(0, 4),
};

/** Public keys, in hex and in order, of who made a snapshot. Those that nobody signed are by themselves. */
export type AuthorsOf = (stored: StoredSnapshot) => readonly string[];

/** What a rule does to snapshots. */
export interface RuleOutcome {
  readonly forgotten: readonly StoredSnapshot[];
  /** Kept although the rule keeps none of those of their sources and authors: nobody means to lose all that there is of something. */
  readonly spared: readonly StoredSnapshot[];
}

/** The snapshots that a rule does not keep, as `applyRule` does. */
export function forgottenBy(rule: KeepRule, snapshots: readonly StoredSnapshot[], authorsOf: AuthorsOf): readonly StoredSnapshot[] {
  return applyRule(rule, snapshots, authorsOf).forgotten;
}

/**
 * The snapshots that a rule does not keep; it is applied to those of each set of sources and authors by themselves: what others made must not take the
 * place of what is kept. `snapshots` are sorted, earlier ones first.
 */
// spec/15-repository.md#prune
export function applyRule(rule: KeepRule, snapshots: readonly StoredSnapshot[], authorsOf: AuthorsOf): RuleOutcome {
  const groups = new Map<string, StoredSnapshot[]>();
  for (const one of snapshots) {
    const name = JSON.stringify([labelsOf(one.snapshot.sources), authorsOf(one)]);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [one]);
    else group.push(one);
  }
  const [kept, spared] = [new Set<StoredSnapshot>(), new Set<StoredSnapshot>()];
  for (const group of groups.values()) {
    const keeps = keptOf(rule, group.toReversed());
    for (const one of keeps) kept.add(one);
    if (keeps.length === 0) for (const one of group) spared.add(one);
  }
  return { forgotten: snapshots.filter((one) => !kept.has(one) && !spared.has(one)), spared: snapshots.filter((one) => spared.has(one)) };
}

/** Deletes the archives of snapshots; what only they needed is garbage from then on. @throws PTAR_IO_FAILED */
export async function forgetSnapshots({ storage }: Repository, snapshots: readonly StoredSnapshot[]): Promise<void> {
  for (const { files } of snapshots) for (const file of files) await storage.remove(`snapshots/${file}.ptar`);
}

/** Of snapshots of one source, the latest first. */
function keptOf(rule: KeepRule, latestFirst: readonly StoredSnapshot[]): readonly StoredSnapshot[] {
  const { tags = [], last = 0, ...counts } = rule;
  const tagged = latestFirst.filter(({ snapshot }) => snapshot.tags.some((tag) => tags.includes(tag)));
  const byPeriod = (Object.keys(periodOf) as Period[]).flatMap((period) => latestOf(latestFirst, periodOf[period], counts[period] ?? 0));
  return [...tagged, ...latestFirst.slice(0, last), ...byPeriod];
}

/** The latest snapshot of each of the `count` latest periods that have one. */
function latestOf(latestFirst: readonly StoredSnapshot[], nameOf: (time: string) => string, count: number): readonly StoredSnapshot[] {
  const found = new Map<string, StoredSnapshot>();
  for (const one of latestFirst) {
    if (found.size >= count) break;
    const name = nameOf(one.snapshot.times.finished);
    if (!found.has(name)) found.set(name, one);
  }
  return [...found.values()];
}
