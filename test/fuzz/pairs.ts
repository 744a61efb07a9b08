// Two test vectors in one archive: each tampers with its own thing, and readers must agree on which of the two they report. spec/10-verify.md#order
import fc from "fast-check";
import { errorCodes } from "../../src/errors/codes.js";
import { type Base, buildArchive, type Row, type Tamper } from "./generator.js";
import { load } from "./load.js";
import type { Mutant } from "./mutants.js";

/** A vector that tampers with a sound archive. */
type Tampered = Row & { readonly tamper: Tamper; readonly code: string };

const modules = {
  ...{ block: "block", document: "document", encryption: "encryption", entry: "entry", facts: "facts", frame: "frame", frameTable: "frame-table" },
  ...{ keysFrame: "keys-frame", object: "object", order: "order", page: "page", sealedFrame: "sealed-frame", snapshot: "snapshot" },
  ...{ statement: "statement", subject: "subject", thin: "thin", treeOrder: "tree-order" },
};

/** Longer ones take long and show nothing that shorter ones do not. */
const longest = 40_000;

const rows = (await Promise.all(Object.entries(modules).map(([name, file]) => rowsOf(name, file)))).flat();
/** Those of other classes than damage: when both are of one class the order does not show. */
const odd = rows.filter(({ code }) => exitOf(code) !== 4);

async function rowsOf(name: string, file: string): Promise<readonly Tampered[]> {
  const found = (await load<Record<string, readonly Row[] | { readonly invalid: readonly Row[] }>>(`vectors/${file}.mjs`))[name] ?? [];
  return ("invalid" in found ? found.invalid : found).filter(isTampered).filter(({ plan, tamper }) => buildArchive(plan, tamper).length <= longest);
}

function isTampered(row: Row): row is Tampered {
  const { code, plan, tamper } = row;
  return typeof code === "string" && tamper !== undefined && tamper.per === undefined && plan !== undefined;
}

function exitOf(code: string): number {
  return errorCodes[code as keyof typeof errorCodes].exit;
}

/** How a pair comes about. */
export interface Pair {
  readonly one: number;
  readonly other: number;
  readonly plan: "of one" | "of other";
  readonly first: "one" | "other";
  readonly key: number;
}

const index = fc.nat({ max: 0xffff });

/** Pairs of which one at least is of another class than damage. */
export const pairs: fc.Arbitrary<Pair> = fc.record({
  one: index,
  other: index,
  plan: fc.constantFrom("of one", "of other"),
  first: fc.constantFrom("one", "other"),
  key: index,
});

/** The archive of a pair; undefined when the two cannot be had at once. */
export function archiveOfPair(pair: Pair): Mutant | undefined {
  const one = odd[pair.one % odd.length] as Tampered;
  const other = rows[pair.other % rows.length] as Tampered;
  const { plan } = pair.plan === "of one" ? one : other;
  const [first, second] = pair.first === "one" ? [one, other] : [other, one];
  const keys = [one.key, other.key, undefined, { identity: "erin" }, { identity: "oscar" }] as const;
  const key = plan.sealed === undefined ? undefined : keys[pair.key % keys.length];
  const name = `${first.name} and ${second.name}, in the archive ${pair.plan === "of one" ? one.name : other.name}`;
  const base: Base = { name, plan, flags: [], ...(key && { key }) };
  const bytes = built(base, both(first.tamper, second.tamper));
  return bytes && { base, bytes, story: `${name}, key ${JSON.stringify(key)}`, kept: false };
}

/** A tamper may need what the archive of the other vector has not. */
function built({ plan }: Base, tamper: Tamper): Uint8Array | undefined {
  try {
    return buildArchive(plan, tamper);
  } catch {
    return undefined;
  }
}

type Change = (...values: readonly unknown[]) => unknown;
const isChange = (value: unknown): value is Change => typeof value === "function";
/** Hooks that give only the members that change. */
const partial: ReadonlySet<string> = new Set(["trailer", "tailTrailer", "seal"]);

/** The second change of what the first one made. */
function both(first: Tamper, second: Tamper): Tamper {
  const all: Record<string, unknown> = { ...first };
  for (const [hook, change] of Object.entries(second)) {
    const before = first[hook];
    if (isChange(change) && isChange(before)) all[hook] = partial.has(hook) ? joined(before, change) : composed(before, change);
    else all[hook] = hook === "extra" && typeof before === "object" ? { ...before, ...(change as object) } : change;
  }
  return all;
}

function joined(before: Change, change: Change): Change {
  return (...values) => ({ ...(before(...values) as object), ...(change(...values) as object) });
}

function composed(before: Change, change: Change): Change {
  return (value, ...more) => {
    const made = before(value, ...more) ?? value;
    return change(made, ...more) ?? made;
  };
}
