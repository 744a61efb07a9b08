// Facts about an archive as lines for a terminal. spec/06-snapshot.md#snapshot
import type { ArchiveInfo, SnapshotReport } from "../archive/results.js";
import { toHex } from "../bytes/hex.js";
import type { Crypto } from "../crypto/crypto.js";
import { formatFingerprint } from "../keys/archive-fingerprint.js";
import { signersOf } from "./signer-names.js";
import { escapeText } from "./ui/escape.js";
import { formatBytes, formatCount, formatCounted } from "./ui/units.js";

/** The lines; text from the archive is escaped. */
export function infoLines(info: ArchiveInfo, crypto: Crypto): readonly string[] {
  const { fingerprint, archiveId, version, features, bytes, frames, objects, writer, engine, snapshots, generations } = info;
  const newest = generations.at(-1);
  return [
    fact("id", formatFingerprint(fingerprint)),
    fact("archive id", toHex(archiveId)),
    fact("format", [`PTAR ${version}`, ...features].join(", ")),
    fact("length", `${formatBytes(bytes)} (${formatCount(bytes)} bytes), ${formatCounted(frames, "frame")}, ${formatCounted(objects, "object")}`),
    fact("writer", `${writer.name} ${writer.version}`),
    fact("reader", `${engine.crypto}; ${engine.codecs}`),
    fact("generation", `${newest?.generation ?? 0}, ${newest?.createdAt ?? "no claimed time"}`),
    fact("made by", signersOf(newest?.statements ?? [], crypto) ?? "nobody signed"),
    ...snapshots.flatMap((snapshot) => ["", ...snapshotLines(snapshot, crypto)]),
  ];
}

function snapshotLines({ id, snapshot, statements }: SnapshotReport, crypto: Crypto): readonly string[] {
  const { sources, times, completeness, captured, noatime, attributes = [], tags, case: fields = {}, provenance = {} } = snapshot;
  const { seen, stored, failed, unstable, excluded } = completeness;
  const counters = Object.entries({ seen, stored, failed, unstable, excluded }).map(([name, value]) => `${name} ${formatCount(value)}`);
  return [
    fact("snapshot", toHex(id)),
    ...sources.map(({ label, path }) => fact("source", path === undefined ? label : `${label} (${path})`)),
    fact("collected", `${times.started} to ${times.finished}`),
    fact("complete", `${failed + unstable === 0 ? "yes" : "no"}, ${counters.join(", ")}`),
    fact("recorded", `${captured.profile}: ${captured.classes.join(" ")}`),
    ...(noatime === undefined ? [] : [fact("noatime", `${formatCount(noatime.kept)} kept, ${formatCount(noatime.refused)} refused`)]),
    // the archive chooses these names: bare, one of them could pass for a fact above
    ...attributes.map(({ name, value }) => fact(`attribute "${escapeText(name)}"`, value)),
    ...(tags.length === 0 ? [] : [fact("tags", tags.join(", "))]),
    ...Object.entries({ ...fields, ...provenance }).map(([name, value]) => fact(name, String(value))),
    fact("signed by", signersOf(statements, crypto) ?? "nobody"),
  ];
}

function fact(name: string, value: string): string {
  return `${name.padEnd(11)} ${escapeText(value)}`;
}
