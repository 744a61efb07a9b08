// A sample of mutated archives as vectors: the reader in Python, written from the spec alone, has to say of each what the toolkit says.
import { cpSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHex } from "../../src/bytes/hex.js";
import { nativeCrypto } from "../../src/native/crypto.js";
import { python } from "../vectors/python.js";
import { folder, levels, type Outcome, type Vector } from "../vectors/vectors.js";
import type { Outcomes } from "./judging.js";
import type { Mutant } from "./mutants.js";

interface Row extends Omit<Vector, "spec"> {
  readonly story: string;
}

/** Some stories tell every byte of a block. */
const mostStory = 4000;

/** Archives kept for the other reader. */
export class Sample {
  readonly folder = mkdtempSync(join(tmpdir(), "ptar-fuzz-"));
  readonly #rows: Row[] = [];

  get size(): number {
    return this.#rows.length;
  }

  add({ base, bytes, story }: Mutant, outcomes: Outcomes): void {
    const deep = outcomes.deep;
    // where decoders may differ, readers may too. spec/03-block.md#codecs
    if (deep.code === "PTAR_BLOCK_DECODE" || deep.code === "PTAR_OBJECT_ID") return;
    const name = `mutant-${this.#rows.length + 1}`;
    const { flags, key } = base;
    writeFileSync(join(this.folder, `${name}.ptar`), bytes);
    this.#rows.push({
      name,
      file: `${name}.ptar`,
      ...deep,
      level: lowest(outcomes, deep),
      flags,
      ...(key && { key }),
      story: story.slice(0, mostStory),
      ...fingerprintOf(bytes, deep),
    });
  }

  /** Where the reader in Python says something of another class, and how often it names another code of the same class. */
  compared(): { readonly differences: readonly string[]; readonly otherCodes: number } {
    if (this.#rows.length === 0) return { differences: [], otherCodes: 0 };
    cpSync(join(folder, "keys"), join(this.folder, "keys"), { recursive: true });
    writeFileSync(join(this.folder, "index.json"), JSON.stringify(this.#rows, undefined, 1));
    const { stdout, stderr } = python("ptar_reference", ["--vectors", this.folder]);
    const lines = stdout.trimEnd().split("\n");
    const counted = /^([0-9]+) agree, ([0-9]+) differ$/.exec(lines.at(-1) ?? "");
    if (counted === null) return { differences: [...lines, stderr], otherCodes: 0 };
    // which of several defects is named first is settled by class. spec/10-verify.md#order
    const differences = lines.slice(0, -1).filter((line) => !/expected \('([a-z-]+)', 'PTAR_.*found \('\1', 'PTAR_/.test(line));
    return { differences: differences.filter((line) => !line.includes(" skipped: ")), otherCodes: Number(counted[2]) - differences.length };
  }
}

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
