// SIGKILL before each change of the file system that a job makes to a folder storage.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { folderStorage } from "../../../../src/connectors/node/storage/folder-storage.js";
import type { OtherProgram } from "../../../repository/other-program.js";
import { doJob, lasting, passing } from "../../../repository/storage-jobs.js";

const partEnding = ".ptar-part";

/** How to make a function `open` of a location in another program. */
export const opener = 'import { folderStorage as open } from "./src/connectors/node/storage/folder-storage.js";';

/**
 * Kills `program` at each place, or at one in `every`, in a new folder each time: then only whole files have final names, the next run works, and sweeping
 * leaves nothing else. How many places there are at least, and after how many of them there was something to sweep.
 */
export async function killEverywhere(
  program: OtherProgram,
  location: string,
  { job, every = 1 }: { readonly job: "visit" | "life"; readonly every?: number },
) {
  let swept = 0;
  for (let place = 1; ; place += every) {
    if (program.runUntil(place, location, job) === "ended") return { places: place - every, swept };
    expectWhole(location, job);
    const left = filesBelow(location).filter((name) => name.endsWith(partEnding)).length;
    if (left > 0) swept++;
    const storage = folderStorage(location);
    await doJob(job, storage, []);
    expect(await storage.sweep((await storage.now()) + 1), `killed before change ${place}`).toBe(left);
    expect(filesBelow(location).toSorted()).toEqual([...lasting[job].keys()].toSorted());
    expectWhole(location, job);
    rmSync(location, { recursive: true });
  }
}

function expectWhole(location: string, job: "visit" | "life"): void {
  for (const name of filesBelow(location).filter((name) => !name.endsWith(partEnding))) {
    const whole = passing(job, name);
    expect(whole !== undefined && readFileSync(join(location, name)).equals(whole), name).toBe(true);
  }
}

function filesBelow(location: string): readonly string[] {
  if (!existsSync(location)) return [];
  const entries = readdirSync(location, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.map(({ parentPath, name }) => join(parentPath, name).slice(location.length + 1));
}
