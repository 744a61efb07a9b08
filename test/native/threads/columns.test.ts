// Pieces and results cross threads as columns, and are the same afterwards.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FileEnd, Piece, PieceResult } from "../../../src/archive/lanes.js";
import { digestColumns, digestOf, pieceColumns, piecesOf } from "../../../src/native/threads/columns.js";

const seed = { seed: 1, numRuns: 100 };
/** Objects as programs make them. */
const plain = { noNullPrototype: true } as const;
const size = fc.maxSafeNat();
const nanoseconds = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
const key = fc.tuple(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map(([dev, inode]) => `${dev}:${inode}`);
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 });
const hex = digest.map((bytes) => Buffer.from(bytes).toString("hex"));
const bytesOfPath = fc.uint8Array({ minLength: 1, maxLength: 40 });

const piece: fc.Arbitrary<Piece> = fc.record(
  {
    file: fc.integer(),
    part: fc.constantFrom("first", "next"),
    limit: size,
    content: fc.record(
      { kind: fc.constant("path"), path: bytesOfPath, size, ctime: nanoseconds, mtime: nanoseconds, folder: key, file: key },
      { requiredKeys: ["kind", "path", "size", "ctime", "mtime"], ...plain },
    ),
  },
  plain,
);

const stats = fc.record({ ctime: fc.option(nanoseconds), mtime: fc.option(nanoseconds), size }, plain);
const error = fc.record({ code: fc.constantFrom("EIO", "EACCES"), operation: fc.constantFrom("read", "open"), offset: size, length: size }, plain);
const end: fc.Arbitrary<FileEnd> = fc.record(
  {
    stored: size,
    sha256: digest,
    errors: fc.array(error, { maxLength: 2 }),
    unstable: fc.option(fc.record({ before: stats, after: stats }, plain), { nil: undefined }),
    digests: fc.option(fc.record({ md5: hex, sha1: hex, sha512: hex }, { requiredKeys: [], ...plain }), { nil: undefined }),
    noatime: fc.constantFrom("kept", "refused", undefined),
  },
  plain,
);
const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 5 });
const result = fc.record({ lengths, end: fc.option(end, { nil: undefined }) });

/** As it arrives in another thread. */
const crossed = <T>(value: T): T => structuredClone(value);

describe("columns", () => {
  it("give back pieces", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        expect(piecesOf(crossed(pieceColumns(pieces)))).toStrictEqual(pieces);
      }),
      seed,
    );
  });

  it("give back the results of a batch, and its chunks where they are in the buffer", () => {
    fc.assert(
      fc.property(fc.array(result, { maxLength: 20 }), fc.infiniteStream(digest), fc.nat(100), (described, ids, gap) => {
        const shared = new Uint8Array(new SharedArrayBuffer(40_000));
        for (let i = 0; i < shared.length; i++) shared[i] = i;
        const chunks: Uint8Array[] = [];
        let at = gap;
        const results = described.map(({ lengths: all, end: whole }): PieceResult => {
          const rows = all.map((length) => {
            chunks.push(shared.subarray(at, at + length));
            at += length;
            return { id: ids.next().value, length };
          });
          return { chunks: rows, end: whole };
        });
        const arrived = digestOf(crossed(digestColumns({ results, chunks })), shared);
        expect(arrived.results).toStrictEqual(results);
        expect(arrived.chunks).toStrictEqual(chunks);
        for (const [i, chunk] of arrived.chunks.entries()) expect(chunk.byteOffset).toBe(chunks[i]?.byteOffset);
        for (const chunk of arrived.chunks) expect(chunk.buffer).toBe(shared.buffer);
      }),
      seed,
    );
  });

  it("know a file that goes on from one that is empty", () => {
    const sha256 = new Uint8Array(32);
    const empty: FileEnd = { stored: 0, sha256, errors: [], unstable: undefined, digests: undefined, noatime: undefined };
    const results = [
      { chunks: [], end: undefined },
      { chunks: [], end: empty },
    ];
    expect(digestOf(crossed(digestColumns({ results, chunks: [] })), new Uint8Array()).results).toStrictEqual(results);
  });
});
