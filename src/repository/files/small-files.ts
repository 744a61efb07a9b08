// Small files of a repository, written and read whole. spec/15-repository.md#layout
import type { Storage, StoragePath } from "./storage.js";

/** Puts a file; `exists`: something has the name. @throws PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
export async function putFile(storage: Storage, path: StoragePath, bytes: Uint8Array): Promise<"published" | "exists"> {
  const file = await storage.create(path);
  try {
    await file.write(bytes);
    return await file.publish();
  } finally {
    await file.discard();
  }
}

/** A file; undefined when there is none. One that is longer than `most` is read no further: its decoder refuses it. @throws PTAR_IO_FAILED */
export async function readFile(storage: Storage, path: StoragePath, most: number): Promise<Uint8Array | undefined> {
  const file = await storage.open(path);
  if (file === undefined) return undefined;
  try {
    return await file.read(0, Math.min(file.length, most + 1));
  } finally {
    await file.close();
  }
}
