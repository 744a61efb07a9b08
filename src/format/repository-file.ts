// Documents that are files of a repository by themselves. spec/15-repository.md#layout
import { PtarError } from "../errors/ptar-error.js";
import { checkExtensions, decodeDocument } from "./document.js";
import type { Extension } from "./generated/types.js";
import type { Validator } from "./generated/validators.js";

/** What such a file has to be. */
export interface FileRules {
  /** What it is called in sentences. */
  readonly subject: string;
  readonly validate: Validator;
  readonly maxBytes: number;
}

/**
 * The document in a file of a repository. Whatever is wrong with it is wrong with the repository.
 * @throws PTAR_REPOSITORY_INVALID, PTAR_UNSUPPORTED_EXTENSION
 */
export function decodeRepositoryFile<T extends { readonly ext: readonly Extension[] }>(bytes: Uint8Array, rules: FileRules): T {
  const { subject, validate, maxBytes } = rules;
  // spec/11-limits.md
  if (bytes.length > maxBytes) throw invalidFile(subject, `${bytes.length} bytes, limit ${maxBytes}`);
  try {
    const document = decodeDocument<T>(bytes, subject, validate);
    checkExtensions(document.ext, subject);
    return document;
  } catch (error) {
    // what needs a newer program is no damage
    if (!(error instanceof PtarError && error.exitCode === 4)) throw error;
    throw new PtarError("PTAR_REPOSITORY_INVALID", error.message, { cause: error });
  }
}

/** The failure of a file of a repository that is not what its place says. */
export function invalidFile(subject: string, problem: string): PtarError {
  return new PtarError("PTAR_REPOSITORY_INVALID", `${subject}: ${problem}`);
}
