// Facts about an archive as lines for a terminal. spec/06-snapshot.md#snapshot
import type { ArchiveInfo, EncryptionInfo, GenerationReport, SnapshotReport } from "../archive/results.js";
import { toHex } from "../bytes/hex.js";
import type { Crypto } from "../crypto/crypto.js";
import { formatFingerprint } from "../keys/archive-fingerprint.js";
import { signersOf } from "./signer-names.js";
import { escapeText } from "./ui/escape.js";
import { formatBytes, formatCount, formatCounted } from "./ui/units.js";

/** Kinds of recipients that are told apart. */
const maxKinds = 8;

/** The lines; text from the archive is escaped. */
export function infoLines(info: ArchiveInfo, crypto: Crypto): readonly string[] {
  const { fingerprint, archiveId, version, features, encryption, bytes, frames, objects, writer, engine, snapshots, generations } = info;
  const newest = generations.at(-1);
  return [
    fact("id", formatFingerprint(fingerprint)),
    fact("archive id", toHex(archiveId)),
    fact("format", [`PTAR ${version}`, ...features].join(", ")),
    ...(encryption === undefined ? [] : [fact("sealed", sealedFacts(encryption))]),
    fact("length", [`${formatBytes(bytes)} (${formatCount(bytes)} bytes)`, formatCounted(frames, "frame"), ...countOf(objects)].join(", ")),
    fact("writer", `${writer.name} ${writer.version}`),
    fact("reader", `${engine.crypto}; ${engine.codecs}`),
    fact("generation", `${newest?.generation ?? 0}, ${newest?.createdAt ?? "no claimed time"}`),
    fact("made by", signersOf(newest?.statements ?? [], crypto) ?? "nobody signed"),
    ...(newest?.later ?? []).map((one) => fact(one.action, `${signersOf([one], crypto)}, ${one.role}, ${one.time}`)),
    ...(snapshots === undefined ? lockedLines(newest) : []),
    ...(snapshots ?? []).flatMap((snapshot) => ["", ...snapshotLines(snapshot, crypto)]),
  ];
}

/** A snapshot and who signed it, as lines. */
export function snapshotLines({ id, snapshot, statements }: SnapshotReport, crypto: Crypto): readonly string[] {
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

/** Of a sealed archive that was not opened. */
function lockedLines(newest: GenerationReport | undefined): readonly string[] {
  return [
    fact("complete", newest?.complete === true ? "yes, the counts are sealed" : "no, the counts are sealed"),
    fact("contents", "sealed, not opened"),
  ];
}

/** How it is sealed, in words. spec/14-encryption.md#observer */
export function sealedFacts(encryption: EncryptionInfo): string {
  const { suite, uncovered } = encryption;
  return [
    suite,
    ...openersOf(encryption),
    ...(uncovered === 0 ? [] : [`${formatCounted(uncovered, "frame")} of keys that no signature covers`]),
  ].join(", ");
}

/** What opens a sealed archive, without names: it has none. */
export function openersOf({ keySource, recipients, passphrases }: EncryptionInfo): readonly string[] {
  const kinds = new Map<string, number>();
  for (const type of recipients) kinds.set(kindOf(type, kinds), (kinds.get(kindOf(type, kinds)) ?? 0) + 1);
  return [
    ...Array.from(kinds, ([kind, count]) => `${formatCounted(count, "recipient")} (${kind})`),
    ...(passphrases === 0 ? [] : [formatCounted(passphrases, "passphrase")]),
    ...(keySource === "repository" ? ["key kept with a repository"] : []),
  ];
}

/** The archive chooses these words, thousands of them and as long as it likes. */
function kindOf(type: string, kinds: ReadonlyMap<string, number>): string {
  const isShown = kinds.has(type) || kinds.size < maxKinds;
  return isShown && /^[\w-]{1,32}$/.test(type) ? type : "of another kind";
}

function countOf(objects: number | undefined): readonly string[] {
  return objects === undefined ? [] : [formatCounted(objects, "object")];
}

function fact(name: string, value: string): string {
  return `${name.padEnd(11)} ${escapeText(value)}`;
}
