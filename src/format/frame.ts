// Frame types and the 24 bytes before each payload. spec/02-container.md#frame
import { Builder } from "../bytes/builder.js";
import { Cursor } from "../bytes/cursor.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Limits } from "./limits.js";

/** Length of the header and of the check of a frame, bytes. */
export const frameHeaderLength = 24;
export const frameCheckLength = 8;
export const frameOverhead = frameHeaderLength + frameCheckLength;

const sync = 0x465450f7; // F7 50 54 46 as u32

/** Numbers of the frame types. spec/02-container.md#types */
export const frameTypes = {
  about: 0x01,
  session: 0x02,
  keys: 0x03,
  blockData: 0x10,
  blockMeta: 0x11,
  indexPage: 0x20,
  indexRoot: 0x21,
  sealedManifest: 0x22,
  frameTablePage: 0x30,
  frameTable: 0x31,
  manifest: 0x32,
  statement: 0x40,
  timestamp: 0x41,
  trailer: 0x7f,
  padding: 0x80,
  parity: 0x81,
  note: 0x82,
} as const;

/** Name of a known frame type. */
export type FrameTypeName = keyof typeof frameTypes;

/** Types whose payload a later chapter defines: a reader of this version refuses them. */
const undefinedYet: ReadonlySet<number> = new Set([frameTypes.timestamp]);
const names = new Map<number, FrameTypeName>(Object.entries(frameTypes).map(([name, type]) => [type, name as FrameTypeName]));

/** What stands before a payload. */
export interface FrameHeader {
  readonly type: number;
  readonly payloadLength: number;
  readonly number: number;
}

/** Name of a frame type, "type 0x90" when it is unknown. */
export function frameTypeName(type: number): string {
  return names.get(type) ?? `type 0x${type.toString(16)}`;
}

/** Whether frames of this type may be skipped by a reader that does not know it. */
export function isAncillary(type: number): boolean {
  return (type & 0x80) !== 0;
}

/** The 24 bytes before a payload. */
export function encodeFrameHeader(header: FrameHeader): Uint8Array {
  return new Builder(frameHeaderLength).u32(sync).u8(header.type).u8(0).u16(0).u64(header.payloadLength).u64(header.number).done();
}

/**
 * Decodes the 24 bytes before a payload that must be frame `number` at `offset`.
 * @throws PTAR_FRAME_SYNC, PTAR_FRAME_RESERVED, PTAR_FRAME_NUMBER, PTAR_FRAME_LENGTH, PTAR_UNSUPPORTED_FRAME
 */
export function decodeFrameHeader(
  bytes: Uint8Array,
  place: { readonly number: number; readonly offset: number; readonly limits: Limits },
): FrameHeader {
  const where = `frame ${place.number} at offset ${place.offset}`;
  const details = { frame: place.number, offset: place.offset };
  const cursor = new Cursor(bytes);
  if (cursor.u32() !== sync) throw new PtarError("PTAR_FRAME_SYNC", `${where}: no frame starts here`, { details });
  const type = cursor.u8();
  if (cursor.u8() !== 0 || cursor.u16() !== 0)
    throw new PtarError("PTAR_FRAME_RESERVED", `${where}: flags or reserved bytes are not zero`, { details });
  const payloadLength = cursor.u64();
  const number = cursor.u64();
  if (number !== place.number) throw new PtarError("PTAR_FRAME_NUMBER", `${where}: has number ${number}`, { details });
  if (undefinedYet.has(type) || (!names.has(type) && !isAncillary(type))) {
    throw new PtarError("PTAR_UNSUPPORTED_FRAME", `${where}: ${names.has(type) ? "reserved" : "unknown"} type 0x${type.toString(16)}`, {
      details,
      hint: "use a newer version of ptar",
    });
  }
  const limit = payloadLimit(type, place.limits);
  if (!(payloadLength <= limit)) {
    throw new PtarError("PTAR_FRAME_LENGTH", `${where}: ${frameTypeName(type)} of ${payloadLength} bytes, limit ${limit}`, { details });
  }
  return { type, payloadLength, number };
}

/** The longest payload of all types, bytes. */
export function longestPayload(limits: Limits): number {
  return Math.max(...[...names.keys()].map((type) => payloadLimit(type, limits)));
}

/** The longest payload of a type, bytes. */
export function payloadLimit(type: number, limits: Limits): number {
  switch (type) {
    case frameTypes.about:
      return limits.aboutBytes;
    case frameTypes.session:
      return 96;
    case frameTypes.keys:
      return limits.keysBytes;
    case frameTypes.blockData:
    case frameTypes.blockMeta:
      return limits.blockBytes;
    case frameTypes.indexPage:
      return limits.indexPageBytes;
    case frameTypes.indexRoot:
      return limits.indexRootBytes;
    case frameTypes.frameTable:
    case frameTypes.frameTablePage:
      return limits.framePageBytes;
    case frameTypes.manifest:
    case frameTypes.sealedManifest:
      return limits.manifestBytes;
    case frameTypes.statement:
    case frameTypes.timestamp:
      return limits.statementBytes;
    case frameTypes.trailer:
      return 72;
    default:
      return limits.noteBytes;
  }
}
