// Lets a program die at its n-th change of a file system, or tell all of them: for tests that kill at each place.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/** What a program is watched for. */
export interface Watch {
  /** It is killed before this change; the first is 1. */
  readonly dieAt?: number;
  /** Called with each change. */
  readonly onChange?: (change: string) => void;
  /** What counts: every call, or those alone after which a folder is another one for whoever looks after a kill; default `calls`. */
  readonly counted?: "calls" | "changes";
}

type Call = (this: unknown, ...values: unknown[]) => unknown;
type Calls = Record<string, Call | undefined>;

const calls = [
  "open",
  "mkdir",
  "link",
  "symlink",
  "unlink",
  "rmdir",
  "rename",
  "write",
  "fsync",
  "ftruncate",
  "truncate",
  "utimes",
  "futimes",
  "close",
];
/** Opening, closing and bringing to the disk change nothing that another program sees. */
const changing = new Set(["mkdir", "link", "symlink", "unlink", "rmdir", "rename", "write", "ftruncate", "truncate"]);
const methods = ["write", "sync", "truncate", "utimes", "close"];

/** Watches all calls of Node's file system that change something, and opening and closing. To be called once, before anything else runs. */
export async function watchChanges({ dieAt = 0, onChange, counted = "calls" }: Watch): Promise<void> {
  let count = 0;
  const step = (words: readonly unknown[]) => {
    if (counted === "changes" && !changing.has(words[0] as string)) return;
    count++;
    // before the call: after it is before the next one
    if (count === dieAt) process.kill(process.pid, "SIGKILL");
    onChange?.(words.filter((word) => typeof word === "string").join(" "));
  };
  for (const name of calls) {
    watch(fs as unknown as Calls, `${name}Sync`, (_self, values) => step([name, ...values.slice(0, 2)]));
  }
  await watchHandles(step);
  for (const name of calls.filter((name) => name !== "open")) {
    watch(fs.promises as unknown as Calls, name, (_self, values) => step([name, ...values.slice(0, 2)]));
  }
  // the bundle imports names; these follow only now
  syncBuiltinESMExports();
}

async function watchHandles(step: (words: readonly unknown[]) => void): Promise<void> {
  const paths = new WeakMap<object, unknown>();
  const open = fs.promises.open;
  const handle = await open(process.execPath);
  for (const name of methods) watch(Object.getPrototypeOf(handle) as Calls, name, (self) => step([name, paths.get(self as object)]));
  fs.promises.open = async (path, ...rest) => {
    step(["open", path]);
    const opened = await open(path, ...rest);
    paths.set(opened, path);
    return opened;
  };
  await handle.close();
}

function watch(owner: Calls, name: string, before: (self: unknown, values: readonly unknown[]) => void): void {
  const call = owner[name];
  if (call === undefined) return;
  owner[name] = function (...values) {
    before(this, values);
    return call.apply(this, values);
  };
}
