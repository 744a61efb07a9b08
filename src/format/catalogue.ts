// The catalogue of an index archive: where rows of packs are, and which index archives it replaces. spec/15-repository.md#index
import { PtarError } from "../errors/ptar-error.js";
import { checkExtensions, decodeDocument, encodeDocument } from "./document.js";
import type { Catalogue } from "./generated/types.js";
import { validateCatalogue } from "./generated/validators.js";
import { increases } from "./order.js";

/** Bytes of a catalogue. */
export function encodeCatalogue(catalogue: Catalogue): Uint8Array {
  return encodeDocument(catalogue, "catalogue", validateCatalogue);
}

/**
 * The catalogue of an index archive that is `features` plain or sealed.
 * @throws PTAR_DOCUMENT_NOT_CANONICAL, PTAR_DOCUMENT_INVALID, PTAR_UNSUPPORTED_EXTENSION, PTAR_CATALOGUE_INVALID
 */
export function decodeCatalogue(bytes: Uint8Array, features: "plain" | "sealed"): Catalogue {
  const catalogue = decodeDocument<Catalogue>(bytes, "catalogue", validateCatalogue);
  checkExtensions(catalogue.ext, "catalogue");
  const { locations, secrets, supersedes } = catalogue;
  if (!increases(supersedes)) throw invalid("index archives that it supersedes are not sorted, or one stands there twice");
  if (!increases(secrets.map(({ archive }) => archive))) throw invalid("secrets are not sorted by archive, or one archive stands there twice");
  if (new Set(locations).size !== locations.length) throw invalid("it lists one object of locations twice");
  // anybody could read them
  if (features === "plain" && secrets.length > 0) throw invalid("it holds secrets, and the archive is plain");
  return catalogue;
}

function invalid(problem: string): PtarError {
  return new PtarError("PTAR_CATALOGUE_INVALID", `catalogue: ${problem}`);
}
