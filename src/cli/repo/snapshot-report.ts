// Snapshots of a repository, for people and programs. spec/15-repository.md#snapshots
import type { SnapshotReport } from "../../archive/results.js";
import { toHex } from "../../bytes/hex.js";
import type { Crypto } from "../../crypto/crypto.js";
import { snapshotJson } from "../json.js";
import { signersOf } from "../signer-names.js";
import { escapeText } from "../ui/escape.js";

const shortId = 12;

/** One line for each snapshot: short id, claimed time, whether it is complete, sources, tags, signers. */
export function snapshotLine({ id, snapshot, statements }: SnapshotReport, crypto: Crypto): string {
  const { sources, tags, times, completeness } = snapshot;
  const complete = completeness.failed + completeness.unstable === 0 ? "complete" : "incomplete";
  const labels = sources.map(({ label }) => escapeText(label)).join(" ");
  const words = [toHex(id).slice(0, shortId), times.finished, complete.padEnd(10), labels];
  if (tags.length > 0) words.push(`[${tags.map(escapeText).join(", ")}]`);
  return `${words.join("  ")}  by ${signersOf(statements, crypto) ?? "nobody"}`;
}

/** Result of `repo snapshots` and `repo show`. */
export function snapshotsJson(
  reports: readonly SnapshotReport[],
  { location, crypto }: { readonly location: string; readonly crypto: Crypto },
): object {
  return { location, snapshots: reports.map((report) => snapshotJson(report, crypto)), exitCode: 0 };
}
