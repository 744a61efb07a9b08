// Archives with one to three things changed, each a function of small numbers: fast-check draws them, makes them smaller, and draws them again from a seed.
import fc from "fast-check";
import { type Fitting, type FrameChange, reframed } from "./frames.js";
import { type Base, bases, buildArchive, type Call, callsOf, keyOf, richBases, type Tamper, tampering } from "./generator.js";
import { structure } from "./structures.js";
import { type Change, Choices, changed, changedBytes } from "./values.js";

/** A value that the generator hands out, and how it is changed. */
interface ValueChange extends Change {
  readonly hook: number;
  readonly nth: number;
}

/** How an archive comes about. */
export interface Mutation {
  readonly base: number;
  /** From the newest generation backwards. */
  readonly generation: number;
  readonly values: readonly ValueChange[];
  readonly structure: FrameChange | undefined;
  readonly frames: readonly FrameChange[];
  readonly fitting: Fitting;
  /** Changes of the finished file. */
  readonly bytes: readonly number[];
  /** Who signs what is changed. */
  readonly signer: "the same" | "a stranger";
  /** Which of the readers that take longer looks at it. */
  readonly turn: number;
}

const nat = fc.nat({ max: 0xffff_ffff });
const some = fc.nat({ max: 0xffff });
const valueChange = fc.record({ hook: some, nth: some, where: some, how: some, what: nat });
const frameChange = fc.record({ how: some, what: nat });
const fitting = fc.record({
  numbers: fc.constantFrom<Fitting["numbers"]>("mapped", "kept"),
  statements: fc.constantFrom<Fitting["statements"]>("signed", "kept"),
});

/** What is changed: mostly values, often one alone. */
const parts = fc.oneof(
  { weight: 12, arbitrary: fc.record({ values: fc.array(valueChange, { minLength: 1, maxLength: 1 }) }) },
  { weight: 4, arbitrary: fc.record({ values: fc.array(valueChange, { minLength: 2, maxLength: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ values: fc.array(valueChange, { maxLength: 1 }), structure: frameChange }) },
  { weight: 3, arbitrary: fc.record({ frames: fc.array(frameChange, { minLength: 1, maxLength: 2 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ values: fc.array(valueChange, { minLength: 1, maxLength: 1 }), frames: fc.array(frameChange, { maxLength: 1 }) }),
  },
  { weight: 1, arbitrary: fc.record({ bytes: fc.array(nat, { minLength: 1, maxLength: 2 }) }) },
);

const signer = fc.oneof(
  { weight: 9, arbitrary: fc.constant<Mutation["signer"]>("the same") },
  { weight: 1, arbitrary: fc.constant<Mutation["signer"]>("a stranger") },
);

/** Half of the time one with something of everything. */
const base = fc.oneof(fc.nat({ max: richBases - 1 }), fc.nat({ max: bases.length - 1 }));

/** How many turns there are. */
export const turns = 48;

const nothing = { values: [], structure: undefined, frames: [], bytes: [] };

/** Every mutation. */
export const mutations: fc.Arbitrary<Mutation> = fc
  .tuple(base, fc.constantFrom(0, 0, 1, 2), parts, fitting, signer, fc.nat({ max: turns - 1 }))
  .map(([of, generation, changes, fits, by, turn]) => ({ base: of, generation, ...nothing, ...changes, fitting: fits, signer: by, turn }));

/** What is handed out for the generations of the bases. */
const known = new Map<string, ReadonlyMap<string, readonly Call[]>>();
/** Values of a hook over all archives that were built so far. */
const pool = new Map<string, unknown[]>();
const poolSize = 400;

function callsByHook(base: Base, generation: number): ReadonlyMap<string, readonly Call[]> {
  const key = `${base.name} ${generation}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const calls = new Map<string, Call[]>();
  for (const call of callsOf(base.plan, generation)) calls.set(call.hook, [...(calls.get(call.hook) ?? []), call]);
  known.set(key, calls);
  return calls;
}

// a mutation is the same whatever was built before it
for (const base of bases)
  for (const [hook, calls] of callsByHook(base, base.plan.generations.length)) {
    const values = pool.get(hook) ?? [];
    for (const { value } of calls.slice(0, 3)) if (values.length < poolSize) values.push(value);
    pool.set(hook, values);
  }

/** What came of a mutation. */
export interface Mutant {
  readonly base: Base;
  readonly bytes: Uint8Array;
  /** What was changed, in words. */
  readonly story: string;
  /** Whether whoever made it had no key of the signers. */
  readonly kept: boolean;
}

/** The archive that a mutation makes; undefined when the generator cannot build it. */
export function mutantOf(mutation: Mutation): Mutant | undefined {
  const base = bases[mutation.base] as Base;
  const newest = base.plan.generations.length;
  // who signs only counts in the newest generation, and where somebody has to sign
  const stranger = mutation.signer === "a stranger" && !base.flags.includes("allow-unsigned");
  const generation = stranger ? newest : Math.max(1, newest - mutation.generation);
  const { tamper, story } = tamperOf(mutation, base, generation);
  try {
    const built = buildArchive(base.plan, { ...tamper, ...(stranger && { signers: [[keyOf("mallory"), "author"]] }), generation });
    const framed = mutation.frames.length === 0 ? built : reframed(built, mutation.frames, mutation.fitting);
    const bytes = mutation.bytes.reduce<Uint8Array>((own, what) => changedBytes(own, new Choices(what)), framed);
    const ofFrames = mutation.frames.length === 0 ? [] : [`frames ${JSON.stringify([mutation.frames, mutation.fitting])}`];
    const ofBytes = mutation.bytes.length === 0 ? [] : [`bytes ${mutation.bytes}`];
    const unsigned =
      mutation.values.length === 0 && mutation.structure === undefined && (mutation.frames.length === 0 || mutation.fitting.statements === "kept");
    const by = stranger ? ", signed by a stranger" : "";
    return {
      base,
      bytes,
      kept: stranger || unsigned,
      story: [`${base.name}, generation ${generation}${by}`, ...story, ...ofFrames, ...ofBytes].join("; "),
    };
  } catch {
    // encoders refuse some values: nobody can write them in this way
    return undefined;
  }
}

function tamperOf(
  { values, structure: whole }: Mutation,
  base: Base,
  generation: number,
): { readonly tamper: Tamper; readonly story: readonly string[] } {
  const calls = callsByHook(base, generation);
  const hooks = [...calls.keys()];
  const story = whole === undefined ? [] : [`structure ${JSON.stringify(whole)}`];
  const wishes = values.map((wish) => {
    const hook = hooks[wish.hook % hooks.length] as string;
    return { ...wish, hook, nth: wish.nth % (calls.get(hook)?.length ?? 1) };
  });
  const change = ({ hook, nth, value }: Call) => {
    const mine = wishes.filter((wish) => wish.hook === hook && wish.nth === nth);
    if (mine.length === 0) return value;
    const next = mine.reduce((own, wish) => changed(own, wish, pool.get(hook) ?? []), value);
    story.push(`${hook} ${nth}: ${shown(value)} -> ${shown(next)}`);
    return next;
  };
  return { tamper: { ...(values.length > 0 && tampering(change)), ...(whole && structure(whole.how, whole.what)) }, story };
}

function shown(value: unknown): string {
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value);
    return bytes[0] === 0x7b ? bytes.toString() : bytes.toString("hex");
  }
  return JSON.stringify(value, (_, member) => (member?.type === "Buffer" ? Buffer.from(member.data).toString("hex") : member)) ?? "nothing";
}
