// Work on what is in memory already leaves room for timers and signals.
import { expect, it } from "vitest";
import { openArchive } from "../../src/archive/open.js";
import { mustHex } from "../../src/bytes/hex.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { archiveOf, native } from "./engines.js";

it("lets a timer fire while one object is read over and over", async () => {
  const archive = await openArchive(new MemoryReader(await archiveOf({ a: "a" })), { engine: native, trust: "any-signer" });
  const id = mustHex((await archive.snapshot()).snapshot.content);
  let fired = false;
  setTimeout(() => {
    fired = true;
  }, 1);
  for (let i = 0; !fired && i < 5_000_000; i++) await archive.objects.get("content", id);
  expect(fired).toBe(true);
});
