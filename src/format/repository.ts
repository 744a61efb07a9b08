// The description, which makes a folder a repository. spec/15-repository.md#description
import { concatBytes } from "../bytes/compare.js";
import { label } from "../bytes/label.js";
import { PtarError } from "../errors/ptar-error.js";
import { encodeDocument } from "./document.js";
import type { Repository } from "./generated/types.js";
import { validateRepository } from "./generated/validators.js";
import type { Digest } from "./header.js";
import type { Limits } from "./limits.js";
import { decodeRepositoryFile, invalidFile } from "./repository-file.js";

/** Name of the file that holds it. */
export const descriptionName = "ptar-repository.json";

const keyIdLength = 16;
const keyIdLabel = label("ptar1/key-id");

/** Bytes of the description. */
export function encodeRepository(repository: Repository): Uint8Array {
  return encodeDocument(repository, descriptionName, validateRepository);
}

/**
 * The description in its file; undefined: there is no such file. `subject` is what a message calls the place.
 * @throws PTAR_REPOSITORY_NOT_FOUND, PTAR_REPOSITORY_INVALID, PTAR_UNSUPPORTED_EXTENSION
 */
export function decodeRepository(file: Uint8Array | undefined, limits: Limits, subject = "repository"): Repository {
  if (file === undefined) {
    throw new PtarError("PTAR_REPOSITORY_NOT_FOUND", `${subject}: there is no ${descriptionName}`, {
      hint: "`ptar repo init` makes a folder a repository",
    });
  }
  const rules = { subject: descriptionName, validate: validateRepository, maxBytes: limits.repositoryBytes };
  const repository = decodeRepositoryFile<Repository>(file, rules);
  const { min, average, max } = repository.chunker;
  if (!(min <= average && average <= max && max <= limits.chunkBytes))
    throw invalidFile(descriptionName, `chunks of ${min}, ${average} and ${max} bytes, expected increasing and at most ${limits.chunkBytes}`);
  return repository;
}

/** What the description and the sessions of an encrypted repository name its secret by: 16 bytes. */
// spec/15-repository.md#secret
export function repositoryKeyId(sha256: Digest, id: Uint8Array, secret: Uint8Array): Uint8Array {
  const named = concatBytes(keyIdLabel, id, secret);
  const digest = sha256(named);
  named.fill(0);
  return digest.slice(0, keyIdLength);
}
