// Which frame may follow which. spec/02-container.md#grammar
import { PtarError } from "../errors/ptar-error.js";
import { frameTypeName, frameTypes, isAncillary } from "../format/frame.js";
import type { KeySource } from "../format/session.js";

type State =
  | "header"
  | "about"
  | "first session"
  | "session"
  | "blocks"
  | "index"
  | "indexRoot"
  | "sealed"
  | "tablePages"
  | "table"
  | "manifest"
  | "trailer"
  | "tail begins"
  | "tail";

const { about, session, keys, blockData, blockMeta, indexPage, indexRoot, sealedManifest, frameTablePage, frameTable, manifest } = frameTypes;
const { statement, timestamp, trailer, note, parity } = frameTypes;

type Step = readonly [types: readonly number[], next: State];
/** From each state, the types that may come next and the state they lead to. */
type Steps = Readonly<Record<State, readonly Step[]>>;

const closing: readonly Step[] = [
  [[indexPage], "index"],
  [[indexRoot], "indexRoot"],
];
const table: readonly Step[] = [
  [[frameTablePage], "tablePages"],
  [[frameTable], "table"],
];

// spec/14-encryption.md#keys
function stepsOf(keySource: KeySource): Steps {
  const wrapped = keySource === "keys" ? [keys] : [];
  const inTail: Step = [[statement, timestamp, ...wrapped, note, parity], "tail"];
  return {
    header: [[[about], "about"]],
    about: [[[session], keySource === "keys" ? "first session" : "session"]],
    "first session": [[[keys], "session"]],
    session: [[wrapped, "session"], [[session], "session"], [[blockData, blockMeta], "blocks"], ...closing],
    blocks: [[[blockData, blockMeta], "blocks"], [[session], "session"], ...closing],
    index: closing,
    indexRoot: keySource === "plain" ? table : [[[sealedManifest], "sealed"]],
    sealed: table,
    tablePages: table,
    table: [[[manifest], "manifest"]],
    manifest: [
      [[statement], "manifest"],
      [[trailer], "trailer"],
    ],
    trailer: [[[session], "session"], inTail],
    "tail begins": [inTail],
    tail: [inTail, [[trailer], "trailer"]],
  };
}

const allSteps: Readonly<Record<KeySource, Steps>> = { plain: stepsOf("plain"), keys: stepsOf("keys"), repository: stepsOf("repository") };

const shownStates: Partial<Record<State, string>> = { header: "the header", "tail begins": "trailer" };

/** Follows the order of frames over a whole archive. */
export class Grammar {
  readonly #steps: Steps;
  #state: State;

  /** Starts at the header, or after another place in the archive. */
  constructor(keySource: KeySource, after: "header" | "manifest" | "tail begins" = "header") {
    this.#steps = allSteps[keySource];
    this.#state = after;
  }

  /** Takes the next frame. @throws PTAR_FRAME_ORDER */
  take(type: number, place: { readonly number: number; readonly offset: number }): void {
    const next = this.#next(type);
    if (next === undefined) {
      throw new PtarError(
        "PTAR_FRAME_ORDER",
        `frame ${place.number} at offset ${place.offset}: ${frameTypeName(type)} may not stand after ${shownStates[this.#state] ?? this.#state}`,
        { details: { frame: place.number, offset: place.offset } },
      );
    }
    this.#state = next;
  }

  /** Whether the archive may end here: after a trailer. */
  get complete(): boolean {
    return this.#state === "trailer";
  }

  #next(type: number): State | undefined {
    const step = this.#steps[this.#state].find(([types]) => types.includes(type));
    if (step !== undefined) return step[1];
    // ancillary frames stand where a block may
    return isAncillary(type) && (this.#state === "session" || this.#state === "blocks") ? "blocks" : undefined;
  }
}
