// Every vector gets the class and the code that the index names, whatever engine and however its bytes are read. spec/10-verify.md#order
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import type { ByteReader } from "../../src/container/bytes-io.js";
import { Container } from "../../src/container/container.js";
import { limits } from "../../src/format/limits.js";
import { formatFingerprint } from "../../src/keys/archive-fingerprint.js";
import { bytesOf, folder, native, outcomeOf, portable, type Vector, vectors } from "./vectors.js";

const levels = ["standard", "full", "deep"] as const;

/** Reads one byte at a time. */
class OneByteReader implements ByteReader {
  readonly #reader: ByteReader;

  constructor(bytes: Uint8Array) {
    this.#reader = new MemoryReader(bytes);
  }

  get length(): number {
    return this.#reader.length;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    // a length that the archive claims must be checked before anything of that length is made
    if (offset + length > this.length) return this.#reader.read(offset, length);
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes.set(await this.#reader.read(offset + i, 1), i);
    return bytes;
  }
}

const expected = ({ expect, code }: Vector) => ({ expect, code });
const rows = (some: readonly Vector[]) => some.map((vector) => [vector.name, vector] as const);

/** Of the invalid vectors one in `n`, the same ones in every run; byte by byte and portable reading are slow. */
const oneIn = (n: number, { name }: Vector) => (createHash("sha256").update(name).digest()[0] as number) % n === 0;
/** Of the rows with a key, which share files, again one in three. */
const passes = (vector: Vector) => vector.code === null && (vector.key === undefined || oneIn(3, vector));
const byBytes = vectors.filter((vector) => passes(vector) || oneIn(5, vector));
/** With all that look at codecs and signatures, where the engines differ. */
const byPortable = vectors.filter(
  (vector) => passes(vector) || /deflate|zstd/.test(vector.flags.join()) || vector.code === "PTAR_SIGNATURE_INVALID" || oneIn(3, vector),
);

describe("vectors", () => {
  it.each(rows(vectors))("%s, native, whole", async (_name, vector) => {
    const bytes = bytesOf(vector);
    for (const level of levels.slice(levels.indexOf(vector.level))) {
      expect({ level, ...(await outcomeOf(vector, new MemoryReader(bytes), { engine: native, level })) }).toEqual({ level, ...expected(vector) });
    }
  });

  it.each(rows(byPortable))("%s, portable, whole", async (_name, vector) => {
    const { level } = vector;
    expect(await outcomeOf(vector, new MemoryReader(bytesOf(vector)), { engine: portable, level })).toEqual(expected(vector));
  });

  it.each(rows(byBytes))("%s, native, one byte at a time", async (_name, vector) => {
    const { level } = vector;
    expect(await outcomeOf(vector, new OneByteReader(bytesOf(vector)), { engine: native, level })).toEqual(expected(vector));
  });

  it.each(rows(vectors.filter(({ code }) => code === null)))("%s passes at every level and has its fingerprint", async (_name, vector) => {
    const bytes = bytesOf(vector);
    // the levels from the row's own on are read above
    for (const level of levels.slice(0, levels.indexOf(vector.level)))
      expect(await outcomeOf(vector, new MemoryReader(bytes), { engine: native, level })).toEqual(expected(vector));
    const { fingerprint } = await Container.open(new MemoryReader(bytes), native.crypto, limits);
    expect(formatFingerprint(fingerprint).replaceAll(" ", "")).toBe(`ptar1${vector.fingerprint}`);
  });

  it("lie in the folder of the vectors", () => expect(folder).toContain("test-vectors"));
});
