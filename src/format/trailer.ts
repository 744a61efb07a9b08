// TRAILER: the last 104 bytes, a locator. spec/02-container.md#trailer
import { Builder } from "../bytes/builder.js";
import { isZero } from "../bytes/compare.js";
import { Cursor } from "../bytes/cursor.js";
import { PtarError } from "../errors/ptar-error.js";
import { frameOverhead } from "./frame.js";
import { headerLength } from "./header.js";

/** Length of the payload and of the whole frame, bytes. */
export const trailerPayloadLength = 72;
export const trailerLength = trailerPayloadLength + frameOverhead;

/** Where to look; every value is checked against what it leads to. */
export interface Trailer {
  readonly manifestOffset: number;
  readonly frameTableOffset: number;
  /** 0: there is none. */
  readonly previousTrailerOffset: number;
  /** Of the archive up to and including this trailer. */
  readonly totalLength: number;
  readonly generation: number;
  /** 0 for a generation, 1, 2, 3 … for its tails. */
  readonly sequence: number;
}

/** Payload of a trailer. */
export function encodeTrailer(trailer: Trailer): Uint8Array {
  return new Builder(trailerPayloadLength)
    .u64(trailer.manifestOffset)
    .u64(trailer.frameTableOffset)
    .u64(trailer.previousTrailerOffset)
    .u64(trailer.totalLength)
    .u64(trailer.generation)
    .u64(trailer.sequence)
    .zeros(24)
    .done();
}

/** The facts of a trailer that ends at `end`. @throws PTAR_TRAILER_INVALID */
export function decodeTrailer(payload: Uint8Array, end: number): Trailer {
  if (payload.length !== trailerPayloadLength) throw invalid(end, `${payload.length} bytes, expected ${trailerPayloadLength}`);
  const cursor = new Cursor(payload);
  const trailer: Trailer = {
    manifestOffset: cursor.u64(),
    frameTableOffset: cursor.u64(),
    previousTrailerOffset: cursor.u64(),
    totalLength: cursor.u64(),
    generation: cursor.u64(),
    sequence: cursor.u64(),
  };
  if (!isZero(cursor.bytes(24))) throw invalid(end, "reserved bytes are not zero");
  checkPlaces(trailer, end);
  return trailer;
}

function checkPlaces(trailer: Trailer, end: number): void {
  if (trailer.totalLength !== end) throw invalid(end, `says the archive has ${trailer.totalLength} bytes up to here, it has ${end}`);
  const start = end - trailerLength;
  // written so that NaN (an offset over 2^53−1) fails
  if (!(trailer.manifestOffset < start)) throw invalid(end, `manifest offset ${trailer.manifestOffset} is not before it`);
  if (!(trailer.frameTableOffset < trailer.manifestOffset))
    throw invalid(end, `frame table offset ${trailer.frameTableOffset} is not before the manifest`);
  if (!(trailer.frameTableOffset >= headerLength)) throw invalid(end, `frame table offset ${trailer.frameTableOffset} is in the header`);
  if (!(trailer.previousTrailerOffset < start)) throw invalid(end, `previous trailer offset ${trailer.previousTrailerOffset} is not before it`);
  if (!(trailer.generation >= 1)) throw invalid(end, `generation ${trailer.generation}`);
  if (!(trailer.sequence >= 0)) throw invalid(end, `sequence ${trailer.sequence}`);
}

function invalid(end: number, problem: string): PtarError {
  return new PtarError("PTAR_TRAILER_INVALID", `trailer at offset ${end - trailerLength}: ${problem}`, { details: { offset: end - trailerLength } });
}
