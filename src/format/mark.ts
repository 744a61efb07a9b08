// Marks: which packs prune is going to delete. spec/15-repository.md#prune
import { encodeDocument } from "./document.js";
import type { Mark } from "./generated/types.js";
import { validateMark } from "./generated/validators.js";
import type { Limits } from "./limits.js";
import { increases } from "./order.js";
import { decodeRepositoryFile, invalidFile } from "./repository-file.js";

/** Bytes of a mark. */
export function encodeMark(mark: Mark): Uint8Array {
  return encodeDocument(mark, "mark", validateMark);
}

/** The mark in the file `name`. @throws PTAR_REPOSITORY_INVALID, PTAR_UNSUPPORTED_EXTENSION */
export function decodeMark(bytes: Uint8Array, name: string, limits: Limits): Mark {
  const subject = `marks/${name}`;
  const mark = decodeRepositoryFile<Mark>(bytes, { subject, validate: validateMark, maxBytes: limits.markBytes });
  if (!increases(mark.packs)) throw invalidFile(subject, "packs are not sorted, or one stands there twice");
  return mark;
}
