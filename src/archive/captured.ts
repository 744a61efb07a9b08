// Which classes of metadata a profile captures. spec/06-snapshot.md#captured
import type { Item, Snapshot } from "../format/generated/types.js";
import type { SourceItem } from "../tree/source.js";

/** Name of a profile. */
export type CaptureProfile = Snapshot["captured"]["profile"];
type CaptureClass = Snapshot["captured"]["classes"][number];

const portable: readonly CaptureClass[] = ["name", "type", "content", "links", "mode", "mtime"];
const evidence: readonly CaptureClass[] = [...portable, "atime", "ctime", "birthtime", "owner", "inode"];

const members: Readonly<Partial<Record<CaptureClass, readonly (keyof SourceItem)[]>>> = {
  mode: ["mode"],
  mtime: ["mtime"],
  atime: ["atime"],
  ctime: ["ctime"],
  birthtime: ["birthtime"],
  owner: ["uid", "gid"],
  inode: ["inode", "dev", "nlink"],
};

/** What the snapshot says about a profile. */
export function capturedBy(profile: CaptureProfile): Snapshot["captured"] {
  return { classes: profile === "evidence" ? evidence : portable, profile };
}

/** The facts of `item` that a profile captures. */
export function captureItem(item: SourceItem, profile: CaptureProfile): SourceItem {
  if (profile === "evidence") return item;
  const left: { -readonly [Member in keyof Item]: Item[Member] } = { ...item };
  for (const name of evidence) if (!portable.includes(name)) for (const member of members[name] ?? []) delete left[member as keyof Item];
  return left;
}
