// Failures of a folder storage as errors with something that a person can do. spec/10-verify.md#codes
import type { PtarError } from "../../../errors/ptar-error.js";
import { errnoOf, ioError } from "../io-error.js";

const rights = "check the owner and the rights of the folder and of what is in it";
const space = "free some space there, then run the command again: what was published stays";
const hints: Readonly<Record<string, string>> = {
  EACCES: rights,
  EPERM: rights,
  EROFS: "mount it for writing, or use another location",
  ENOSPC: space,
  EDQUOT: space,
  EFBIG: "use a smaller pack size, or raise the limit that `ulimit -f` shows",
  ENOENT: "it or its folder was removed meanwhile: look whether the disk is there, then run the command again",
};

/** `error` as an error of PTAR about `subject`, a path of the storage; an error of PTAR stays what it is. */
export function storageError(error: unknown, subject: string): PtarError {
  const hint = hints[errnoOf(error)];
  return ioError(error, subject, hint === undefined ? {} : { hint });
}
