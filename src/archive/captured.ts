// Which classes of facts a snapshot captures. spec/06-snapshot.md#captured
import { contentErrors } from "../format/entry.js";
import type { CaptureClass, Item, Snapshot } from "../format/generated/types.js";
import { captureClasses } from "../format/snapshot.js";
import type { SourceItem } from "../tree/source.js";

/** Name of a profile. */
export type CaptureProfile = Snapshot["captured"]["profile"];

const portable: ReadonlySet<CaptureClass> = new Set<CaptureClass>(["name", "type", "content", "links", "mode", "mtime", "digests"]);

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
  return { classes: captureClasses.filter((name) => given.has(name) && (profile === "evidence" || portable.has(name))), profile };
}

/** The facts of `item` that belong to what is captured. */
export function captureItem(item: SourceItem, { classes, profile }: Snapshot["captured"]): SourceItem {
  const left: { -readonly [Member in keyof Item]: Item[Member] } = { ...item };
  for (const [name, own] of Object.entries(members))
    if (!classes.includes(name as CaptureClass)) for (const member of own) delete left[member as keyof Item];
  // the rest of what a source knows about its machine
  if (profile === "portable") delete left.attributes;
  if (!classes.includes("xattrs")) withoutXattrErrors(left);
  return left;
}

function withoutXattrErrors(item: { errors?: Item["errors"] }): void {
  if (item.errors === undefined) return;
  const errors = contentErrors(item);
  if (errors.length === 0) delete item.errors;
  else item.errors = errors;
}
