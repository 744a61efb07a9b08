// One generation of an archive and its tails, as they were opened. spec/02-container.md#grammar
import type { Manifest } from "../format/generated/types.js";
import type { Keys } from "../format/keys.js";
import type { UnverifiedManifest } from "../format/manifest.js";
import type { Session } from "../format/session.js";
import type { FrameIndex } from "./frame-index.js";
import type { Frame } from "./frame-reader.js";
import type { TreeHead } from "./generation-writer.js";

/** A manifest whose every fact about the container was compared with the archive. Who signed it is another question. */
export type ContainedManifest = UnverifiedManifest & { readonly contained: true };

/** What a manifest says about contents; in a sealed archive the sealed manifest says it. */
export type Listing = Pick<Manifest, "index" | "snapshots" | "subject">;

/** A STATEMENT frame and the tree that it must cover. */
export interface FoundStatement {
  readonly frame: Frame;
  readonly tree: TreeHead;
}

/** A SESSION frame of a sealed archive. */
export interface FoundSession {
  readonly number: number;
  readonly session: Session;
}

/** A KEYS frame. */
export interface FoundKeys {
  readonly frame: Frame;
  readonly keys: Keys;
}

/** Frames after a generation, closed by a trailer of their own. */
export interface Tail {
  readonly sequence: number;
  readonly statements: readonly FoundStatement[];
  readonly keys: readonly FoundKeys[];
  /** Types of all frames but the trailer. */
  readonly types: readonly number[];
}

/** One generation of an archive. */
export interface Generation {
  readonly number: number;
  readonly manifest: ContainedManifest;
  /** SHA-256 of the manifest payload. */
  readonly manifestDigest: Uint8Array;
  readonly table: FrameIndex;
  /** Empty in plain archives. */
  readonly sessions: readonly FoundSession[];
  readonly keys: readonly FoundKeys[];
  readonly statements: readonly FoundStatement[];
  readonly tails: readonly Tail[];
}

/** KEYS frames of a tail that a later statement covers, and those that none does. */
// spec/14-encryption.md#rewrap
export function coveredKeys(tail: Tail): { readonly covered: readonly FoundKeys[]; readonly others: readonly FoundKeys[] } {
  const last = tail.statements.at(-1)?.frame.number ?? 0;
  return { covered: tail.keys.filter(({ frame }) => frame.number < last), others: tail.keys.filter(({ frame }) => frame.number > last) };
}
