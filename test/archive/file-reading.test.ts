// Files whose readers fail and cannot say how much they pass over. spec/05-page.md#errors
import { expect, it } from "vitest";
import { FileReading, zeroChunk } from "../../src/archive/file-reading.js";
import { plainChunker } from "../../src/chunking/chunker.js";
import { profiles } from "../../src/chunking/gear.js";
import { portableCrypto as crypto } from "../../src/crypto/portable.js";
import { type ContentReader, SourceFault } from "../../src/tree/source.js";

const params = profiles.default;
const options = { crypto, chunker: plainChunker, params, zeros: zeroChunk(crypto, params), alsoHash: [] };

/** Gives `before` bytes and fails from then on; `skips` is what it says of each skip. */
function failing(before: number, skips: readonly number[]): ContentReader {
  let at = 0;
  const left = [...skips];
  return {
    read(buffer) {
      const run = Math.min(buffer.length, before - at);
      if (run <= 0) throw new SourceFault("EIO", "read");
      at += run;
      return run;
    },
    skip: () => left.shift() ?? 0,
    close: () => undefined,
  };
}

it.each([
  ["nothing was read and nothing is passed over", 0, [], { stored: 0, errors: [{ offset: 0, length: 1 }] }],
  ["the end of a size that is not known cannot be read", 10, [], { stored: 10, errors: [{ offset: 10, length: 1 }] }],
  ["all that was listed is passed over", 0, [4096, 100], { stored: 0, errors: [{ offset: 0, length: 4196 }] }],
])("an error is recorded where %s", async (_, before, skips, expected) => {
  const { end } = await new FileReading(failing(before, skips), options).piece(new Uint8Array(2 << 20), { limit: 1 << 20, expected: undefined });
  expect(end).toMatchObject({ ...expected, errors: expected.errors.map((range) => ({ ...range, code: "EIO", operation: "read" })) });
  expect(end?.errors.length).toBe(1);
});
