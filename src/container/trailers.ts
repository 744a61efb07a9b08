// Walks the trailers of an archive from its end to the first. spec/02-container.md#trailer
import { Cursor } from "../bytes/cursor.js";
import { PtarError } from "../errors/ptar-error.js";
import { frameTypes } from "../format/frame.js";
import { headerLength } from "../format/header.js";
import { decodeTrailer, type Trailer, trailerLength } from "../format/trailer.js";
import { claimedNumber, type Frame, type FrameInput, readWholeFrame } from "./frame-reader.js";

/** A trailer, its frame and the part of the archive that it closes. */
export interface Segment {
  readonly trailer: Trailer;
  readonly frame: Frame;
  /** Offset of the first byte after the trailer before; of the header for the first. */
  readonly start: number;
}

/**
 * All segments, first to last, each trailer compared with the one before; numbers of frames are as claimed.
 * @throws PTAR_TRAILER_MISSING, PTAR_TRAILER_INVALID, PTAR_LIMIT_EXCEEDED
 */
export async function readSegments(input: FrameInput): Promise<readonly Segment[]> {
  const { generations: most } = input.limits;
  const segments: Segment[] = [];
  for (;;) {
    const later = segments.at(-1);
    if (later?.start === 0) {
      checkFollows(later, undefined);
      return segments.reverse();
    }
    if (segments.length === most) throw new PtarError("PTAR_LIMIT_EXCEEDED", `archive: more than ${most} generations and tails`);
    const segment = await readSegment(input, later?.start ?? input.reader.length, later === undefined ? "last" : "earlier");
    if (later !== undefined) checkFollows(later, segment);
    segments.push(segment);
  }
}

async function readSegment(input: FrameInput, end: number, which: "last" | "earlier"): Promise<Segment> {
  const { frame, trailer } = await readTrailer(input, end, which === "last");
  const { previousTrailerOffset: previous, sequence, frameTableOffset } = trailer;
  const start = previous === 0 ? 0 : previous + trailerLength;
  if (start > frame.offset) throw invalid(frame.offset, "the trailer before it overlaps it");
  if (sequence === 0 && start > frameTableOffset) throw invalid(frame.offset, "frame table offset points before its generation");
  return { trailer, frame, start };
}

/** A generation follows any trailer of the one before, a tail the tail before it, or its generation. */
// spec/02-container.md#trailer
function checkFollows({ trailer, frame }: Segment, before: Segment | undefined): void {
  const { generation = 0, sequence = 0 } = before?.trailer ?? {};
  const opens = trailer.sequence === 0;
  if (trailer.generation !== (opens ? generation + 1 : generation) || (!opens && trailer.sequence !== sequence + 1)) {
    throw invalid(
      frame.offset,
      `generation ${trailer.generation}, sequence ${trailer.sequence} after generation ${generation}, sequence ${sequence}`,
    );
  }
  if (opens || before === undefined) return;
  const { manifestOffset, frameTableOffset } = trailer;
  if (manifestOffset !== before.trailer.manifestOffset || frameTableOffset !== before.trailer.frameTableOffset)
    throw invalid(frame.offset, `leads to offsets ${manifestOffset} and ${frameTableOffset}, not to generation ${generation}`);
}

async function readTrailer(input: FrameInput, end: number, last: boolean): Promise<{ readonly frame: Frame; readonly trailer: Trailer }> {
  const offset = end - trailerLength;
  if (offset < headerLength) throw missing(input.reader.length, end, last);
  const type = new Cursor(await input.reader.read(offset + 4, 1)).u8();
  if (type !== frameTypes.trailer) throw missing(input.reader.length, end, last);
  const number = await claimedNumber(input.reader, offset);
  const frame = await readWholeFrame(input, { offset, number, end }).catch((error: unknown) => {
    throw error instanceof PtarError && error.code === "PTAR_FRAME_SYNC" ? missing(input.reader.length, end, last) : error;
  });
  return { frame, trailer: decodeTrailer(frame.payload, end) };
}

function missing(length: number, end: number, last: boolean): PtarError {
  const message = last ? `archive: its ${length} bytes do not end with a trailer` : `archive: no trailer ends at offset ${end}`;
  return new PtarError("PTAR_TRAILER_MISSING", message, {
    hint: "the file is cut short, or something was added to its end; fetch it again",
    details: { offset: Math.max(0, end - trailerLength), length },
  });
}

function invalid(offset: number, problem: string): PtarError {
  return new PtarError("PTAR_TRAILER_INVALID", `trailer at offset ${offset}: ${problem}`, { details: { offset } });
}
