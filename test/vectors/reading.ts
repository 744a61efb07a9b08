// How a row of the vectors is read and judged, in Node and in a browser alike: the face of the library is handed in. test-vectors/README.md
import type { ByteReader, Engine, KeyRing, Level, PtarError, parseFingerprint, Trust, VerifyReport, verifyArchive } from "../../src/index.js";

/** One row of index.json, see test-vectors/README.md. */
export interface Vector {
  readonly name: string;
  readonly file: string;
  readonly expect: string;
  readonly code: string | null;
  readonly spec: string;
  readonly level: Level;
  readonly flags: readonly string[];
  readonly fingerprint?: string;
  readonly expectFingerprint?: string;
  readonly key?: { readonly identity?: string; readonly passphrase?: string };
}

/** What a reader says of a vector; the fingerprint where it finds nothing wrong. */
export interface Outcome {
  readonly expect: string;
  readonly code: string | null;
  readonly fingerprint?: string | undefined;
}

/** What a row is read with. */
export interface Means {
  readonly face: {
    readonly parseFingerprint: typeof parseFingerprint;
    readonly PtarError: typeof PtarError;
    readonly verifyArchive: typeof verifyArchive;
  };
  readonly engine: Engine;
  /** Keys in keys/trusted. */
  readonly trust: Trust;
  /** Text of a file in keys/. */
  readonly keyText: (file: string) => string;
}

export const levels = ["standard", "full", "deep"] as const;
/** The level of the row, and those above it. */
export const levelsFrom = ({ level }: Pick<Vector, "level">): readonly Level[] => levels.slice(levels.indexOf(level));
export const expected = ({ expect, code, fingerprint }: Vector): Outcome => ({ expect, code, fingerprint });

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
export async function outcomeBy(vector: Vector, reader: ByteReader, means: Means & { readonly level: Level }): Promise<Outcome> {
  const { expectFingerprint, flags, key } = vector;
  const { face, engine, trust, level } = means;
  const expect = expectFingerprint === undefined ? undefined : face.parseFingerprint(expectFingerprint);
  if (expect === undefined && expectFingerprint !== undefined) throw new TypeError(`${vector.name}: ${expectFingerprint} is no fingerprint`);
  const given = { ...(expect && { expect }), ...(key && { keys: ringOf(key, means.keyText) }) };
  try {
    return judged(await face.verifyArchive(reader, { engine, trust, level, ...given, allowUnsigned: flags.includes("allow-unsigned") }));
  } catch (error) {
    if (!(error instanceof face.PtarError)) throw error;
    return { expect: classOf(error.exitCode), code: error.code };
  }
}

/** What a report says, of this library or of the program. */
export function judged(report: Pick<VerifyReport, "fingerprint" | "integrity" | "contents" | "signature" | "exitCode">): Outcome {
  const { fingerprint, integrity, contents, signature, exitCode } = report;
  const [problem] = [...integrity.problems, ...contents.problems, ...signature.problems];
  const expect = classOf(exitCode);
  if (problem !== undefined || fingerprint === undefined) return { expect, code: problem?.code ?? null };
  return { expect, code: null, fingerprint: Array.from(fingerprint, (byte) => byte.toString(16).padStart(2, "0")).join("") };
}

/** The name of an exit code. */
export function classOf(exitCode: number): string {
  return classes.get(exitCode) ?? `exit ${exitCode}`;
}

/** What a row is read with. */
export function ringOf({ identity, passphrase }: NonNullable<Vector["key"]>, keyText: Means["keyText"]): KeyRing {
  if (passphrase !== undefined) return { identities: [], passphrase: async () => keyText(`${passphrase}.passphrase`).replace(/\n$/, "") };
  return { identities: keyText(`${identity}.identity`).match(/^AGE-SECRET-KEY-.*$/gm) ?? [] };
}

/** Counts what one reader says of vectors. */
export class Tally {
  #agree = 0;
  readonly #names = new Set<string>();
  readonly differences: string[] = [];

  /** Counts an outcome of `vector`; `how` tells the ways apart in which it is read. */
  add(vector: Vector, outcome: Outcome, how: string): void {
    const wanted = expected(vector);
    this.#names.add(vector.name);
    if (isSame(outcome, wanted)) this.#agree++;
    else this.differences.push(`${vector.name}, ${how}: ${textOf(outcome)}, expected ${textOf(wanted)}`);
  }

  /** How many vectors were read. */
  get vectors(): number {
    return this.#names.size;
  }

  /** `N agree, N differ`. */
  get text(): string {
    return `${this.#agree} agree, ${this.differences.length} differ`;
  }
}

function isSame(a: Outcome, b: Outcome): boolean {
  return a.expect === b.expect && a.code === b.code && a.fingerprint === b.fingerprint;
}

function textOf({ expect, code, fingerprint }: Outcome): string {
  return [expect, code ?? "without a code", ...(fingerprint === undefined ? [] : [fingerprint])].join(" ");
}
