// An archive is copied byte for byte, and every byte is one that was checked. spec/15-repository.md#adopted
import { describe, expect, it } from "vitest";
import { openArchive } from "../../../src/archive/open.js";
import { MemoryReader } from "../../../src/connectors/memory/reader.js";
import { MemorySink } from "../../../src/connectors/memory/sink.js";
import type { ByteReader } from "../../../src/container/bytes-io.js";
import { Container } from "../../../src/container/container.js";
import { limits } from "../../../src/format/limits.js";
import { copyBytes, haveSameBytes } from "../../../src/repository/transfer/byte-copy.js";
import { importArchives } from "../../../src/repository/transfer/import.js";
import { archiveOf, native } from "../../archive/engines.js";
import { refusal } from "../../container/refusal.js";
import { newRepository, pack } from "../repositories.js";
import { countStored } from "./adopting.js";

const bytes = await archiveOf({ a: "text", b: "more text" });
const other = await archiveOf({ a: "text", b: "other text" });

/** A file that somebody writes to: one byte is another one when it is read at `offset` for the second time. */
function rewritten(at: number): ByteReader {
  let reads = 0;
  return {
    length: bytes.length,
    async read(offset, length) {
      const part = bytes.slice(offset, offset + length);
      if (offset <= at && at < offset + length && ++reads > 1) part[at - offset] = (part[at - offset] as number) ^ 1;
      return part;
    },
  };
}

async function copied(reader: ByteReader): Promise<Uint8Array> {
  const sink = new MemorySink();
  let told = 0;
  const container = await Container.open(reader, native.crypto, limits);
  await copyBytes(container, sink, {
    onBytes: (length) => {
      told += length;
    },
  });
  expect(told).toBe(reader.length);
  return sink.bytes();
}

describe("a copy", () => {
  it("has the same bytes", async () => {
    expect(await copied(new MemoryReader(bytes))).toEqual(bytes);
  });

  it("fails where a byte changes while it is copied, wherever that is", async () => {
    const container = await Container.open(new MemoryReader(bytes), native.crypto, limits);
    for (let number = 1; number <= container.lastFrame; number++) {
      const place = await container.generations[0]?.table.place(number);
      // those behind the frame table were read on opening: a second time is the check of the copy
      if (place === undefined) continue;
      for (const at of [place.offset + 30, place.end - 1])
        expect(await refusal(() => copied(rewritten(at))), `${at}`).toMatch(/^PTAR_FRAME_(HASH|CHECK)/);
    }
    expect(await refusal(() => copied(rewritten(20)))).toMatch(
      "PTAR_FRAME_HASH: archive: its bytes from offset 0 to 64 changed while they were copied",
    );
  });

  it("is stopped by its signal", async () => {
    const container = await Container.open(new MemoryReader(bytes), native.crypto, limits);
    const signal = AbortSignal.abort(new Error("stop"));
    await expect(copyBytes(container, new MemorySink(), { signal })).rejects.toThrow("stop");
  });
});

describe("an archive that is adopted", () => {
  it("is not exchanged for another one between verifying and copying", async () => {
    let current = bytes;
    let openings = 0;
    const reader: ByteReader = {
      get length() {
        return current.length;
      },
      async read(offset, length) {
        if (offset === 0 && ++openings > 1) current = other;
        return current.slice(offset, offset + length);
      },
    };
    const archive = await openArchive(reader, { engine: native, trust: "any-signer" });
    const repository = await newRepository();
    const problem = await refusal(() => importArchives(repository, [archive], { pack, adopt: { identities: [] } }));
    expect(problem).toMatch(/^PTAR_VERIFY_UNEXPECTED: archive \w+: it was exchanged/);
    expect(await countStored(repository)).toEqual([0, 0, 0, 0]);
  });
});

describe("two files", () => {
  it("are the same when each byte is", async () => {
    const large = new Uint8Array(2_500_000).fill(7);
    const same = (a: Uint8Array, b: Uint8Array) => haveSameBytes(new MemoryReader(a), new MemoryReader(b));
    expect(await same(large, large.slice())).toBe(true);
    for (const at of [0, 1_048_575, 1_048_576, 2_499_999]) expect(await same(large, large.with(at, 8))).toBe(false);
    expect(await same(large, large.subarray(1))).toBe(false);
    expect(await same(new Uint8Array(), new Uint8Array())).toBe(true);
  });
});
