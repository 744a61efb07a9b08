// The test vectors as tests see them. spec/10-verify.md#codes
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../../src/archive/engine.js";
import { type VerifyOptions, verifyArchive } from "../../src/archive/verify.js";
import { mustHex } from "../../src/bytes/hex.js";
import { plainChunker } from "../../src/chunking/chunker.js";
import { loadWasmChunker } from "../../src/chunking/gear-wasm.js";
import { loadPortableCodecs } from "../../src/compression/portable.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import type { ByteReader } from "../../src/container/bytes-io.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import type { KeyRing } from "../../src/keys/key-ring.js";
import { parseTrust } from "../../src/keys/trust.js";
import { loadNativeCodecs } from "../../src/native/codecs.js";
import { nativeCrypto } from "../../src/native/crypto.js";

/** Folder of the vectors. */
export const folder = join(import.meta.dirname, "../../test-vectors");

/** One row of index.json, see test-vectors/README.md. */
export interface Vector {
  readonly name: string;
  readonly file: string;
  readonly expect: string;
  readonly code: string | null;
  readonly spec: string;
  readonly level: "standard" | "full" | "deep";
  readonly flags: readonly string[];
  readonly fingerprint?: string;
  readonly expectFingerprint?: string;
  readonly key?: { readonly identity?: string; readonly passphrase?: string };
}

/** What a reader says of a vector. */
export interface Outcome {
  readonly expect: string;
  readonly code: string | null;
}

export const vectors = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as readonly Vector[];
export const bytesOf = (vector: Vector): Uint8Array => readFileSync(join(folder, vector.file));

export const native: Engine = { crypto: nativeCrypto, codecs: await loadNativeCodecs(), chunker: loadWasmChunker() };
export const portable: Engine = { crypto: portableCrypto, codecs: await loadPortableCodecs(), chunker: plainChunker };

export const levels = ["standard", "full", "deep"] as const;
export const expected = ({ expect, code }: Vector): Outcome => ({ expect, code });
export const rows = (some: readonly Vector[]) => some.map((vector) => [vector.name, vector] as const);
/** Whether a vector is one in `n`, the same ones in every run. */
export const isOneIn = (n: number, { name }: Vector): boolean => (createHash("sha256").update(name).digest()[0] as number) % n === 0;

/** Reads one byte at a time. */
export class OneByteReader implements ByteReader {
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

const textOf = (key: string) => readFileSync(join(folder, "keys", key), "utf8");

/** What a row is read with. */
export function ringOf({ identity, passphrase }: NonNullable<Vector["key"]>): KeyRing {
  if (passphrase !== undefined) return { identities: [], passphrase: async () => textOf(`${passphrase}.passphrase`).replace(/\n$/, "") };
  return { identities: textOf(`${identity}.identity`).match(/^AGE-SECRET-KEY-.*$/gm) ?? [] };
}

const trust = parseTrust(readFileSync(join(folder, "keys/trusted"), "utf8"), "keys/trusted");
const classes = new Map([
  [0, "ok"],
  [3, "incomplete"],
  [4, "integrity"],
  [5, "signature"],
  [6, "trust"],
  [7, "not-found"],
  [8, "key"],
  [9, "refused"],
  [10, "unsupported"],
]);

/** Verifies `reader` as the README of the vectors says. */
export async function outcomeOf(vector: Vector, reader: ByteReader, options: Pick<VerifyOptions, "engine" | "level">): Promise<Outcome> {
  const { expectFingerprint, flags, key } = vector;
  const given = {
    ...(expectFingerprint !== undefined && { expect: mustHex(expectFingerprint) }),
    ...(key && { keys: ringOf(key) }),
  };
  try {
    const report = await verifyArchive(reader, { ...options, ...given, trust, allowUnsigned: flags.includes("allow-unsigned") });
    const problem = [...report.integrity.problems, ...report.contents.problems, ...report.signature.problems][0];
    return { expect: classOf(report.exitCode), code: problem?.code ?? null };
  } catch (error) {
    if (!(error instanceof PtarError)) throw error;
    return { expect: classOf(error.exitCode), code: error.code };
  }
}

function classOf(exitCode: number): string {
  return classes.get(exitCode) ?? `exit ${exitCode}`;
}
