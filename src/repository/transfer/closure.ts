// What snapshots need, and where it is. spec/15-repository.md#snapshots
import { NeededObjects } from "../../archive/needed-objects.js";
import type { OnProgress } from "../../archive/progress.js";
import { mustHex } from "../../bytes/hex.js";
import type { Snapshot } from "../../format/generated/types.js";
import type { Kind } from "../../format/object.js";
import type { ObjectReader } from "../../tree/object-io.js";
import { walkReferences } from "../../tree/references.js";

/**
 * What becomes of an object that a snapshot needs: it is to be copied; it is there, which says nothing about what it references; it is left
 * out with all below it; or nobody has it.
 */
export type Fate = "copy" | "there" | "leave" | "missing";

/** How needed objects are collected. */
export interface NeedOptions {
  /** Reads what is to be copied and what is there. */
  readonly objects: ObjectReader;
  readonly fateOf: (kind: Kind, id: Uint8Array) => Fate | Promise<Fate>;
  /** Told of each object that is met for the first time. */
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Objects that snapshots need, each once. */
export interface Need {
  readonly copy: NeededObjects;
  readonly there: NeededObjects;
  readonly leave: NeededObjects;
  /** Nobody has them. */
  readonly missing: NeededObjects;
}

/** Adds what the content of a snapshot needs to `need`, each object once. @throws what walking references throws */
export async function addNeeded(
  need: Need,
  { content }: Pick<Snapshot, "content">,
  { objects, fateOf, onProgress, signal }: NeedOptions,
): Promise<void> {
  const decide = (kind: Kind, id: Uint8Array, fate: Fate): "enter" | "pass" => {
    const isNew = need[fate].add(kind, id) === "added";
    if (isNew) onProgress?.({ phase: "scan", entries: sizeOf(need), bytes: 0, errors: 0 });
    return isNew && (fate === "copy" || fate === "there") ? "enter" : "pass";
  };
  await walkReferences(objects, mustHex(content), (kind, id) => {
    signal?.throwIfAborted();
    const fate = fateOf(kind, id);
    return fate instanceof Promise ? fate.then((known) => decide(kind, id, known)) : decide(kind, id, fate);
  });
}

function sizeOf({ copy, there, leave, missing }: Need): number {
  return copy.left + there.left + leave.left + missing.left;
}

/** Nothing is needed yet. */
export function nothingNeeded(): Need {
  return { copy: new NeededObjects(), there: new NeededObjects(), leave: new NeededObjects(), missing: new NeededObjects() };
}
