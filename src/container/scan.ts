// Reads every frame from the front: nothing missing, moved, changed or added. spec/10-verify.md#order
import { equalBytes, isZero } from "../bytes/compare.js";
import { fromUtf8 } from "../bytes/utf8.js";
import { PtarError } from "../errors/ptar-error.js";
import { aboutText } from "../format/about.js";
import { frameTypes } from "../format/frame.js";
import { headerLength } from "../format/header.js";
import { checkPlainSession } from "../format/session.js";
import type { Container } from "./container.js";
import type { UnitPlace } from "./frame-index.js";
import { type Frame, readFrame, readWholeFrame } from "./frame-reader.js";
import { Grammar } from "./grammar.js";

/** Yields every frame of an opened container in order, each checked. @throws PTAR_FRAME_*, PTAR_SESSION_INVALID, PTAR_TABLE_INVALID */
export async function* scanFrames(container: Container, signal?: AbortSignal): AsyncGenerator<Frame> {
  const grammar = new Grammar();
  let offset = headerLength;
  for (let number = 1; number <= container.lastFrame; number++) {
    signal?.throwIfAborted();
    const frame = await readNext(container, number, offset);
    grammar.take(frame.type, frame);
    checkPadding(frame);
    if (frame.type === frameTypes.session) checkPlainSession(frame.payload, number);
    offset = frame.end;
    yield frame;
  }
  if (!grammar.complete || offset !== container.input.reader.length) {
    throw new PtarError(
      "PTAR_TRAILER_INVALID",
      `archive: its last frame ends at offset ${offset}, its last byte at ${container.input.reader.length}`,
    );
  }
}

// spec/02-container.md#types
function checkPadding(frame: Frame): void {
  if (frame.type !== frameTypes.padding || isZero(frame.payload)) return;
  throw new PtarError("PTAR_FRAME_RESERVED", `frame ${frame.number} at offset ${frame.offset}: padding is not zero`, {
    details: { frame: frame.number },
  });
}

/** Whether an ABOUT frame has the registered text; another is worth a warning. */
export function isKnownAbout(frame: Frame): boolean {
  return fromUtf8(frame.payload) === aboutText;
}

async function readNext(container: Container, number: number, offset: number): Promise<Frame> {
  const { input } = container;
  const place = await findPlace(container, number);
  // manifest, statements, trailers and tails of the newest generation stand in no table: they were read in order on opening
  if (place === undefined) return readFrame(input, { offset, number, end: input.reader.length });
  if (place.offset !== offset) {
    throw new PtarError("PTAR_FRAME_LENGTH", `frame ${number} at offset ${place.offset}: the frame before it ends at ${offset}`, {
      details: { frame: number, offset },
    });
  }
  const frame = await readWholeFrame(input, { ...place, number });
  if (!equalBytes(frame.leaf, place.leaf)) {
    throw new PtarError("PTAR_FRAME_HASH", `frame ${number} at offset ${offset}: not the one in the frame table`, {
      details: { frame: number, offset },
    });
  }
  return frame;
}

async function findPlace(container: Container, number: number): Promise<UnitPlace | undefined> {
  for (const { table } of container.generations) {
    const place = await table.place(number);
    if (place !== undefined) return place;
  }
  return undefined;
}
