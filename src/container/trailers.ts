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
 * All segments, first to last. Facts about generations and sequences agree with each other; numbers of frames are as claimed.
 * @throws PTAR_TRAILER_MISSING, PTAR_TRAILER_INVALID, PTAR_LIMIT_EXCEEDED
 */
export async function readSegments(input: FrameInput): Promise<readonly Segment[]> {
  const segments: Segment[] = [];
  let end = input.reader.length;
  for (;;) {
    const { frame, trailer } = await readTrailer(input, end, segments.length === 0);
    const previous = trailer.previousTrailerOffset;
    const start = previous === 0 ? 0 : previous + trailerLength;
    if (start > end - trailerLength) throw invalid(frame.offset, `the trailer before it overlaps it`);
    segments.push({ trailer, frame, start });
    if (segments.length > input.limits.generations) {
      throw new PtarError("PTAR_LIMIT_EXCEEDED", `archive: more than ${input.limits.generations} generations and tails`);
    }
    if (previous === 0) break;
    end = start;
  }
  segments.reverse();
  checkSequence(segments);
  return segments;
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

function checkSequence(segments: readonly Segment[]): void {
  let generation = 0;
  let sequence = 0;
  for (const { trailer, frame } of segments) {
    const opens = trailer.sequence === 0;
    const expected = opens ? generation + 1 : generation;
    if (trailer.generation !== expected || (!opens && trailer.sequence !== sequence + 1)) {
      throw invalid(
        frame.offset,
        `generation ${trailer.generation}, sequence ${trailer.sequence} after generation ${generation}, sequence ${sequence}`,
      );
    }
    generation = trailer.generation;
    sequence = trailer.sequence;
  }
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
