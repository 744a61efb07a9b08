// Objects of an opened archive are proven once while their block is kept, and every id is. spec/04-object.md#kinds
import { describe, expect, it } from "vitest";
import { extractArchive } from "../../src/archive/extract.js";
import { openArchive } from "../../src/archive/open.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemoryTarget } from "../../src/connectors/memory/target.js";
import type { Crypto } from "../../src/crypto/crypto.js";
import type { IndexRow } from "../../src/format/index-page.js";
import { archiveOf, codesOf, extractedOf, linesOf, native } from "./engines.js";
import { forged, isChunk } from "./forge.js";

/** The native functions, and the lengths of what they hashed in one call. */
function counting(): { readonly crypto: Crypto; readonly lengths: number[] } {
  const lengths: number[] = [];
  const sha256: Crypto["sha256"] = (...parts) => {
    lengths.push(parts.reduce((sum, { length }) => sum + length, 0));
    return native.crypto.sha256(...parts);
  };
  return { crypto: { ...native.crypto, sha256 }, lengths };
}

describe("objects of an archive", () => {
  it("are hashed once for many references, and the whole file all the same", async () => {
    const zeros = new Uint8Array(64 << 20);
    const bytes = await archiveOf({ zeros, again: { type: "file", content: zeros } });
    const { crypto, lengths } = counting();
    const archive = await openArchive(new MemoryReader(bytes), { engine: { ...native, crypto }, trust: "any-signer" });
    const target = new MemoryTarget();
    await extractArchive(archive, target);
    expect(target.get("zeros")?.content?.length).toBe(zeros.length);
    const chunks = lengths.filter((length) => length >= 1 << 18);
    expect(chunks.length).toBeLessThanOrEqual(2);
  });

  it("are what their ids say although a row of the index leads elsewhere, and verify finds the row", async () => {
    const bytes = await forged({
      plan: {
        index: (rows) => {
          const other = rows.find((row) => isChunk(row, "aaa"));
          return rows.map((row) => (isChunk(row, "bb") ? { ...row, ordinal: other?.ordinal ?? 0 } : row));
        },
      },
    });
    const archive = await openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer" });
    const target = new MemoryTarget();
    await extractArchive(archive, target);
    const contents = linesOf(target).filter((line) => line.startsWith("file "));
    expect(contents).toEqual((await extractedOf(await forged({}))).filter((line) => line.startsWith("file ")));
    expect(await codesOf(bytes)).toContain("PTAR_OBJECT_ID");
  });

  it("are not read by way of a row that leads to another block", async () => {
    const bytes = await forged({
      plan: { index: (rows) => rows.map((row) => (isChunk(row, "aaa") ? { ...row, frame: snapshotFrame(rows) } : row)) },
    });
    const archive = await openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer" });
    await expect(extractArchive(archive, new MemoryTarget())).rejects.toMatchObject({ code: "PTAR_OBJECT_ID" });
  });
});

/** The frame of a block without chunks. */
function snapshotFrame(rows: readonly IndexRow[]): number {
  return rows.find(({ kind }) => kind === "snapshot")?.frame ?? 0;
}
