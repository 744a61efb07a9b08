// The manifest: closes a generation. spec/08-manifest.md#manifest
import { PtarError } from "../errors/ptar-error.js";
import { checkExtensions, decodeDocument, encodeDocument } from "./document.js";
import type { Manifest } from "./generated/types.js";
import { validateManifest } from "./generated/validators.js";

/** A manifest that satisfies its schema, and nothing more: no byte of the archive was compared with it. */
export type UnverifiedManifest = Manifest & { readonly verified?: never };

/** Canonical bytes of a manifest. */
export function encodeManifest(manifest: Manifest): Uint8Array {
  return encodeDocument(manifest, "manifest", validateManifest);
}

/** @throws PTAR_DOCUMENT_NOT_CANONICAL, PTAR_DOCUMENT_INVALID, PTAR_UNSUPPORTED_FEATURE, PTAR_UNSUPPORTED_EXTENSION, PTAR_MANIFEST_MISMATCH */
export function decodeManifest(payload: Uint8Array): UnverifiedManifest {
  const manifest = decodeDocument<Manifest>(payload, "manifest", validateManifest);
  checkExtensions(manifest.ext, "manifest");
  const unknown = manifest.requires[0];
  if (unknown !== undefined) {
    throw new PtarError("PTAR_UNSUPPORTED_FEATURE", `manifest: requires ${unknown}`, { hint: "use a newer version of ptar" });
  }
  if (new Set(manifest.signers).size !== manifest.signers.length)
    throw new PtarError("PTAR_DOCUMENT_INVALID", "manifest: a signer is declared twice");
  if (new Set(manifest.snapshots.map(({ id }) => id)).size !== manifest.snapshots.length)
    throw new PtarError("PTAR_DOCUMENT_INVALID", "manifest: a snapshot is listed twice");
  checkSubject(manifest, "manifest");
  return manifest;
}

/** What an archive is about: snapshots, or one other object. @throws PTAR_MANIFEST_MISMATCH */
// spec/08-manifest.md#manifest
export function checkSubject({ snapshots, subject }: Pick<Manifest, "snapshots" | "subject">, name: string): void {
  if (subject !== undefined && snapshots.length > 0)
    throw new PtarError("PTAR_MANIFEST_MISMATCH", `${name}: has the subject ${subject.kind}, and lists ${snapshots.length} snapshots`);
}
