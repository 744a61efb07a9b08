// The first 64 bytes of an archive. spec/02-container.md#header
import { Builder } from "../bytes/builder.js";
import { compareBytes, equalBytes, isZero } from "../bytes/compare.js";
import { Cursor } from "../bytes/cursor.js";
import { toUtf8 } from "../bytes/utf8.js";
import { PtarError } from "../errors/ptar-error.js";

/** Length of the header in bytes. */
export const headerLength = 64;
/** The bytes every archive starts with. */
export const magic = Uint8Array.of(0x89, 0x50, 0x54, 0x41, 0x52, 0x0d, 0x0a, 0x1a, 0x0a);

const major = 1;
const minor = 0;
const checkedLength = 56;
const sealedBit = 1;
const thinBit = 2;

/** The header's facts. */
export interface Header {
  readonly minor: number;
  readonly sealed: boolean;
  readonly thin: boolean;
  /** 32 bytes; a label, never an identity. */
  readonly archiveId: Uint8Array;
}

/** A SHA-256 function, handed in because `format/` does no cryptography. */
export type Digest = (bytes: Uint8Array) => Uint8Array;

/** The 64 bytes of a header. */
export function encodeHeader(header: Omit<Header, "minor">, sha256: Digest): Uint8Array {
  const checked = new Builder(checkedLength)
    .bytes(magic)
    .u8(major)
    .u8(minor)
    .u8(headerLength)
    .u32((header.sealed ? sealedBit : 0) | (header.thin ? thinBit : 0))
    .bytes(header.archiveId)
    .zeros(8)
    .done();
  return new Builder(headerLength).bytes(checked).bytes(sha256(checked).subarray(0, 8)).done();
}

/**
 * The facts of a header, checked in the order of the spec.
 * @throws PTAR_HEADER_MAGIC, PTAR_HEADER_CHECK, PTAR_UNSUPPORTED_VERSION, PTAR_HEADER_RESERVED, PTAR_UNSUPPORTED_FEATURE
 */
export function decodeHeader(bytes: Uint8Array, sha256: Digest): Header {
  checkMagic(bytes);
  const check = bytes.subarray(checkedLength, headerLength);
  if (!equalBytes(sha256(bytes.subarray(0, checkedLength)).subarray(0, 8), check)) {
    throw new PtarError("PTAR_HEADER_CHECK", "header: the check at offset 56 is wrong", {
      hint: "the first 64 bytes are damaged; fetch the archive again",
      details: { offset: 0 },
    });
  }
  const cursor = new Cursor(bytes.subarray(magic.length));
  const foundMajor = cursor.u8();
  if (foundMajor !== major) {
    throw new PtarError("PTAR_UNSUPPORTED_VERSION", `header: major version ${foundMajor}, this program reads ${major}`, {
      hint: "use a newer version of ptar",
    });
  }
  const foundMinor = cursor.u8();
  return { minor: foundMinor, ...decodeRest(cursor) };
}

function decodeRest(cursor: Cursor): Omit<Header, "minor"> {
  const length = cursor.u8();
  const features = cursor.u32();
  const archiveId = cursor.bytes(32).slice();
  if (length !== headerLength) throw new PtarError("PTAR_HEADER_RESERVED", `header: length ${length}, expected ${headerLength}`);
  if (!isZero(cursor.bytes(8))) throw new PtarError("PTAR_HEADER_RESERVED", "header: reserved bytes at offset 48 are not zero");
  if ((features & ~(sealedBit | thinBit)) !== 0) {
    throw new PtarError("PTAR_UNSUPPORTED_FEATURE", `header: unknown feature bits 0x${(features >>> 0).toString(16)}`, {
      hint: "use a newer version of ptar",
    });
  }
  return { sealed: (features & sealedBit) !== 0, thin: (features & thinBit) !== 0, archiveId };
}

function checkMagic(bytes: Uint8Array): void {
  if (bytes.length >= magic.length && compareBytes(bytes.subarray(0, magic.length), magic) === 0) {
    if (bytes.length >= headerLength) return;
    throw new PtarError("PTAR_TRAILER_MISSING", `archive: ${bytes.length} bytes, cut inside the header`, {
      hint: "the archive is not complete; fetch it again",
      details: { length: bytes.length },
    });
  }
  const found = foreignFormat(bytes);
  throw new PtarError("PTAR_HEADER_MAGIC", `header: not a PTAR archive${found === undefined ? "" : `, but ${found}`}`, {
    hint: "ptar reads files made by `ptar create`",
  });
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array, at = 0): boolean {
  return bytes.length >= at + prefix.length && equalBytes(bytes.subarray(at, at + prefix.length), prefix);
}

/** The beginning of the magic after a transfer as text: only what follows it changed, or its high bit or encoding did. */
const textForms: readonly Uint8Array[] = [[0x89], [0x09], [0xc2, 0x89], [0xef, 0xbf, 0xbd]].map((first) =>
  Uint8Array.of(...first, ...toUtf8("PTAR")),
);

/** What else a file is, for a helpful message. */
function foreignFormat(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return "an empty file";
  if (startsWith(bytes, toUtf8("_PLATAR_"))) return "a Plakar archive (their .ptar is another format)";
  if (startsWith(bytes, toUtf8("ustar"), 257)) return "a tar archive";
  if (startsWith(bytes, Uint8Array.of(0x50, 0x4b, 3, 4))) return "a zip archive";
  if (startsWith(bytes, Uint8Array.of(0x1f, 0x8b))) return "a gzip file";
  if (startsWith(bytes, Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd))) return "a zstd file";
  if (startsWith(bytes, toUtf8("age-encryption.org/v1"))) return "an age file";
  if (textForms.some((form) => startsWith(bytes, form))) return "one damaged by a text-mode transfer (its line ends or high bits changed)";
  return undefined;
}
