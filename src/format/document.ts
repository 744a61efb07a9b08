// Canonical JSON documents that satisfy their schema. spec/00-conventions.md#canonical

import { fromBase64url } from "../bytes/base64url.js";
import { canonicalBytes, type JsonValue, parseCanonical } from "../bytes/canonical-json.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Attribute, Extension } from "./generated/types.js";
import type { Validator } from "./generated/validators.js";

/** Canonical bytes of a document; TypeError when it does not satisfy its schema: a writer's defect. */
export function encodeDocument<T>(document: T, subject: string, validate: Validator): Uint8Array {
  const bytes = canonicalBytes(document as JsonValue);
  if (!validate(JSON.parse(new TextDecoder().decode(bytes)))) throw new TypeError(`${subject}: ${problemOf(validate)}`);
  return bytes;
}

/**
 * The document of `bytes`.
 * @throws PTAR_DOCUMENT_NOT_CANONICAL, PTAR_DOCUMENT_INVALID
 */
export function decodeDocument<T>(bytes: Uint8Array, subject: string, validate: Validator): T {
  const value = parseCanonical(bytes, subject);
  if (!validate(value)) throw new PtarError("PTAR_DOCUMENT_INVALID", `${subject}: ${problemOf(validate)}`);
  return value as T;
}

/**
 * Refuses extensions that are critical and unknown, unsorted or malformed. This version knows none.
 * @throws PTAR_UNSUPPORTED_EXTENSION, PTAR_DOCUMENT_INVALID
 */
// spec/00-conventions.md#extensions
export function checkExtensions(ext: readonly Extension[], subject: string): void {
  let before: string | undefined;
  for (const { data, id } of ext) {
    if (before !== undefined && before >= id) throw new PtarError("PTAR_DOCUMENT_INVALID", `${subject}: extensions are not sorted`);
    before = id;
    if (fromBase64url(data) === undefined) throw new PtarError("PTAR_DOCUMENT_INVALID", `${subject}: data of extension ${id} is not base64url`);
  }
  // what is malformed is nothing newer
  const unknown = ext.find(({ critical }) => critical);
  if (unknown !== undefined)
    throw new PtarError("PTAR_UNSUPPORTED_EXTENSION", `${subject}: unknown critical extension ${unknown.id}`, {
      hint: "use a newer version of ptar",
    });
}

/** Refuses attributes that are not sorted by name or repeat one. @throws PTAR_DOCUMENT_INVALID */
// spec/05-page.md#entry
export function checkAttributes(attributes: readonly Attribute[], subject: string): void {
  if (attributes.some(({ name }, i) => i > 0 && (attributes[i - 1] as Attribute).name >= name))
    throw new PtarError("PTAR_DOCUMENT_INVALID", `${subject}: attributes are not sorted by name`);
}

function problemOf(validate: Validator): string {
  const error = validate.errors?.[0];
  if (error === undefined) return "does not satisfy its schema";
  const extra = error.params["additionalProperty"];
  return `${error.instancePath || "document"} ${error.message}${typeof extra === "string" ? ` (${JSON.stringify(extra)})` : ""}`;
}
