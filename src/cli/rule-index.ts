// Finds the last of many patterns that matches a path: thousands of patterns must not slow down a walk over millions of paths.
import type { Glob } from "./glob.js";

/** A pattern with what it is compared to. */
export interface IndexedRule {
  readonly glob: Glob;
  readonly directoryOnly: boolean;
  /** Compared to the whole path; else to the last name. */
  readonly anchored: boolean;
}

/** Number of the last rule that matches `path`, names joined by `/`; undefined when none does. */
export type LastMatch = (path: string, isDirectory: boolean) => number | undefined;

interface NumberedRule extends IndexedRule {
  readonly number: number;
}

/** Rules that one look-up finds. */
interface Bucket {
  /** Numbers of the last rules that need nothing more: for directories, and for everything. */
  directory: number;
  any: number;
  /** Rules that must be tried. */
  readonly tried: NumberedRule[];
}

interface Subject {
  readonly path: string;
  readonly name: string;
  readonly isDirectory: boolean;
}

type Buckets = Map<string, Bucket>;
type BucketsByLength = Map<number, Buckets>;

/** Rules by what is literal in them: a whole path or name, the directories above, or how a name begins or ends. Few are left to be tried one by one. */
export function createRuleIndex(rules: readonly IndexedRule[]): LastMatch {
  const paths: Buckets = new Map();
  const names: Buckets = new Map();
  const folders: Buckets = new Map();
  const starts: BucketsByLength = new Map();
  const ends: BucketsByLength = new Map();
  rules.forEach((one, number) => {
    const rule = { ...one, number };
    const { shape, prefix, suffix } = rule.glob;
    if (shape === "literal") settle(bucketOf(rule.anchored ? paths : names, prefix), rule);
    else if (rule.anchored) bucketOf(folders, folderOf(prefix)).tried.push(rule);
    else if (shape === "ending") settle(bucketOf(ofLength(ends, suffix.length), suffix), rule);
    else if (shape === "starting") settle(bucketOf(ofLength(starts, prefix.length), prefix), rule);
    else if (prefix === "") bucketOf(ofLength(ends, suffix.length), suffix).tried.push(rule);
    else bucketOf(ofLength(starts, prefix.length), prefix).tried.push(rule);
  });
  return (path, isDirectory) => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const subject = { path, name, isDirectory };
    let best = lastOf(names.get(name), subject, lastOf(paths.get(path), subject, -1));
    for (const [length, texts] of ends) if (length <= name.length) best = lastOf(texts.get(name.slice(name.length - length)), subject, best);
    for (const [length, texts] of starts) best = lastOf(texts.get(name.slice(0, length)), subject, best);
    if (folders.size > 0) best = lastBelow(folders, subject, best);
    return best < 0 ? undefined : best;
  };
}

/** Anchored patterns are tried only below the directories that they name in full. */
function lastBelow(folders: Buckets, subject: Subject, best: number): number {
  let last = lastOf(folders.get(""), subject, best);
  for (let at = subject.path.indexOf("/"); at >= 0; at = subject.path.indexOf("/", at + 1))
    last = lastOf(folders.get(subject.path.slice(0, at)), subject, last);
  return last;
}

/** The number of the last rule that matches, if it is greater than `best`. */
function lastOf(bucket: Bucket | undefined, subject: Subject, best: number): number {
  if (bucket === undefined) return best;
  const { path, name, isDirectory } = subject;
  const found = Math.max(best, bucket.any, isDirectory ? bucket.directory : -1);
  // from the end, for the last one decides
  for (let i = bucket.tried.length - 1; i >= 0; i--) {
    const { number, glob, anchored, directoryOnly } = bucket.tried[i] as NumberedRule;
    if (number < found) return found;
    const text = anchored ? path : name;
    if ((isDirectory || !directoryOnly) && text.startsWith(glob.prefix) && text.endsWith(glob.suffix) && glob.matches([...text])) return number;
  }
  return found;
}

/** Rules come in their order: a later one takes the place of an earlier one. */
function settle(bucket: Bucket, { number, directoryOnly }: NumberedRule): void {
  if (directoryOnly) bucket.directory = number;
  else bucket.any = number;
}

function bucketOf(buckets: Buckets, text: string): Bucket {
  const bucket = buckets.get(text) ?? { directory: -1, any: -1, tried: [] };
  buckets.set(text, bucket);
  return bucket;
}

function ofLength(lengths: BucketsByLength, length: number): Buckets {
  const buckets = lengths.get(length) ?? new Map<string, Bucket>();
  lengths.set(length, buckets);
  return buckets;
}

/** The directories that a pattern names in full. */
function folderOf(prefix: string): string {
  return prefix.slice(0, Math.max(0, prefix.lastIndexOf("/")));
}
