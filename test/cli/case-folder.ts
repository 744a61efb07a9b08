// A tree of one folder, "case", that tests archive and extract to disks which cannot take it.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { type Place, place } from "./run.js";

/** A fresh place with an empty folder `case`. */
export interface CaseFolder extends Place {
  /** Makes a file in it. */
  put(name: string, content: string | Uint8Array): void;
  /** Makes the archive `a.ptar` of it. */
  created(): Promise<void>;
  /** Names in `folder`, sorted; each is a file that equals the one of this name in `case`. */
  wholeFiles(folder: string): readonly string[];
}

export function caseFolder(): CaseFolder {
  const here = place();
  const files = join(here.folder, "case");
  mkdirSync(files);
  return {
    ...here,
    put: (name, content) => writeFileSync(join(files, name), content),
    async created() {
      expect(await here.ptar("create", "a.ptar", "case")).toMatchObject({ code: 0 });
    },
    wholeFiles(folder) {
      const names = readdirSync(folder).toSorted();
      for (const name of names) expect(readFileSync(join(folder, name)).equals(readFileSync(join(files, name)))).toBe(true);
      return names;
    },
  };
}
