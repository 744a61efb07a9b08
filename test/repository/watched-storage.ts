// A storage that tells what is done to it before it is done: for tests in which others come between, or everything ends.
import type { NewStored, Storage, StoragePath } from "../../src/repository/files/storage.js";

/** Called before an operation: `list index`, `open packs/HEX.ptar`, `create …`, `write …`, `publish …`, `remove …`, `now` or `sweep`. */
export type Before = (operation: string) => Promise<void> | void;

/** `storage`, watched. */
export function watchedStorage(storage: Storage, before: Before): Storage {
  const { location, exclusive } = storage;
  return {
    location,
    exclusive,
    async *list(folder) {
      await before(`list ${folder}`);
      yield* storage.list(folder);
    },
    async open(path) {
      await before(`open ${path}`);
      return storage.open(path);
    },
    async create(path) {
      await before(`create ${path}`);
      return watchedFile(await storage.create(path), path, before);
    },
    async remove(path) {
      await before(`remove ${path}`);
      return storage.remove(path);
    },
    async now() {
      await before("now");
      return storage.now();
    },
    async sweep(time) {
      await before("sweep");
      return storage.sweep(time);
    },
  };
}

/** Calls `run` before the operation that begins with `start` is done for the `time`-th time. */
export function once(start: string, run: () => Promise<void>, time = 1): Before {
  let count = 0;
  return async (operation) => {
    if (operation.startsWith(start) && ++count === time) await run();
  };
}

/** Lets nothing happen from the change number `at` on, as if the program had been killed before it; the first is 1. */
export function dyingAt(at: number): Before {
  let changes = 0;
  return (operation) => {
    if (changes < at && /^(publish|remove|sweep)/.test(operation)) changes++;
    if (changes >= at) throw new Error("killed");
  };
}

function watchedFile(file: NewStored, path: StoragePath, before: Before): NewStored {
  return {
    async write(bytes) {
      await before(`write ${path}`);
      return file.write(bytes);
    },
    async publish() {
      await before(`publish ${path}`);
      return file.publish();
    },
    discard: () => file.discard(),
  };
}
