// Statements: signature, body and what is signed. spec/08-manifest.md#envelope
import { canonicalBytes } from "../bytes/canonical-json.js";
import { concatBytes } from "../bytes/compare.js";
import { toUtf8 } from "../bytes/utf8.js";
import { PtarError } from "../errors/ptar-error.js";
import { checkExtensions, decodeDocument } from "./document.js";
import type { ArchiveStatement, SnapshotStatement } from "./generated/types.js";
import { validateArchiveStatement, validateSnapshotStatement } from "./generated/validators.js";

/** In what capacity a key signs. */
export type Role = ArchiveStatement["role"];

/** A statement taken apart; nothing is verified yet. */
export interface Envelope<Body> {
  readonly signature: Uint8Array;
  /** The bytes that are signed: PAE of the stored body. */
  readonly signed: Uint8Array;
  readonly body: Body;
}

const signatureLength = 64;
const payloadTypes = { archive: "application/vnd.ptar.archive+json", snapshot: "application/vnd.ptar.snapshot+json" } as const;

/** Stored body and the bytes to sign of a statement. */
export function encodeBody(body: ArchiveStatement | SnapshotStatement): { readonly bytes: Uint8Array; readonly toSign: Uint8Array } {
  const bytes = canonicalBytes(body);
  return { bytes, toSign: preAuthentication(payloadTypes[body.type], bytes) };
}

/** Stored form of a statement. */
export function encodeEnvelope(signature: Uint8Array, body: Uint8Array): Uint8Array {
  if (signature.length !== signatureLength) throw new TypeError(`signature of ${signature.length} bytes`);
  return concatBytes(signature, body);
}

/** @throws PTAR_DOCUMENT_NOT_CANONICAL, PTAR_DOCUMENT_INVALID, PTAR_UNSUPPORTED_EXTENSION */
export function decodeArchiveStatement(bytes: Uint8Array): Envelope<ArchiveStatement> {
  return decodeEnvelope<ArchiveStatement>(bytes, "archive", (body, subject) => decodeDocument(body, subject, validateArchiveStatement));
}

/** @throws PTAR_DOCUMENT_NOT_CANONICAL, PTAR_DOCUMENT_INVALID, PTAR_UNSUPPORTED_EXTENSION */
export function decodeSnapshotStatement(bytes: Uint8Array): Envelope<SnapshotStatement> {
  return decodeEnvelope<SnapshotStatement>(bytes, "snapshot", (body, subject) => decodeDocument(body, subject, validateSnapshotStatement));
}

function decodeEnvelope<Body extends ArchiveStatement | SnapshotStatement>(
  bytes: Uint8Array,
  type: Body["type"],
  decode: (body: Uint8Array, subject: string) => Body,
): Envelope<Body> {
  const subject = `${type} statement`;
  if (bytes.length <= signatureLength) throw new PtarError("PTAR_DOCUMENT_INVALID", `${subject}: ${bytes.length} bytes are too few`);
  const stored = bytes.subarray(signatureLength);
  const body = decode(stored, subject);
  checkExtensions(body.ext, subject);
  return { signature: bytes.slice(0, signatureLength), signed: preAuthentication(payloadTypes[type], stored), body };
}

/** DSSE pre-authentication encoding (github.com/secure-systems-lab/dsse, protocol.md). `type` is ASCII. */
export function preAuthentication(type: string, body: Uint8Array): Uint8Array {
  return concatBytes(toUtf8(`DSSEv1 ${type.length} ${type} ${body.length} `), body);
}
