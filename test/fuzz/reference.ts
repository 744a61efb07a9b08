// A sample of mutated archives as vectors: the reader in Python, written from the spec alone, has to say of each what the toolkit says.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHex } from "../../src/bytes/hex.js";
import { nativeCrypto } from "../../src/native/crypto.js";
import { python } from "../vectors/python.js";
import { levels, type Outcome, type Vector } from "../vectors/reading.js";
import { folder } from "../vectors/vectors.js";
import type { Outcomes } from "./judging.js";
import type { Mutant } from "./mutants.js";

interface Row extends Omit<Vector, "spec"> {
  readonly story: string;
}

/** Some stories tell every byte of a block. */
const mostStory = 4000;

/** So many archives are looked at by one process in Python. */
const batch = 1000;

/** Archives for the other reader. */
export class Sample {
  /** What it says otherwise, and where the archive is. */
  readonly differences: string[] = [];
  /** How many it looked at, and of how many it named another code of the same class. */
  compared = 0;
  otherCodes = 0;
  #folder = "";
  #rows: Row[] = [];

  /** Whether it is time to compare. */
  get isFull(): boolean {
    return this.#rows.length >= batch;
  }

  /** Without the outcomes at other levels the reader looks at `deep` alone. */
  add({ base, bytes, story }: Mutant, deep: Outcome, outcomes?: Outcomes): void {
    if (this.#rows.length === 0) this.#folder = mkdtempSync(join(tmpdir(), "ptar-fuzz-"));
    const { flags, key } = base;
    const level = outcomes === undefined ? "deep" : lowest(outcomes, deep);
    const name = `mutant-${this.#rows.length + 1}`;
    writeFileSync(join(this.#folder, `${name}.ptar`), bytes);
    this.#rows.push({
      ...{ name, file: `${name}.ptar`, expect: deep.expect, code: deep.code, level, flags, ...(key && { key }), ...fingerprintOf(bytes, deep) },
      story: story.slice(0, mostStory),
    });
  }

  /** Has the reader in Python look at them. Those of which it says something of another class are kept. */
  compare(): void {
    if (this.#rows.length === 0) return;
    cpSync(join(folder, "keys"), join(this.#folder, "keys"), { recursive: true });
    writeFileSync(join(this.#folder, "index.json"), JSON.stringify(this.#rows, undefined, 1));
    const { stdout, stderr } = python("ptar_reference", ["--vectors", this.#folder]);
    const lines = stdout.trimEnd().split("\n");
    const counted = /^([0-9]+) agree, ([0-9]+) differ$/.exec(lines.at(-1) ?? "");
    const differences = counted === null ? [...lines, stderr] : lines.filter(isDifference);
    this.otherCodes += lines.filter((line) => otherCode.test(line)).length;
    this.compared += this.#rows.length;
    this.#rows = [];
    if (differences.length > 0) this.differences.push(this.#folder, ...differences);
    else rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Which of several defects is named first is settled by class. spec/10-verify.md#order */
const otherCode = /: expected \('([a-z-]+)', 'PTAR_.*found \('\1', 'PTAR_/;
/** Decoders differ in whether they notice what is behind the last symbol of a stream. spec/03-block.md#codecs */
const ofDecoder = /PTAR_BLOCK_DECODE/;
const isDifference = (line: string) => line.startsWith("mutant-") && !otherCode.test(line) && !ofDecoder.test(line);

/** The lowest level from which on a reader says the same. */
function lowest(outcomes: Outcomes, deep: Outcome): Vector["level"] {
  const same = (level: Vector["level"]) => outcomes[level].code === deep.code && outcomes[level].expect === deep.expect;
  return levels.find((_, i) => levels.slice(i).every(same)) ?? "deep";
}

/** SHA-256 of the manifest that the last trailer leads to; rows without code have it. */
function fingerprintOf(bytes: Uint8Array, { code }: Outcome): Pick<Vector, "fingerprint"> {
  if (code !== null) return {};
  const view = Buffer.from(bytes);
  const at = Number(view.readBigUInt64LE(view.length - 80));
  const payload = view.subarray(at + 24, at + 24 + Number(view.readBigUInt64LE(at + 8)));
  return { fingerprint: toHex(nativeCrypto.sha256(payload)) };
}
