// Case, sources and completeness of the latest snapshot for a report. spec/06-snapshot.md#snapshot

import { toHex } from "../../bytes/hex.js";
import type { Container } from "../../container/container.js";
import type { Snapshot } from "../../format/generated/types.js";
import { formatCount, formatCounted } from "../ui/units.js";
import type { Check, Opened } from "./check.js";
import type { Block, Fact } from "./parts.js";
import { classWords } from "./words.js";

/** Sources and attributes that a page shows; all of them stand in report.json. */
const maxFacts = 50;

const counters = ["seen", "stored", "failed", "unstable", "excluded"] as const;

/** What was collected, how completely, and what was not looked at. */
export function collectionOf({ contents }: Check): readonly Block[] {
  if (contents.kind === "unreadable") return [{ kind: "text", text: `Not known: ${contents.failure.message} (${contents.failure.code}).` }];
  if (contents.kind === "locked")
    return [
      { kind: "text", text: "Not known: the archive is sealed and was not opened. This stands outside of the seal:" },
      { kind: "facts", facts: archiveFacts(contents.container) },
    ];
  const { snapshot } = contents.snapshot;
  return [
    {
      kind: "facts",
      facts: [...caseFacts(snapshot), ...sourceFacts(snapshot), ...snapshotFacts(contents), ...archiveFacts(contents.archive.container)],
    },
    {
      kind: "table",
      look: "counters",
      caption: "Completeness",
      columns: counters,
      rows: [counters.map((name) => formatCount(snapshot.completeness[name]))],
    },
    { kind: "facts", facts: capturedFacts(snapshot) },
    ...attributeBlocks(snapshot),
  ];
}

function caseFacts({ case: fields, provenance }: Snapshot): readonly Fact[] {
  return Object.entries({ ...fields, ...provenance }).map(([name, value]) => ({ name, value: String(value) }));
}

function sourceFacts({ sources, times, tags }: Snapshot): readonly Fact[] {
  return [
    ...bounded(
      sources.map(({ label, path }) => ({ name: "source", value: path === undefined ? label : `${label} (${path})` })),
      "source",
    ),
    { name: "collected", value: `${times.started} to ${times.finished}, by the clock of its maker` },
    ...(tags.length === 0 ? [] : [{ name: "tags", value: tags.join(", ") }]),
  ];
}

function snapshotFacts({ archive, snapshot: { id } }: Opened): readonly Fact[] {
  const earlier = archive.snapshotIds.length - 1;
  return [
    { name: "snapshot", value: toHex(id), look: "code" },
    ...(earlier > 0 ? [{ name: "earlier snapshots", value: `${formatCount(earlier)}, in report.json` }] : []),
  ];
}

function archiveFacts({ newest, header }: Container): readonly Fact[] {
  return [
    { name: "generation", value: `${formatCount(newest.manifest.generation)}, ${newest.manifest.createdAt} by the clock of its maker` },
    { name: "archive id", value: toHex(header.archiveId), look: "code" },
    { name: "written by", value: `${newest.manifest.writer.name} ${newest.manifest.writer.version}` },
  ];
}

function capturedFacts({ captured: { classes, profile }, noatime }: Snapshot): readonly Fact[] {
  const words = Object.entries(classWords);
  const name = (chosen: boolean) => words.filter(([one]) => (classes as readonly string[]).includes(one) === chosen).map(([, word]) => word);
  const missing = name(false);
  return [
    { name: "collected facts", value: `${name(true).join(", ")} (profile ${profile})` },
    {
      name: "not collected",
      value: missing.length === 0 ? "nothing that the format knows" : `${missing.join(", ")}. Not collected is not the same as none.`,
    },
    ...(noatime === undefined
      ? []
      : [
          {
            name: "access times",
            value: `reading left those of ${formatCounted(noatime.kept, "file")} alone, and could not for ${formatCount(noatime.refused)}`,
          },
        ]),
  ];
}

/** The archive chooses these names: quoted and in a table of their own, none can pass for a fact or a verdict of this check. */
function attributeBlocks({ attributes = [] }: Snapshot): readonly Block[] {
  if (attributes.length === 0) return [];
  const more = attributes.length - maxFacts;
  return [
    {
      kind: "table",
      look: "attributes",
      caption: "Attributes, as the archive states them",
      columns: ["Attribute", "Value"],
      rows: attributes.slice(0, maxFacts).map(({ name, value }) => [`"${name}"`, value]),
    },
    ...(more > 0 ? [{ kind: "text", text: `${formatCounted(more, "more attribute")} in report.json.` } as const] : []),
  ];
}

function bounded(facts: readonly Fact[], word: string): readonly Fact[] {
  const more = facts.length - maxFacts;
  return more > 0 ? [...facts.slice(0, maxFacts), { name: `more ${word}s`, value: `${formatCount(more)}, in report.json` }] : facts;
}
