// What readers may make of an archive, whoever made it and whatever it is. spec/10-verify.md#order
import type { Engine } from "../../src/archive/engine.js";
import { extractArchive } from "../../src/archive/extract.js";
import { listArchive } from "../../src/archive/list.js";
import { openArchive } from "../../src/archive/open.js";
import type { Level, ListedEntry } from "../../src/archive/results.js";
import { toHex } from "../../src/bytes/hex.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { type MemoryEntry, MemoryTarget } from "../../src/connectors/memory/target.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import { contentErrors, unreadBytes } from "../../src/format/entry.js";
import type { Item } from "../../src/format/generated/types.js";
import { limits } from "../../src/format/limits.js";
import { targetBytes } from "../../src/format/name.js";
import type { KeyRing } from "../../src/keys/key-ring.js";
import type { Trust } from "../../src/keys/trust.js";
import { linesOf } from "../archive/engines.js";
import { OneByteReader } from "../vectors/readers.js";
import { type Outcome, ringOf, type Vector } from "../vectors/reading.js";
import { keyText, native, outcomeOf, portable, trust } from "../vectors/vectors.js";
import { type Base, bases, buildArchive } from "./generator.js";
import type { Mutant } from "./mutants.js";

/** What verification says at each level. */
export type Outcomes = Readonly<Record<Level, Outcome>>;

/** What is wrong with what readers say; undefined when nothing is. */
export type Wrong = string | undefined;

/** Decoders differ in where they notice damage inside a compressed run, and in whether they notice it. spec/03-block.md#codecs */
const ofDecoders: readonly (string | null)[] = ["PTAR_BLOCK_DECODE", "PTAR_OBJECT_ID"];

const verdicts = new Map<string, boolean>();
const mostVerdicts = 10_000;

/** Signatures that were looked at for one level are not looked at again for the next: most of the time went there. */
function verifyOnce(message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  const key = toHex(native.crypto.sha256(message, signature, publicKey));
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  if (verdicts.size === mostVerdicts) verdicts.clear();
  const verdict = native.crypto.verify(message, signature, publicKey);
  verdicts.set(key, verdict);
  return verdict;
}
const engine: Engine = { ...native, crypto: { ...native.crypto, verify: verifyOnce } };

/** Reads as a row of the vectors. */
const rowOf = ({ name, flags, key }: Base): Vector => ({
  name,
  file: "",
  expect: "",
  code: null,
  spec: "",
  level: "standard",
  flags,
  ...(key && { key }),
});

/** What the native engine says at each level; what it throws without a code is thrown. */
export async function outcomesOf(bytes: Uint8Array, base: Base): Promise<Outcomes> {
  const [standard, full, deep] = [
    await verdictOf(bytes, base, "standard"),
    await verdictOf(bytes, base, "full"),
    await verdictOf(bytes, base, "deep"),
  ];
  return { standard, full, deep };
}

/** What it says at one. */
export function verdictOf(bytes: Uint8Array, base: Base, level: Level): Promise<Outcome> {
  return outcomeOf(rowOf(base), new MemoryReader(bytes), { engine, level });
}

/** Whoever looks further never accepts what was refused before. */
export function wrongLevels({ standard, full, deep }: Outcomes): Wrong {
  const accepted = [standard, full, deep].map(({ code }) => code === null);
  if (accepted[1] && !accepted[0]) return `full accepts what standard refuses: ${standard.code}`;
  return accepted[2] && !accepted[1] ? `deep accepts what full refuses: ${full.code}` : undefined;
}

/** Both engines say the same at level `deep`, and so does reading byte by byte. */
export async function wrongEngine(
  bytes: Uint8Array,
  base: Base,
  given: { readonly deep: Outcome; readonly read: "whole" | "by bytes" },
): Promise<Wrong> {
  const { deep, read } = given;
  const reader = read === "whole" ? new MemoryReader(bytes) : new OneByteReader(bytes);
  const found = await outcomeOf(rowOf(base), reader, { engine: portable, level: "deep" });
  if (found.code === deep.code && found.expect === deep.expect) return undefined;
  if ([found, deep].every(({ code }) => code === null || ofDecoders.includes(code))) return undefined;
  return `native says ${deep.expect} ${deep.code}, portable ${found.expect} ${found.code}`;
}

/** What an archive gives to a reader with this trust: lines, or the code that refuses it. */
export interface Contents {
  readonly code: string | null;
  readonly lines: readonly string[];
  /** What was made is not what was listed. */
  readonly wrong: Wrong;
}

