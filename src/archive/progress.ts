// Progress events of long work.

/** How far a long piece of work is. Numbers only grow within a phase. */
export interface Progress {
  readonly phase: "scan" | "pack" | "finish" | "verify" | "extract" | "list";
  /** Entries (files, directories …) done. */
  readonly entries: number;
  /** Bytes done (of contents; at verify, of the archive). */
  readonly bytes: number;
  /** Total bytes if known. */
  readonly totalBytes?: number;
  /** Entries with errors so far. */
  readonly errors: number;
  /** Path being worked on, raw bytes: escape before printing. */
  readonly path?: Uint8Array;
}

/** Receives progress; called often, so it decides itself how often to draw. */
export type OnProgress = (progress: Progress) => void;
