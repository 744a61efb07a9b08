// What stands inside a sealed frame: length, payload, padding. spec/14-encryption.md#seal

import { isZero } from "../bytes/compare.js";
import { Cursor } from "../bytes/cursor.js";
import { PtarError } from "../errors/ptar-error.js";
import { type FrameTypeName, frameTypes } from "./frame.js";

/** Length of the tag behind the ciphertext, bytes. */
export const tagLength = 16;
const lengthBytes = 4;
/** Bytes that sealing adds to a payload at least. */
export const sealOverhead = lengthBytes + tagLength;

/** Frame types whose payload is sealed in a sealed archive. */
export type SealedType = Extract<FrameTypeName, "blockData" | "blockMeta" | "indexPage" | "indexRoot" | "sealedManifest">;

const sealedTypes: ReadonlySet<number> = new Set<number>(
  (["blockData", "blockMeta", "indexPage", "indexRoot", "sealedManifest"] as const).map((name) => frameTypes[name]),
);

/** Whether frames of this type are sealed in a sealed archive. */
export function isSealedType(type: number): boolean {
  return sealedTypes.has(type);
}

/** `payload` with its length before it and zeros behind it: `length` bytes in all. */
export function encodeSealedPlaintext(payload: Uint8Array, length: number): Uint8Array {
  if (length < lengthBytes + payload.length) throw new TypeError(`${length} bytes are too few for a payload of ${payload.length}`);
  const plaintext = new Uint8Array(length);
  new DataView(plaintext.buffer).setUint32(0, payload.length, true);
  plaintext.set(payload, lengthBytes);
  return plaintext;
}

/** The payload inside `plaintext`, as a view. @throws PTAR_FRAME_LENGTH, PTAR_FRAME_RESERVED */
export function decodeSealedPlaintext(plaintext: Uint8Array, place: { readonly number: number; readonly offset: number }): Uint8Array {
  const where = `frame ${place.number} at offset ${place.offset}`;
  const details = { frame: place.number, offset: place.offset };
  const cursor = new Cursor(plaintext);
  const length = cursor.u32();
  if (length > cursor.left)
    throw new PtarError("PTAR_FRAME_LENGTH", `${where}: a payload of ${length} bytes in ${cursor.left} sealed ones`, { details });
  const payload = cursor.bytes(length);
  if (!isZero(cursor.bytes(cursor.left))) throw new PtarError("PTAR_FRAME_RESERVED", `${where}: padding is not zero`, { details });
  return payload;
}

/** Length that a plaintext of `length` bytes, at least 2, is padded to (Padmé: Nikitin et al., PETS 2019). */
export function padme(length: number): number {
  const exponent = Math.floor(Math.log2(length));
  const unit = 2 ** (exponent - Math.floor(Math.log2(exponent)) - 1);
  return Math.ceil(length / unit) * unit;
}

/** Length of the plaintext of a payload that is padded as little as `padme` says, within `limit` bytes of a frame's payload. */
export function paddedLength(payload: number, limit: number): number {
  return Math.min(padme(lengthBytes + payload), limit - tagLength);
}

/** 12 bytes: number of the frame, zeros. */
export function sealNonce(frame: number): Uint8Array {
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setUint32(0, frame % 0x100000000, true);
  view.setUint32(4, Math.floor(frame / 0x100000000), true);
  return nonce;
}
