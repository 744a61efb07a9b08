// Snapshot and content. spec/06-snapshot.md
import { PtarError } from "../errors/ptar-error.js";
import { checkAttributes, checkExtensions, decodeDocument, encodeDocument } from "./document.js";
import type { CaptureClass, Content, Snapshot } from "./generated/types.js";
import { validateContent, validateSnapshot } from "./generated/validators.js";
import { increases } from "./order.js";

/** All classes of facts, in the order in which a snapshot lists them. spec/06-snapshot.md#captured */
export const captureClasses: readonly CaptureClass[] = [
  "name",
  "type",
  "content",
  "links",
  "mode",
  "mtime",
  "atime",
  "ctime",
  "birthtime",
  "owner",
  "owner-names",
  "inode",
  "xattrs",
  "holes",
  "digests",
];

export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  return encodeDocument(snapshot, "snapshot", validateSnapshot);
}

/** @throws PTAR_DOCUMENT_NOT_CANONICAL, PTAR_DOCUMENT_INVALID, PTAR_SNAPSHOT_COUNTERS, PTAR_UNSUPPORTED_EXTENSION */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  const snapshot = decodeDocument<Snapshot>(bytes, "snapshot", validateSnapshot);
  checkExtensions(snapshot.ext, "snapshot");
  checkAttributes(snapshot.attributes ?? [], "snapshot");
  if (!increases(snapshot.tags)) throw new PtarError("PTAR_DOCUMENT_INVALID", "snapshot: tags are not sorted");
  // spec/06-snapshot.md#captured
  if (!ordered(snapshot.captured.classes)) throw new PtarError("PTAR_DOCUMENT_INVALID", "snapshot: captured classes are not in their order");
  const { excluded, failed, seen, stored, unstable } = snapshot.completeness;
  // spec/06-snapshot.md#completeness
  if (seen !== stored + failed + excluded || unstable > stored) {
    throw new PtarError("PTAR_SNAPSHOT_COUNTERS", `snapshot: seen ${seen} is not stored ${stored} + failed ${failed} + excluded ${excluded}`);
  }
  if ((snapshot.items.root === null) !== (snapshot.items.count === 0)) {
    throw new PtarError("PTAR_SNAPSHOT_ITEMS", `snapshot: ${snapshot.items.count} items and root ${snapshot.items.root}`);
  }
  return snapshot;
}

export function encodeContent(content: Content): Uint8Array {
  return encodeDocument(content, "content", validateContent);
}

/** @throws PTAR_DOCUMENT_NOT_CANONICAL, PTAR_DOCUMENT_INVALID, PTAR_UNSUPPORTED_EXTENSION */
export function decodeContent(bytes: Uint8Array): Content {
  const content = decodeDocument<Content>(bytes, "content", validateContent);
  checkExtensions(content.ext, "content");
  return content;
}

function ordered(classes: readonly CaptureClass[]): boolean {
  return classes.every((name, i) => i === 0 || captureClasses.indexOf(classes[i - 1] as CaptureClass) < captureClasses.indexOf(name));
}
