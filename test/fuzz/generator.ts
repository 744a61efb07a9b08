// The generator of the test vectors, as the mutator sees it: archives it can build, and the places where it lets a value be changed.
import type { Vector } from "../vectors/reading.js";
import { load } from "./load.js";
import { rich } from "./rich.js";

/** What archive is built. */
export interface Plan {
  readonly generations: readonly unknown[];
  readonly thin?: boolean;
  readonly sealed?: object;
}

/** What is changed while it is built, see test-vectors/README.md. */
export type Tamper = Readonly<Record<string, unknown>>;

/** A sound archive and what it is read with. */
export interface Base extends Pick<Vector, "name" | "flags" | "key"> {
  readonly plan: Plan;
}

/** A base as the generators write it down; with a code or a tamper it is none. */
export interface Row extends Omit<Base, "flags"> {
  readonly flags?: Vector["flags"];
  readonly code?: string | null;
  readonly tamper?: Tamper;
  readonly expectFingerprint?: string;
}

type Rows = readonly Row[];
/** A key pair whose private half is public. */
export interface TestKey {
  readonly publicKey: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

const [archive, keyring, age, valid, facts, subject, thin, encryption] = await Promise.all([
  load<{ readonly buildArchive: (plan: Plan, tamper?: Tamper) => Uint8Array }>("archive.mjs"),
  load<{ readonly keys: Readonly<Record<string, TestKey>> }>("keys.mjs"),
  load<{ readonly derived: (what: string, name: string) => Uint8Array }>("age.mjs"),
  load<{ readonly valid: Rows }>("vectors/valid.mjs"),
  load<{ readonly validFacts: Rows }>("vectors/valid-facts.mjs"),
  load<{ readonly subject: { readonly valid: Rows } }>("vectors/subject.mjs"),
  load<{ readonly thin: { readonly valid: Rows } }>("vectors/thin.mjs"),
  load<{ readonly encryption: Rows }>("vectors/encryption.mjs"),
]);

/** The bytes of the archive that a plan describes; the same every time. */
export const buildArchive = archive.buildArchive;
/** All test keys. */
export const keys: readonly TestKey[] = Object.values(keyring.keys);
export const keyOf = (name: string): TestKey => keyring.keys[name] as TestKey;
/** What the secret of every sealed vector is. */
export const vectorSecret = age.derived("secret", "one");

/** Longer ones take long and show nothing that shorter ones do not. */
const longest = 32_768;

/** Archives with something of everything, and every vector that passes, with the key it is read with, if any. */
export const bases: readonly Base[] = [
  ...rich,
  ...valid.valid,
  ...facts.validFacts,
  ...subject.subject.valid,
  ...thin.thin.valid,
  ...encryption.encryption,
].flatMap(({ code, tamper, expectFingerprint, flags = [], ...row }) => {
  const sound = (code ?? null) === null && tamper === undefined && expectFingerprint === undefined;
  return sound && buildArchive(row.plan).length <= longest ? [{ ...row, flags }] : [];
});

/** How many of the bases, the first ones, have something of everything. */
export const richBases = rich.length;

/** Where the generator hands out a value before it is hashed and signed, and which argument of the call that is. */
const hooks: Readonly<Record<string, number>> = {
  ...{ header: 0, session: 0, keys: 0, salt: 0, wrapped: 0, plaintext: 0, seal: 0, sealed: 0, frame: 0 },
  ...{ stored: 1, block: 0, blockBytes: 0, index: 0, indexPage: 0, indexPages: 0, indexRoot: 0 },
  ...{ item: 0, store: 0, rows: 0, chunks: 0, list: 0, page: 0, firstName: 0, links: 0, linkTable: 0 },
  ...{ content: 0, contentText: 0, snapshot: 0, snapshotText: 0, snapshotStatement: 0, snapshotStatements: 0, statementText: 0 },
  ...{ catalogue: 0, catalogueText: 0, sections: 0, locations: 0, inventory: 0, inventoryText: 0, pages: 0, holdings: 0, subject: 0 },
  ...{ pageRows: 0, tablePage: 0, table: 0, tableBytes: 0, sealedManifest: 0, sealedManifestText: 0, manifest: 0, manifestText: 0 },
  ...{ statement: 0, statements: 0, trailer: 0, tailStatement: 0, tailTrailer: 0 },
};
/** The same inside an age file. */
const ageHooks = ["stanzas", "header", "mac", "payload"] as const;

/** One value that the generator hands out. */
export interface Call {
  readonly hook: string;
  /** How often this hook was called before. */
  readonly nth: number;
  readonly value: unknown;
}

/** A tamper that asks `change` about every value; it gives back the value or another one. */
export function tampering(change: (call: Call) => unknown): Tamper {
  const counts = new Map<string, number>();
  const asked = (hook: string, value: unknown) => {
    const nth = counts.get(hook) ?? 0;
    counts.set(hook, nth + 1);
    return change({ hook, nth, value });
  };
  const own = Object.entries(hooks).map(([hook, at]) => [hook, (...values: readonly unknown[]) => asked(hook, values[at])]);
  const ofAge = ageHooks.map((hook) => [hook, (value: unknown) => asked(`age.${hook}`, value)]);
  return { ...Object.fromEntries(own), age: () => Object.fromEntries(ofAge) };
}

/** Every value that is handed out while this generation of a plan is built. */
export function callsOf(plan: Plan, generation: number): readonly Call[] {
  const calls: Call[] = [];
  const note = (call: Call) => {
    calls.push(call);
    return call.value;
  };
  buildArchive(plan, { ...tampering(note), generation });
  return calls;
}
