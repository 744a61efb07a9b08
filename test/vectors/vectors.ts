// The test vectors as tests see them. spec/10-verify.md#codes
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import type { Engine } from "../../src/archive/engine.js";
import type { Level } from "../../src/archive/results.js";
import { verifyArchive } from "../../src/archive/verify.js";
import { plainChunker } from "../../src/chunking/chunker.js";
import { loadWasmChunker } from "../../src/chunking/gear-wasm.js";
import { loadPortableCodecs } from "../../src/compression/portable.js";
import type { ByteReader } from "../../src/container/bytes-io.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import { parseFingerprint } from "../../src/keys/archive-fingerprint.js";
import { parseTrust } from "../../src/keys/trust.js";
import { loadNativeCodecs } from "../../src/native/codecs.js";
import { nativeCrypto } from "../../src/native/crypto.js";
import { expected, type Means, type Outcome, outcomeBy, Tally, type Vector } from "./reading.js";

/** Folder of the vectors. */
export const folder = join(import.meta.dirname, "../../test-vectors");

export const vectors = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as readonly Vector[];
export const bytesOf = (vector: Vector): Uint8Array => readFileSync(join(folder, vector.file));

export const native: Engine = { crypto: nativeCrypto, codecs: await loadNativeCodecs(), chunker: loadWasmChunker() };
export const portable: Engine = { crypto: portableCrypto, codecs: await loadPortableCodecs(), chunker: plainChunker };

export const rows = (some: readonly Vector[]) => some.map((vector) => [vector.name, vector] as const);
/** A number that is the vector's own, the same one in every run. */
export const seedOf = ({ name }: Vector): number => createHash("sha256").update(name).digest().readUInt32LE();
/** Whether a vector is one in `n`, the same ones in every run. */
export const isOneIn = (n: number, vector: Vector): boolean => (seedOf(vector) & 255) % n === 0;

/** Text of a file in keys/. */
export const keyText = (file: string) => readFileSync(join(folder, "keys", file), "utf8");
/** Whom readers of the vectors trust. */
export const trust = parseTrust(keyText("trusted"), "keys/trusted");

/** Verifies `reader` as the README of the vectors says. */
export function outcomeOf(vector: Vector, reader: ByteReader, options: Pick<Means, "engine"> & { readonly level: Level }): Promise<Outcome> {
  return outcomeBy(vector, reader, { ...options, face: { parseFingerprint, PtarError, verifyArchive }, trust, keyText });
}

/** Makes a test of each outcome of one way to read vectors, in the group in which it is called; when that has ended it prints how many there were. */
export function judgeOf(way: string): (vector: Vector, outcome: Outcome, level?: Level) => void {
  const tally = new Tally();
  afterAll(() => console.info(`vectors, ${way}: ${tally.text} (${tally.vectors} of ${vectors.length} vectors)`));
  return (vector, outcome, level = vector.level) => {
    tally.add(vector, outcome, level);
    expect(outcome, `level ${level}`).toEqual(expected(vector));
  };
}
