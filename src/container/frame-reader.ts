// Reads one frame and checks everything a frame says of itself. spec/02-container.md#frame
import { equalBytes } from "../bytes/compare.js";
import { Cursor } from "../bytes/cursor.js";
import type { Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import { decodeFrameHeader, frameCheckLength, frameHeaderLength, frameOverhead, longestPayload } from "../format/frame.js";
import type { Limits } from "../format/limits.js";
import { leafHash } from "../merkle/tree.js";
import type { ByteReader } from "./bytes-io.js";

/** One frame as it was read; its check is right, its hash was compared with nothing yet. */
export interface Frame {
  readonly number: number;
  readonly type: number;
  readonly offset: number;
  /** Offset just after its check. */
  readonly end: number;
  readonly payload: Uint8Array;
  readonly leaf: Uint8Array;
}

/** Where frames are read from. */
export interface FrameInput {
  readonly reader: ByteReader;
  readonly crypto: Crypto;
  readonly limits: Limits;
}

/**
 * The frame at `offset`, which must have `number` and end at `end` or before.
 * @throws PTAR_FRAME_SYNC, PTAR_FRAME_RESERVED, PTAR_FRAME_NUMBER, PTAR_FRAME_LENGTH, PTAR_FRAME_CHECK, PTAR_UNSUPPORTED_FRAME
 */
export async function readFrame(
  input: FrameInput,
  place: { readonly offset: number; readonly number: number; readonly end: number },
): Promise<Frame> {
  const { offset, number } = place;
  if (offset + frameHeaderLength > input.reader.length) throw tooLong(place, `${input.reader.length - offset} bytes are left`);
  const head = await input.reader.read(offset, frameHeaderLength);
  const { type, payloadLength } = decodeFrameHeader(head, { number, offset, limits: input.limits });
  if (offset + frameOverhead + payloadLength > place.end)
    throw tooLong(place, `${frameOverhead + payloadLength} bytes, ${place.end - offset} are left`);
  const rest = await input.reader.read(offset + frameHeaderLength, payloadLength + frameCheckLength);
  return checkedFrame(input.crypto, { head, rest, offset, number, type });
}

/**
 * The frame that fills [offset, end) exactly, read at once.
 * @throws as {@link readFrame}
 */
export async function readWholeFrame(
  input: FrameInput,
  place: { readonly offset: number; readonly number: number; readonly end: number },
): Promise<Frame> {
  const { offset, number, end } = place;
  const length = end - offset;
  // the length stands in a row that may be a lie: of what can be no frame, only the header is read into memory. spec/11-limits.md
  const isPossible = length >= frameOverhead && length <= frameOverhead + longestPayload(input.limits);
  const bytes = await input.reader.read(offset, isPossible ? length : frameHeaderLength);
  const head = bytes.subarray(0, frameHeaderLength);
  const { type, payloadLength } = decodeFrameHeader(head, { number, offset, limits: input.limits });
  if (frameOverhead + payloadLength !== length) throw tooLong(place, `${frameOverhead + payloadLength} bytes, the frame table says ${length}`);
  return checkedFrame(input.crypto, { head, rest: bytes.subarray(frameHeaderLength), offset, number, type });
}

/** The number that the frame at `offset` claims, -1 when no frame can have it; it must be checked against where it stands. */
export async function claimedNumber(reader: ByteReader, offset: number): Promise<number> {
  const number = new Cursor(await reader.read(offset + 16, 8)).u64();
  return number > 0 ? number : -1;
}

function checkedFrame(
  crypto: Crypto,
  parts: { readonly head: Uint8Array; readonly rest: Uint8Array; readonly offset: number; readonly number: number; readonly type: number },
): Frame {
  const { head, rest, offset, number, type } = parts;
  const payload = rest.subarray(0, rest.length - frameCheckLength);
  const leaf = leafHash(crypto, head, payload);
  if (!equalBytes(leaf.subarray(0, frameCheckLength), rest.subarray(payload.length))) {
    throw new PtarError("PTAR_FRAME_CHECK", `frame ${number} at offset ${offset}: its check is wrong`, {
      details: { frame: number, offset },
      hint: "the archive is damaged here; fetch it again or use another copy",
    });
  }
  return { number, type, offset, end: offset + frameHeaderLength + rest.length, payload, leaf };
}

function tooLong(place: { readonly offset: number; readonly number: number }, problem: string): PtarError {
  return new PtarError("PTAR_FRAME_LENGTH", `frame ${place.number} at offset ${place.offset}: ${problem}`, {
    details: { frame: place.number, offset: place.offset },
  });
}
