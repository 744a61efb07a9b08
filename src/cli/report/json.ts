// report.json: everything, one document, written while entries are read. Its schema: spec/schemas/output/report.schema.json
import { toHex } from "../../bytes/hex.js";
import { formatFingerprint } from "../../keys/archive-fingerprint.js";
import { verifyJson } from "../json.js";
import { problemsOf } from "../verify-report.js";
import type { Check, Listing } from "./check.js";
import { explainedVerdicts } from "./content.js";
import { classWords, notShownBy } from "./words.js";

/** Members before the entries. */
export function reportJson(check: Check): object {
  const { report, circumstances, crypto, sha256, contents } = check;
  const { archive, time, command, versions } = circumstances;
  const { fingerprint, exitCode, level, integrity } = report;
  const snapshot = contents.kind === "opened" ? contents.snapshot : undefined;
  return {
    id: fingerprint === undefined ? null : toHex(fingerprint),
    fingerprint: fingerprint === undefined ? null : formatFingerprint(fingerprint),
    archive: { name: archive.toWellFormed(), bytes: integrity.bytes, sha256: sha256 === undefined ? null : toHex(sha256) },
    check: { time, clock: "of the machine that ran the check", level, command: command.toWellFormed(), versions },
    verdicts: explainedVerdicts(check).map(({ name, status, facts, meaning }) => ({ name, status, facts, meaning })),
    problems: problemsOf(report, crypto).map(({ code, message, hint }) => ({ code, message, hint: hint ?? null })),
    notShown: notShownBy(report),
    verification: verifyJson(report, crypto),
    snapshot: snapshot === undefined ? null : toHex(snapshot.id),
    captured: snapshot === undefined ? null : capturedJson(snapshot.snapshot.captured.classes),
    exitCode,
  };
}

/** The member behind the entries. */
export function listingJson({ contents }: Check, { entries, troubled, failure }: Listing): object {
  const whole = contents.kind === "locked" ? "sealed" : "whole";
  const status = failure === undefined ? whole : entries === 0 ? "none" : "cut short";
  const problem = failure === undefined ? null : { code: failure.code, message: failure.message, hint: failure.hint ?? null };
  return { status, entries, troubled, problem };
}

function capturedJson(classes: readonly string[]): object {
  const names = Object.keys(classWords);
  return { collected: names.filter((name) => classes.includes(name)), notCollected: names.filter((name) => !classes.includes(name)) };
}
