// Error numbers of the operating system as sentences. spec/10-verify.md#codes
import { PtarError } from "../../errors/ptar-error.js";

const sentences: Readonly<Record<string, string>> = {
  EACCES: "permission is denied",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file system holds no files of this size",
  EIO: "the device reports an error",
  ELOOP: "a symlink stands where none may",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "it does not exist",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of the path is not a directory",
  EPERM: "the operation is not permitted",
  EPIPE: "its reader has gone",
  EROFS: "the file system is read-only",
};

const full = new Set(["ENOSPC", "EDQUOT"]);

/** Name of the error number of `error`; "EIO" for an error without one. */
export function errnoOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | undefined)?.code;
  return typeof code === "string" && /^E[A-Z0-9]{1,31}$/.test(code) ? code : "EIO";
}

/** `error` as an error of PTAR about `subject`; an error of PTAR stays what it is. */
export function ioError(error: unknown, subject: string, options: { readonly hint?: string; readonly offset?: number } = {}): PtarError {
  if (error instanceof PtarError) return error;
  const errno = errnoOf(error);
  const noSpace = full.has(errno);
  const hint = options.hint ?? (noSpace ? "free some space or choose another disk, then run the command again" : undefined);
  const at = options.offset === undefined ? "" : ` (offset ${options.offset})`;
  return new PtarError(noSpace ? "PTAR_IO_NO_SPACE" : "PTAR_IO_FAILED", `${subject}: ${sentences[errno] ?? "the operation failed"} (${errno})${at}`, {
    ...(hint === undefined ? {} : { hint }),
    details: options.offset === undefined ? { errno } : { errno, offset: options.offset },
    cause: error,
  });
}

/** Names joined by `/` as text for a sentence: control characters, which may come from an archive, are escaped. */
export function shown(...names: readonly Uint8Array[]): string {
  const text = names.map((name) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(name)).join("/");
  return text.replace(/\p{C}/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);
}
