// What a target could not restore, and what its entries lacked already. spec/12-extract.md#losses
import type { Item } from "../format/generated/types.js";
import type { LinkFact } from "../tree/link-facts.js";
import type { Losses, Unrestored } from "../tree/target.js";

/** What could not be restored about one entry, and why. */
export interface Loss {
  /** Its kind: losses of one kind are counted together. */
  readonly what: string;
  /** Which one of its kind, safe to print: the name of an extended attribute. */
  readonly which?: string;
  readonly reason: string;
}

/** Losses that are kept with their path. */
const keptLosses = 1000;

/** The losses of one extraction. A million of them take no more memory than the first thousand: the others are counted by kind. */
export class LossList {
  readonly #first: Unrestored[] = [];
  readonly #kinds = new Map<string, number>();
  #count = 0;

  /** Adds losses of the entry with these names. */
  add(names: readonly Uint8Array[], losses: readonly Loss[]): void {
    for (const { what, which, reason } of losses) {
      this.#count++;
      this.#kinds.set(what, (this.#kinds.get(what) ?? 0) + 1);
      if (this.#first.length < keptLosses) this.#first.push({ path: joined(names), what: which === undefined ? what : `${what} ${which}`, reason });
    }
  }

  get all(): Losses {
    return { first: [...this.#first], count: this.#count, kinds: Object.fromEntries(this.#kinds) };
  }
}

/** What an entry lost when it could not be read wholly at the source. spec/05-page.md#errors */
export function lossesAtSource({ errors = [] }: Item): readonly Loss[] {
  const content = errors.find(({ operation }) => operation !== "xattr");
  const xattr = errors.find(({ operation }) => operation === "xattr");
  return [
    ...(content === undefined ? [] : [{ what: "contents", reason: `${content.code} at the source` }]),
    ...(xattr === undefined ? [] : [{ what: "xattrs", reason: `${xattr.code} at the source` }]),
  ];
}

/** What a hard link loses that has other facts than the first name of its file. spec/12-extract.md#links */
export function lossesOfLink(differing: readonly LinkFact[]): readonly Loss[] {
  return differing.length === 0 ? [] : [{ what: "facts of a hard link", reason: `${differing.join(", ")}: as of the first name` }];
}

/** The loss of an entry that no target makes. */
export function lossOfSpecial({ type, errors = [] }: Item): Loss {
  const error = errors.find(({ operation }) => operation !== "xattr");
  if (error !== undefined) return { what: type, reason: `${error.code} at the source` };
  return { what: "special file", reason: type };
}

function joined(names: readonly Uint8Array[]): Uint8Array {
  const path = new Uint8Array(names.reduce((sum, name) => sum + name.length + 1, 0) - (names.length > 0 ? 1 : 0));
  let at = 0;
  for (const name of names) {
    if (at > 0) path[at++] = 0x2f;
    path.set(name, at);
    at += name.length;
  }
  return path;
}