/** Opens, lists and extracts. */
export async function contentsOf(bytes: Uint8Array, base: Base, trusted: Trust | "any-signer" = trust): Promise<Contents> {
  const keys: KeyRing | undefined = base.key && ringOf(base.key, keyText);
  try {
    const archive = await openArchive(new MemoryReader(bytes), { engine, trust: trusted, ...(keys && { keys }) });
    const entries: ListedEntry[] = [];
    for await (const entry of listArchive(archive)) entries.push(entry);
    const target = new MemoryTarget();
    await extractArchive(archive, target);
    return { code: null, lines: linesOf(target), wrong: entries.map((entry) => wrongEntry(entry, target.get(entry.path))).find(Boolean) };
  } catch (error) {
    if (!(error instanceof PtarError)) throw error;
    return { code: error.code, lines: [], wrong: undefined };
  }
}

/** What an archive that passes may refuse to be extracted for: that nothing is there to be extracted, or not for this reader. */
const reasons: readonly (string | null)[] = [null, "PTAR_SNAPSHOT_NOT_FOUND", "PTAR_KEY_REQUIRED", "PTAR_KEYS_UNSIGNED"];

/** What passes gives its contents; what somebody without the keys of the signers changed gives those that were signed, or none. */
export async function wrongContents({ bytes, base, kept }: Mutant, deep: Outcome): Promise<Wrong> {
  const { code, wrong, lines } = await contentsOf(bytes, base, "any-signer");
  if (wrong !== undefined) return wrong;
  // of the tree of a thin archive only closure is checked. spec/16-transfer.md#thin
  const isThin = ((bytes[12] as number) & 2) === 2;
  if (deep.code === null && !isThin && !reasons.includes(code)) return `deep is ok, and extraction fails with ${code}`;
  if (!kept) return undefined;
  if (deep.code === null && code === null && !(await genuine()).has(lines.join("\n"))) return "other contents are verified";
  const trusted = await contentsOf(bytes, base);
  return trusted.code === null && !(await genuine()).has(trusted.lines.join("\n")) ? "other contents are extracted" : undefined;
}

let signed: Promise<ReadonlySet<string>> | undefined;

/** What the signers of the bases signed: each with all of its generations, and with the first of them. */
function genuine(): Promise<ReadonlySet<string>> {
  signed ??= allSigned();
  return signed;
}

async function allSigned(): Promise<ReadonlySet<string>> {
  const all = new Set<string>();
  for (const base of bases)
    for (const [i] of base.plan.generations.entries()) {
      const plan = { ...base.plan, generations: base.plan.generations.slice(0, i + 1) };
      const { code, lines } = await contentsOf(buildArchive(plan), base, "any-signer");
      if (code === null) all.add(lines.join("\n"));
    }
  return all;
}

/** An entry gives exactly what its item says. spec/12-extract.md#rules */
function wrongEntry({ path, item }: ListedEntry, made: MemoryEntry | undefined): Wrong {
  const name = Buffer.from(path).toString("latin1");
  const lost = item.type === "file" && contentErrors(item).length > 0 && unreadBytes(item) === (item.size ?? 0);
  const target = targetBytes(item, limits);
  const nothing = lost || !(["directory", "file"].includes(item.type) || (item.type === "symlink" && target !== undefined));
  if (nothing || made === undefined) return nothing === (made === undefined) ? undefined : `entry ${name}: ${nothing ? "was" : "was not"} extracted`;
  if (item.type === "symlink")
    return toHex(made.destination ?? new Uint8Array()) === toHex(target as Uint8Array) ? undefined : `entry ${name}: other target`;
  if (item.type === "directory") return made.kind === "directory" ? undefined : `entry ${name}: no directory`;
  const content = made.content ?? new Uint8Array();
  if (content.length !== item.size) return `entry ${name}: ${content.length} bytes of ${item.size}`;
  const digest = item.sha256 ?? item.sha256Stored;
  return digest === undefined || toHex(native.crypto.sha256(read(content, item))) === digest ? undefined : `entry ${name}: another digest`;
}

/** Without the ranges that could not be read, which stand as zeros. spec/05-page.md#errors */
function read(content: Uint8Array, item: Item): Uint8Array {
  const bytes = Buffer.from(content);
  let at = 0;
  const parts = contentErrors(item).map(({ offset = 0, length = 0 }) => {
    const part = bytes.subarray(at, offset);
    at = offset + length;
    return part;
  });
  return Buffer.concat([...parts, bytes.subarray(at)]);
}
