// A repository of many backups is read where only few files may be open. spec/15-repository.md#index
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { folderStorage } from "../../src/connectors/node/storage/folder-storage.js";
import { noise } from "../archive/engines.js";
import { newFolder } from "../connectors/folder.js";
import { backedUp, newRepository } from "./repositories.js";

const root = newFolder();
const program = join(import.meta.dirname, "../../bin/ptar.js");
const contents = (i: number) => noise(300_000, i + 1);

it.runIf(process.platform === "linux")("a repository of 75 backups with one file each is extracted with 64 descriptors", async () => {
  const repository = await newRepository({ storage: folderStorage(join(root, "r")) });
  const tree: Record<string, Uint8Array> = {};
  for (let i = 0; i < 75; i++) {
    tree[String(i).padStart(2, "0")] = contents(i);
    await backedUp(repository, tree);
  }
  const env = { ...process.env, XDG_CONFIG_HOME: join(root, "config"), XDG_CACHE_HOME: join(root, "cache"), NO_COLOR: "1" };
  const few = ["sh", ["-c", 'ulimit -n 64; exec "$@"', "sh", process.execPath, program, "extract", "r", "-C", "out", "--workers", "0"]] as const;
  execFileSync(...few, { cwd: root, env, stdio: "pipe" });
  const names = readdirSync(join(root, "out")).sort();
  expect(names).toEqual(Object.keys(tree).sort());
  for (const [i, name] of names.entries()) expect(readFileSync(join(root, "out", name)).equals(contents(i))).toBe(true);
});
