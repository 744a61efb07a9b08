// What an earlier entry says, beside what is seen now. spec/06-snapshot.md#unchanged
import { canonicalText, type JsonValue } from "../bytes/canonical-json.js";
import type { ListedHash } from "../crypto/crypto.js";
import type { CaptureClass, Entry, Item, Snapshot, Store } from "../format/generated/types.js";
import type { KnownContent } from "../tree/source.js";

/** What reading tells, and other programs: it changes only together with what listing tells. */
const foundOut: Readonly<Partial<Record<keyof Item, CaptureClass>>> = { sha256: "content", digests: "digests", xattrs: "xattrs", holes: "holes" };
/** These say something about this run, or something that this version does not know. */
const neverSame = ["errors", "unstable", "attributes", "ext"] as const;

/** What is captured now. */
export interface Capturing {
  readonly captured: Snapshot["captured"];
  /** Digests that every file has to have. */
  readonly alsoHash: readonly ListedHash[];
}

/** Whether `then` says what `now` says, and beside it only what listing does not tell. */
export function isSame(now: Item, then: Item, { captured: { classes }, alsoHash }: Capturing): boolean {
  if (neverSame.some((member) => now[member] !== undefined || then[member] !== undefined)) return false;
  if (then.type === "file" && Object.keys(then.digests ?? {}).join() !== [...alsoHash].sort().join()) return false;
  const members = new Set([...Object.keys(now), ...Object.keys(then)] as (keyof Item)[]);
  return [...members].every((member) => {
    const [seen, stored] = [now[member], then[member]];
    if (seen !== undefined) return stored !== undefined && canonicalText(seen as JsonValue) === canonicalText(stored as JsonValue);
    if (member === "name" || member === "nameRaw") return true;
    const found = foundOut[member];
    return stored === undefined || (found !== undefined && classes.includes(found));
  });
}

/** What an entry tells of its contents. */
export function knownOf({ item, store }: Entry, alsoHash: readonly ListedHash[]): KnownContent {
  const { size, sha256, digests } = item;
  const { chunks, list } = store;
  const kept: Store = { ...(chunks && { chunks }), ...(list !== undefined && { list }) };
  const wanted = alsoHash.length === 0 || digests === undefined ? {} : { digests: Object.fromEntries(alsoHash.map((name) => [name, digests[name]])) };
  return { item: { ...(size !== undefined && { size }), ...(sha256 !== undefined && { sha256 }), ...wanted }, store: kept };
}
