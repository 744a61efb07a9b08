// Marks: packs that are going to be deleted. spec/15-repository.md#prune
import { claimedTime } from "../../archive/claimed-time.js";
import { toHex } from "../../bytes/hex.js";
import type { Crypto } from "../../crypto/crypto.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { Mark } from "../../format/generated/types.js";
import type { Limits } from "../../format/limits.js";
import { decodeMark, encodeMark } from "../../format/mark.js";
import { isFinding, type OnProblem } from "./finding.js";
import { putFile, readFile } from "./small-files.js";
import type { Storage } from "./storage.js";

/** Packs that one mark names, about 1 MiB of them. */
const packsPerMark = 15_000;

/** A mark as it lies in the storage. */
export interface StoredMark {
  /** Name of its file. */
  readonly name: string;
  readonly mark: Mark;
  /** When it was written, by the clock of the storage. */
  readonly written: number;
}

/** All marks; `onProblem` is told of those that cannot be read, default: the first is thrown. @throws PTAR_REPOSITORY_INVALID, PTAR_IO_FAILED */
export async function readMarks(storage: Storage, limits: Limits, onProblem?: OnProblem): Promise<readonly StoredMark[]> {
  const marks: StoredMark[] = [];
  for await (const { name, written } of storage.list("marks")) {
    const bytes = await readFile(storage, `marks/${name}`, limits.markBytes);
    // swept meanwhile
    if (bytes === undefined) continue;
    try {
      marks.push({ name, written, mark: decodeMark(bytes, name, limits) });
    } catch (error) {
      if (onProblem === undefined || !isFinding(error)) throw error;
      onProblem(`marks/${name}`, error);
    }
  }
  return marks;
}

/** What marks doom. */
export interface Doomed {
  /** Packs, named in hex. */
  readonly packs: ReadonlySet<string>;
  /** The first mark that cannot be read might name any pack: whoever writes does not go on, whoever reads does. */
  readonly unread: PtarError | undefined;
}

/** What the marks that can be read doom. @throws PTAR_IO_FAILED */
// spec/15-repository.md#prune
export async function readDoomed(storage: Storage, limits: Limits, onProblem?: OnProblem): Promise<Doomed> {
  let unread: PtarError | undefined;
  const marks = await readMarks(storage, limits, (file, error) => {
    unread ??= new PtarError(error.code, error.message, {
      hint: "delete it when no prune runs: the next prune marks anew; `ptar repo check` lists all such files",
      cause: error,
    });
    onProblem?.(file, unread);
  });
  return { packs: doomedBy(marks), unread };
}

/** Names, in hex, of all packs that marks name. */
export function doomedBy(marks: readonly StoredMark[]): ReadonlySet<string> {
  return new Set(marks.flatMap(({ mark }) => mark.packs));
}

/** Publishes marks for packs, named in hex. @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
export async function publishMarks(
  storage: Storage,
  packs: readonly string[],
  { crypto, grace }: { readonly crypto: Crypto; readonly grace: number },
): Promise<void> {
  const sorted = packs.toSorted();
  for (let at = 0; at < sorted.length; at += packsPerMark) {
    const mark: Mark = { type: "mark", createdAt: claimedTime(new Date()), grace, packs: sorted.slice(at, at + packsPerMark), ext: [] };
    await putFile(storage, `marks/${toHex(crypto.randomBytes(32))}.json`, encodeMark(mark));
  }
}
