// Reads every frame from the front: nothing missing, moved, changed or added. spec/10-verify.md#order
import { equalBytes, isZero } from "../bytes/compare.js";
import { fromUtf8 } from "../bytes/utf8.js";
import { PtarError } from "../errors/ptar-error.js";
import { aboutText } from "../format/about.js";
import { frameTypeName, frameTypes } from "../format/frame.js";
import { headerLength } from "../format/header.js";
import { decodeKeys } from "../format/keys.js";
import { decodeSession } from "../format/session.js";
import type { Container } from "./container.js";
import type { UnitPlace } from "./frame-index.js";
import { type Frame, readFrame, readWholeFrame } from "./frame-reader.js";
import { Grammar } from "./grammar.js";
import { checkSealedLength } from "./unsealer.js";

/**
 * Yields every frame of an opened container in order, each checked; sealed ones opened, where the container is open.
 * @throws PTAR_FRAME_*, PTAR_SESSION_INVALID, PTAR_KEYS_INVALID, PTAR_KEYS_WORK_FACTOR, PTAR_MANIFEST_MISMATCH, PTAR_TABLE_INVALID
 */
export async function* scanFrames(container: Container, signal?: AbortSignal): AsyncGenerator<Frame> {
  const grammar = new Grammar(container.keySource);
  let offset = headerLength;
  for (let number = 1; number <= container.lastFrame; number++) {
    signal?.throwIfAborted();
    const frame = await readNext(container, number, offset);
    grammar.take(frame.type, frame);
    checkChained(container, frame);
    if (frame.type === frameTypes.session) decodeSession(frame.payload, number, container.header.sealed ? "sealed" : "plain");
    if (frame.type === frameTypes.keys) decodeKeys(frame.payload, number, container.input.limits);
    if (container.header.sealed) {
      checkListed(container, frame);
      checkSealedLength(frame);
    }
    checkPadding(frame);
    offset = frame.end;
    yield await container.unseal(frame);
  }
  if (!grammar.complete || offset !== container.input.reader.length) {
    throw new PtarError(
      "PTAR_TRAILER_INVALID",
      `archive: its last frame ends at offset ${offset}, its last byte at ${container.input.reader.length}`,
    );
  }
}

/** A session or keys that no manifest lists would be passed over by who opens the archive; those listed were read on opening. */
// spec/14-encryption.md#manifest
function checkListed({ generations }: Container, { type, number }: Frame): void {
  if (type !== frameTypes.session && type !== frameTypes.keys) return;
  const generation = generations.findLast(({ manifest }) => (manifest.encryption?.sessions[0] ?? 0) <= number);
  // those of tails were read on opening too
  if (generation === undefined || number > generation.manifest.frameTable) return;
  const { sessions = [], keys = [] } = generation.manifest.encryption ?? {};
  if ((type === frameTypes.session ? sessions : keys).includes(number)) return;
  throw new PtarError("PTAR_MANIFEST_MISMATCH", `manifest (generation ${generation.number}): does not list frame ${number}, ${frameTypeName(type)}`, {
    details: { frame: number },
  });
}

// spec/02-container.md#trailer
function checkChained({ trailers }: Container, { type, offset }: Frame): void {
  if (type !== frameTypes.trailer || trailers.has(offset)) return;
  throw new PtarError("PTAR_TRAILER_INVALID", `trailer at offset ${offset}: is not in the chain of trailers`, { details: { offset } });
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
