// What the manifest of a sealed archive must not show. spec/14-encryption.md#sealed-manifest
import { PtarError } from "../errors/ptar-error.js";
import { checkExtensions, decodeDocument, encodeDocument } from "./document.js";
import type { SealedManifest } from "./generated/types.js";
import { validateSealedManifest } from "./generated/validators.js";
import { checkSubject } from "./manifest.js";

/** Canonical bytes of a sealed manifest. */
export function encodeSealedManifest(manifest: SealedManifest): Uint8Array {
  return encodeDocument(manifest, "sealed manifest", validateSealedManifest);
}

/** @throws PTAR_DOCUMENT_NOT_CANONICAL, PTAR_DOCUMENT_INVALID, PTAR_UNSUPPORTED_EXTENSION, PTAR_MANIFEST_MISMATCH */
export function decodeSealedManifest(payload: Uint8Array): SealedManifest {
  const manifest = decodeDocument<SealedManifest>(payload, "sealed manifest", validateSealedManifest);
  checkExtensions(manifest.ext, "sealed manifest");
  if (new Set(manifest.snapshots.map(({ id }) => id)).size !== manifest.snapshots.length)
    throw new PtarError("PTAR_DOCUMENT_INVALID", "sealed manifest: a snapshot is listed twice");
  checkSubject(manifest, "sealed manifest");
  return manifest;
}
