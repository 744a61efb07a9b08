// Facts that all names of one file share, and those in which items disagree. spec/12-extract.md#links
import { canonicalBytes, type JsonValue } from "../bytes/canonical-json.js";
import { toHex } from "../bytes/hex.js";
import type { Crypto } from "../crypto/crypto.js";
import type { Item } from "../format/generated/types.js";

/** A fact that a hard link cannot have apart from the other names of its file. */
export type LinkFact = "mode" | "mtime" | "owner" | "xattrs";

/** One short text for each: those of every first name are kept until the end, and extended attributes could fill the memory. */
export type LinkFacts = Readonly<Record<LinkFact, string>>;

/** What `item` says of its file. The access time is left out: reading the first name may have moved it before the next one was seen. */
export function linkFacts({ mode, mtime, uid, gid, xattrs = [] }: Item, crypto: Crypto): LinkFacts {
  const hash = crypto.createSha256();
  hash.update(canonicalBytes(xattrs as unknown as JsonValue));
  return { mode: `${mode}`, mtime: `${mtime}`, owner: `${uid}:${gid}`, xattrs: toHex(hash.digest()) };
}

/** The facts of which `first` and `link` say different things. */
export function differingFacts(first: LinkFacts, link: LinkFacts): readonly LinkFact[] {
  return (["owner", "xattrs", "mode", "mtime"] as const).filter((fact) => first[fact] !== link[fact]);
}
