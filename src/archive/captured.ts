// Which classes of facts a snapshot captures. spec/06-snapshot.md#captured
import { contentErrors } from "../format/entry.js";
import type { CaptureClass, Item, Snapshot } from "../format/generated/types.js";
import { captureClasses } from "../format/snapshot.js";
import type { SourceItem } from "../tree/source.js";

/** Name of a profile. */
export type CaptureProfile = Snapshot["captured"]["profile"];

const portable: ReadonlySet<CaptureClass> = new Set<CaptureClass>(["name", "type", "content", "links", "mode", "mtime", "digests"]);

/** Whether a profile captures a class that the source can give. spec/06-snapshot.md#captured */
const includes: Readonly<Record<CaptureProfile, (name: CaptureClass) => boolean>> = {
  evidence: () => true,
  // whoever reads a file moves its access time, and every backup would differ
  backup: (name) => name !== "atime",
  portable: (name) => portable.has(name),
};

const members: Readonly<Partial<Record<CaptureClass, readonly (keyof SourceItem)[]>>> = {
  mode: ["mode"],
  mtime: ["mtime"],
  atime: ["atime"],
  ctime: ["ctime"],
  birthtime: ["birthtime"],
  owner: ["uid", "gid"],
  "owner-names": ["owner", "group"],
  inode: ["inode", "dev", "nlink"],
  xattrs: ["xattrs"],
  holes: ["holes"],
};

/** What a profile captures of a source that can give `offered`; digests only when they are asked for. */
export function capturedBy(profile: CaptureProfile, offered: readonly CaptureClass[], digests: "digests" | "no digests"): Snapshot["captured"] {
  const given = new Set<CaptureClass>(digests === "digests" ? [...offered, "digests"] : offered.filter((name) => name !== "digests"));
  return { classes: captureClasses.filter((name) => given.has(name) && includes[profile](name)), profile };
}

/** The facts of `item` that belong to what is captured; `item` itself when that is all of them. */
export function captureItem(item: SourceItem, captured: Snapshot["captured"]): SourceItem {
  const left = leftOut(captured);
  const errors = captured.classes.includes("xattrs") ? item.errors : ownErrors(item);
  if (errors === item.errors && left.every((member) => item[member] === undefined)) return item;
  // members are picked: an object that some were deleted from is slow for everybody who reads it later
  const picked: { -readonly [Member in keyof Item]?: unknown } = {};
  for (const member of Object.keys(item) as (keyof SourceItem)[]) if (!left.includes(member)) picked[member] = item[member];
  return { ...picked, ...(errors !== item.errors && { errors }) } as unknown as SourceItem;
}

/** Members that are not captured, once for each snapshot: they are asked for at every entry. */
const leftOutOf = new WeakMap<Snapshot["captured"], readonly (keyof SourceItem)[]>();

function leftOut(captured: Snapshot["captured"]): readonly (keyof SourceItem)[] {
  const known = leftOutOf.get(captured);
  if (known !== undefined) return known;
  const { classes, profile } = captured;
  const left = Object.entries(members).flatMap(([name, own]) => (classes.includes(name as CaptureClass) ? [] : own));
  // the rest of what a source knows about its machine
  if (profile === "portable") left.push("attributes");
  leftOutOf.set(captured, left);
  return left;
}

function ownErrors(item: Pick<Item, "errors">): Item["errors"] {
  const errors = contentErrors(item);
  return errors.length === 0 ? undefined : errors;
}
