// What a passphrase may be. spec/14-encryption.md#keys
import { toUtf8 } from "../bytes/utf8.js";
import { PtarError } from "../errors/ptar-error.js";

/** Bytes of the longest passphrase, in UTF-8. */
export const passphraseBytes = 4096;

/** Refuses what is no passphrase: one line of 1 to 4,096 bytes of UTF-8 without NUL. @throws PTAR_PASSPHRASE_INVALID, quoting nothing of it */
export function requirePassphrase(text: string, subject: string): string {
  const invalid = (problem: string) => new PtarError("PTAR_PASSPHRASE_INVALID", `${subject}: ${problem}`);
  if (text === "") throw invalid("is empty");
  if (!text.isWellFormed()) throw invalid("is not UTF-8");
  if (/[\n\r\0]/.test(text)) throw invalid("has more than one line, or a NUL byte");
  if (toUtf8(text).length > passphraseBytes) throw invalid(`has more than ${passphraseBytes} bytes`);
  return text;
}
