// Copies of archives where threads take the memory of the blocks that they open. spec/16-transfer.md
import { expect, it } from "vitest";
import { openArchive } from "../../../src/archive/open.js";
import { MemoryStorage } from "../../../src/connectors/memory/storage.js";
import type { ByteReader } from "../../../src/container/bytes-io.js";
import { importArchives } from "../../../src/repository/transfer/import.js";
import { archiveOf, native, noise, taking } from "../../archive/engines.js";
import { filesOf, newRepository, pack, reopened } from "../repositories.js";

const tree = { a: noise(2_500_000), b: "text", d: { type: "directory", children: { e: noise(70_000, 3) } } } as const;

/** Gives a Buffer of its own for each read, whose slices are views. */
function bufferReader(bytes: Uint8Array): ByteReader {
  const read = async (offset: number, length: number) => Buffer.from(Buffer.alloc(length).fill(bytes.subarray(offset, offset + length)).buffer);
  return { length: bytes.length, read };
}

it("keep the bytes of whole blocks, also those of a Buffer", async () => {
  const bytes = await archiveOf(tree);
  const imported = async (engine: typeof native) => {
    const repository = await reopened((await newRepository({ storage: new MemoryStorage() })).storage, engine);
    await importArchives(repository, [await openArchive(bufferReader(bytes), { engine: native, trust: "any-signer" })], { pack });
    return filesOf(await reopened(repository.storage));
  };
  const there = await imported(taking);
  expect(Object.keys(there).length).toBe(3);
  expect(there).toEqual(await imported(native));
});
