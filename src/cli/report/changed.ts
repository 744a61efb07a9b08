// An archive that is overwritten between its check and its list: the verdicts of one must not stand over the entries of another.
// spec/10-verify.md#verdicts
import type { VerifyReport } from "../../archive/results.js";
import { equalBytes } from "../../bytes/compare.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { Contents, Unreadable } from "./check.js";

/** Fails unless `contents` are those of the archive that was checked. @throws PTAR_IO_FAILED */
export function requireUnchanged(report: VerifyReport, contents: Contents): void {
  const { fingerprint } = report;
  if (contents.kind === "unreadable") requireExpected(report, contents.failure);
  // the fingerprint binds everything that is listed: the rest is checked against it on every read
  else if (fingerprint === undefined || !equalBytes(fingerprint, fingerprintOf(contents))) throw changed();
}

function fingerprintOf(contents: Exclude<Contents, Unreadable>): Uint8Array {
  return contents.kind === "opened" ? contents.archive.fingerprint : contents.container.fingerprint;
}

/** Fails when what was whole in the check cannot be read now. @throws PTAR_IO_FAILED */
export function requireExpected({ integrity, signature }: VerifyReport, failure: PtarError): void {
  const known = signature.problems.some(({ code }) => code === failure.code);
  if (integrity.status === "ok" && !known) throw changed(failure);
}

/** The failure of a report about an archive that did not stay as it was. */
export function changed(cause?: PtarError): PtarError {
  return new PtarError("PTAR_IO_FAILED", "archive: changed while it was checked", {
    hint: "run the check again when nothing writes to the archive, or on a copy",
    ...(cause === undefined ? {} : { cause }),
  });
}
