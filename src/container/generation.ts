// One generation of an archive and its tails, as they were opened. spec/02-container.md#grammar
import type { UnverifiedManifest } from "../format/manifest.js";
import type { FrameIndex } from "./frame-index.js";
import type { Frame } from "./frame-reader.js";
import type { TreeHead } from "./generation-writer.js";

/** A manifest whose every fact about the container was compared with the archive. Who signed it is another question. */
export type ContainedManifest = UnverifiedManifest & { readonly contained: true };

/** A STATEMENT frame and the tree that it must cover. */
export interface FoundStatement {
  readonly frame: Frame;
  readonly tree: TreeHead;
}

/** Frames after a generation, closed by a trailer of their own. */
export interface Tail {
  readonly sequence: number;
  readonly statements: readonly FoundStatement[];
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
  readonly statements: readonly FoundStatement[];
  readonly tails: readonly Tail[];
}
