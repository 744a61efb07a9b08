// What another program does with a storage while a test looks on.
import type { Storage, StoragePath } from "../../src/repository/files/storage.js";

const pieceBytes = 300_000;
const raceMilliseconds = 16;
const lock: StoragePath = "locks/prune.json";
const lockContent = contentOf(5, 20);

/** Path of the pack number `i`. */
export function packPath(i: number): StoragePath {
  return `packs/${i.toString(16).padStart(64, "0")}.ptar`;
}

/** Bytes that are others for each `seed` and at each place. */
export function contentOf(seed: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed + 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Writes `bytes` in pieces and publishes them. */
export async function publish(storage: Storage, path: StoragePath, bytes: Uint8Array): Promise<"published" | "exists"> {
  const file = await storage.create(path);
  for (let at = 0; at < bytes.length; at += pieceBytes) await file.write(bytes.subarray(at, at + pieceBytes));
  return file.publish();
}

/** All bytes of a stored file; undefined when there is none. */
export async function contentAt(storage: Storage, path: StoragePath): Promise<Uint8Array | undefined> {
  const file = await storage.open(path);
  if (file === undefined) return undefined;
  try {
    return await file.read(0, file.length);
  } finally {
    await file.close();
  }
}

/** Publishes packs of `length` bytes. */
async function publishMany(storage: Storage, count: number, length: number): Promise<void> {
  for (let i = 0; i < count; i++) await publish(storage, packPath(i), contentOf(i, length));
}

/** Publishes and removes packs beginning with number `first`. */
async function comeAndGo(storage: Storage, first: number, count: number): Promise<void> {
  for (let i = first; i < first + count; i++) {
    await publish(storage, packPath(i), contentOf(i, 1000));
    if (i % 3 !== 0) await storage.remove(packPath(i));
  }
}

/** Asks for the names of `count` packs; the numbers of those it got. Their content is `tag`, 100,000 times. */
async function race(storage: Storage, tag: number, count: number): Promise<readonly number[]> {
  const won: number[] = [];
  for (let i = 0; i < count; i++) {
    const file = await storage.create(packPath(i));
    await file.write(new Uint8Array(100_000).fill(tag));
    // so that both of them ask at the same time
    while (Date.now() % raceMilliseconds !== 0);
    if ((await file.publish()) === "published") won.push(i);
  }
  return won;
}

/** Writes and reads `mebibytes`; by how many bytes the largest memory that this program took has grown. */
async function stream(storage: Storage, mebibytes: number): Promise<number> {
  const peak = () => process.resourceUsage().maxRSS * 1024;
  const piece = contentOf(1, 1 << 20);
  const before = peak();
  const file = await storage.create(packPath(1));
  for (let i = 0; i < mebibytes; i++) await file.write(piece);
  await file.publish();
  const reader = await storage.open(packPath(1));
  if (reader?.length !== mebibytes << 20) throw new Error(`expected ${mebibytes} MiB, found ${reader?.length} bytes`);
  for (let i = 0; i < mebibytes; i++) {
    if (!Buffer.from(await reader.read(i << 20, 1 << 20)).equals(piece)) throw new Error(`MiB ${i} is another one`);
  }
  await reader.close();
  return peak() - before;
}

/** Takes the lock, publishes a pack and gives the lock back. */
async function visit(storage: Storage): Promise<void> {
  await publish(storage, lock, lockContent);
  await publish(storage, packPath(1), contentOf(1, 1_500_000));
  await storage.remove(lock);
}

/** The files that jobs leave, which have all that they may ever have. */
export const lasting: Readonly<Record<"visit" | "life", ReadonlyMap<string, Uint8Array>>> = {
  visit: new Map([[packPath(1), contentOf(1, 1_500_000)]]),
  life: new Map([
    [packPath(1), contentOf(1, 1_500_000)],
    [packPath(2), new Uint8Array(0)],
    [`snapshots/${"ab".repeat(32)}.ptar`, contentOf(3, 10)],
    ["ptar-repository.json", contentOf(4, 100)],
  ]),
};

/** What a file has while a job is under way; undefined when there is no such file. */
export function passing(job: "visit" | "life", path: string): Uint8Array | undefined {
  return path === lock ? lockContent : lasting[job].get(path);
}

/** Everything that can be done to a storage, once. */
async function life(storage: Storage): Promise<void> {
  await publish(storage, lock, lockContent);
  for (const [path, bytes] of lasting.life) await publish(storage, path as StoragePath, bytes);
  await publish(storage, packPath(1), contentOf(6, 20));
  const dropped = await storage.create(packPath(3));
  await dropped.write(contentOf(7, 2 << 20));
  await dropped.discard();
  await storage.sweep((await storage.now()) - 60_000);
  await storage.remove(lock);
}

export const jobs = { publishMany, comeAndGo, race, stream, visit, life } as const;

/** Name of a job. */
export type Job = keyof typeof jobs;

/** Does a job; the arguments after the storage are numbers. */
export async function doJob(job: Job, storage: Storage, numbers: readonly number[]): Promise<unknown> {
  const work: (storage: Storage, a: number, b: number) => Promise<unknown> = jobs[job];
  return work(storage, numbers[0] ?? 0, numbers[1] ?? 0);
}
