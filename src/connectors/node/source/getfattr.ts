// Extended attributes of many entries at once, by getfattr: Node has no call for them. spec/05-page.md#xattrs
import { compareBytes } from "../../../bytes/compare.js";
import type { Xattr } from "../../../format/generated/types.js";
import { encodeXattr } from "../../../format/xattr.js";
import { ownLimit } from "../own-limits.js";
import { findProgram, runProgram } from "../programs.js";
import { canHold, roomToHold } from "./held-directory.js";
import { handedOver, heldAgain, inherited, type SeenEntry, seenAgain } from "./seen-entry.js";
import { nothingTold, type XattrAnswer, XattrDump } from "./xattr-dump.js";

/** The two programs. Arguments of Node are text: xargs takes names as bytes. */
export interface XattrPrograms {
  readonly getfattr: string;
  readonly xargs: string;
  /** Longest command line that the system is asked to take, bytes. */
  readonly lineBytes: number;
}

/** What an item gets. */
export interface XattrFacts {
  readonly xattrs?: readonly Xattr[];
  /** Why attributes could not be read, or not all. */
  readonly errno?: string;
}

/** Longest command lines: what Linux takes of every process, less what xargs wants of it, and what it takes of one with the usual stack. */
const leastLineBytes = 120_000;
const usualLineBytes = 262_144;
/** A command line has at most a quarter of the stack. */
const usualStackBytes = 16 * usualLineBytes;
/** Part of a command line that paths may take: there are pointers to them too. */
const pathsShare = 2;
const runEntries = 4096;
/** Descriptors of single entries that are held at a time. */
const heldEntries = 256;
/** Values that are kept of one question, as the text that is stored: more than the limit of one entry. */
const keptBytes = 4 << 20;
/** Fails wherever it is looked up: when it did, the run was not cut short. */
const endMark = Buffer.from("/dev/null/end of run");
const nothingFound: XattrFacts = {};
const unread: XattrAnswer = { attributes: [], errno: "EIO" };
const stale: XattrAnswer = { attributes: [], errno: "ESTALE" };

/** undefined where they are not at hand, or entries cannot be handed over to them. */
export function findXattrPrograms(): XattrPrograms | undefined {
  const [getfattr, xargs] = [findProgram("getfattr"), findProgram("xargs")];
  if (!canHold() || getfattr === undefined || xargs === undefined) return undefined;
  const stackBytes = ownLimit("Max stack size") ?? 0;
  return { getfattr, xargs, lineBytes: stackBytes < usualStackBytes ? leastLineBytes : usualLineBytes };
}

/**
 * Attributes of `entries`, or of the first of them when all would fill the memory: the rest is to be asked about again. An entry
 * that another took the place of gets ESTALE and no attributes. @throws PTAR_INTERRUPTED
 */
export async function readXattrs(
  entries: readonly SeenEntry[],
  programs: XattrPrograms,
  signal: AbortSignal | undefined,
): Promise<readonly XattrFacts[]> {
  const run: Run = { programs, signal, links: "themselves", room: { bytes: keptBytes } };
  const { paths, descriptors } = handedOver(entries);
  const answers = [...(await ask(paths, descriptors, run))];
  const touched: number[] = [];
  for (const i of answers.keys()) {
    // spec/05-page.md#errors
    const entry = entries[i] as SeenEntry;
    const now = seenAgain(entry);
    if (now === undefined) answers[i] = stale;
    // a log that is written and a directory that gets an entry are themselves, but one that was away meanwhile looks like them
    else if (String(now.ctimeNs) !== entry.item.ctime) touched.push(i);
  }
  const again = { ...run, links: "followed", room: { bytes: keptBytes } } as const;
  const most = roomToHold(heldEntries);
  for (let start = 0; start < touched.length && (touched[start] as number) < answers.length; start += most)
    await askHeld(touched.slice(start, start + most), { entries, answers, run: again });
  return answers.map(factsOf);
}

interface Run {
  readonly programs: XattrPrograms;
  readonly signal: AbortSignal | undefined;
  /** Whether symlinks are asked about or lead on: descriptors look like symlinks. */
  readonly links: "themselves" | "followed";
  /** What is left of the memory for values. */
  readonly room: { bytes: number };
}

/** Asks once more about entries that are held while they are asked about: nothing can take their places. */
async function askHeld(
  indexes: readonly number[],
  { entries, answers, run }: { readonly entries: readonly SeenEntry[]; readonly answers: XattrAnswer[]; readonly run: Run },
): Promise<void> {
  const held = indexes.flatMap((index) => {
    const entry = heldAgain(entries[index] as SeenEntry);
    answers[index] = stale;
    return entry === undefined ? [] : [{ index, entry }];
  });
  try {
    const descriptors = held.map(({ entry }) => entry.descriptor);
    const again = await ask(
      descriptors.map((_, i) => inherited(i)),
      descriptors,
      run,
    );
    for (const [i, answer] of again.entries()) answers[(held[i] as { index: number }).index] = answer;
    // what was not told for want of room is asked for with the rest
    answers.length = held[again.length]?.index ?? answers.length;
  } finally {
    for (const { entry } of held) entry.close();
  }
}

/** Answers about all paths, or about the first of them. */
async function ask(paths: readonly Buffer[], descriptors: readonly number[], run: Run): Promise<readonly XattrAnswer[]> {
  const answers: XattrAnswer[] = [];
  for (let [start, end] = [0, 0]; start < paths.length && answers.length === start; start = end) {
    end = endOfRun(paths, start, run.programs.lineBytes / pathsShare);
    answers.push(...(await askOnce(paths.slice(start, end), descriptors, run)));
  }
  return answers;
}

function endOfRun(paths: readonly Buffer[], start: number, most: number): number {
  let [end, bytes] = [start, 0];
  while (end < paths.length && end - start < runEntries && (end === start || bytes < most)) bytes += (paths[end++] as Buffer).length + 1;
  return end;
}

async function askOnce(
  paths: readonly Buffer[],
  descriptors: readonly number[],
  { programs, signal, links, room }: Run,
): Promise<readonly XattrAnswer[]> {
  const marked = [...paths, endMark];
  const dump = new XattrDump(marked, room);
  // one command line or none: xargs must not cut the run in two
  const whole = ["-0", "-x", "-n", String(marked.length), "-s", String(programs.lineBytes)];
  const how = [...(links === "themselves" ? ["-h"] : []), "-d", "-m", "-", "-e", "hex", "--absolute-names", "--"];
  const status = await runProgram(programs.xargs, {
    arguments: [...whole, programs.getfattr, ...how],
    input: terminated(marked),
    descriptors,
    onLine: (line) => dump.takeLine(line),
    onErrorLine: (line) => dump.takeErrorLine(line),
    signal,
  });
  return (status === undefined ? undefined : dump.answers()) ?? paths.map(() => unread);
}

/** All paths, a NUL behind each. */
function terminated(paths: readonly Buffer[]): Uint8Array {
  const input = new Uint8Array(paths.reduce((length, path) => length + path.length + 1, 0));
  let at = 0;
  for (const path of paths) {
    input.set(path, at);
    at += path.length + 1;
  }
  return input;
}

function factsOf(answer: XattrAnswer): XattrFacts {
  if (answer === nothingTold) return nothingFound;
  const { attributes, errno } = answer;
  const sorted = [...attributes].sort((a, b) => compareBytes(a.name, b.name));
  return { ...(sorted.length === 0 ? {} : { xattrs: sorted.map(encodeXattr) }), ...(errno === undefined ? {} : { errno }) };
}
