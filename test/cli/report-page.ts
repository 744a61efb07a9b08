// Reports made in this process about archives in memory, with fixed circumstances.
import type { CreateOptions } from "../../src/archive/create.js";
import { type VerifyOptions, verifyArchive } from "../../src/archive/verify.js";
import type { Check, Circumstances } from "../../src/cli/report/check.js";
import { openLatest } from "../../src/cli/report/report.js";
import { type WriteOptions, writeReport } from "../../src/cli/report/write.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemorySink } from "../../src/connectors/memory/sink.js";
import { MemorySource } from "../../src/connectors/memory/source.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { archiveOf, native, trusting } from "../archive/engines.js";
import { author } from "../container/build.js";

const circumstances: Circumstances = {
  archive: "evidence.ptar",
  time: "2026-11-22T08:30:00Z",
  command: "ptar verify evidence.ptar --trust lab.pub --report report",
  versions: { ptar: "0.0.0", format: "PTAR 1", node: "20.0.0", system: "linux x64", crypto: "node:crypto", codecs: "node:zlib" },
};

const mtime = "1795251731000000000";
const file = (content: string) => ({ type: "file", content, facts: { mtime } }) as const;
const stats = (size: number) => ({ size, mtime, ctime: mtime });

/** A case with one file that could not be opened, one with a bad range and one that changed while it was read. */
export const caseTree: MemoryTree = {
  case: {
    type: "directory",
    facts: { mtime },
    children: {
      "README.txt": file("Collected on the spot.\n"),
      "interview, 2nd part.wav": { ...file("sound ".repeat(2000)), faults: [{ offset: 4096, length: 4096, errno: "EIO" }] },
      "journal.log": { ...file("a line\n".repeat(100)), unstable: { before: stats(700), after: stats(714) } },
      latest: { type: "symlink", destination: "journal.log", facts: { mtime } },
      mail: {
        type: "directory",
        facts: { mtime },
        children: Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`2026-11-${10 + i} statement of account.eml`, file(`mail ${i}\n`)])),
      },
      "private.pst": { ...file("secret"), openFault: "EACCES" },
    },
  },
};

/** The same bytes every time. */
export function caseArchive(options: Partial<CreateOptions> = {}): Promise<Uint8Array> {
  const fields = { authority: "Warrant 26/4410", case: "26-1187", examiner: "J. Doe", exhibit: "JD/4", note: "seized 21 November" };
  return archiveOf(caseTree, { case: fields, reproducible: { epoch: 1_795_252_000 }, alsoHash: ["md5", "sha1"], tags: ["triage"], ...options });
}

const script = "<script>document.title='run'</script>";
const image = `"><img src=x onerror="document.title='run'">`;

/** An archive in which everything that its maker can choose attacks the page or a terminal. */
export function hostileArchive(): Promise<Uint8Array> {
  const evil = (i: number) => `${script}${image}\x1b[31m\u202e\u2028</td></table></style><!--${i}`.replaceAll("/", "\u2215");
  const tree: MemoryTree = [
    [evil(0), { type: "directory", children: { [evil(1)]: "x", "<svg onload=alert(1)>": { type: "file", content: "y", openFault: "EIO" } } }],
    [Buffer.from([0x3c, 0x62, 0x3e, 0x9b, 0xff]), "not UTF-8"],
    ["link", { type: "symlink", destination: `</span>${script}\u202e` }],
    [`${"x".repeat(300)}<b>`, "long"],
  ];
  const all = `${script}${image}\x1b]0;x\x07\u202e`;
  const fields = { authority: all, case: all, examiner: all, exhibit: all, note: `${all}\n--></main>` };
  const options: Partial<CreateOptions> = {
    source: Object.assign(new MemorySource(tree, { label: all }), { attributes: () => [{ name: all.repeat(3), value: all }] }),
    // attributes of the whole are an evidence matter
    profile: "evidence",
    case: fields,
    tags: [all],
    provenance: { command: all, host: all, user: all },
  };
  return archiveOf(tree, options);
}

/** Checks an archive, with trust in its author unless told. */
export async function checkOf(bytes: Uint8Array, options: Partial<VerifyOptions & Circumstances> = {}): Promise<Check> {
  const trust = options.trust ?? trusting(author);
  const reader = new MemoryReader(bytes);
  const report = await verifyArchive(reader, { engine: native, trust, ...options });
  const contents = await openLatest(reader, { engine: native, trust, ...(options.keys && { keys: options.keys }), seen: report.contents.status });
  const { archive = circumstances.archive, command = circumstances.command } = options;
  const sha256 = native.crypto.sha256(bytes);
  return { report, contents, crypto: native.crypto, sha256, circumstances: { ...circumstances, archive, command } };
}

/** The three files of a report. */
export async function reportOf(check: Check, options: WriteOptions = {}): Promise<Readonly<Record<"html" | "json" | "text", string>>> {
  const sinks = { html: new MemorySink(), json: new MemorySink(), text: new MemorySink() };
  await writeReport(sinks, check, options);
  const textOf = (sink: MemorySink) => Buffer.from(sink.bytes()).toString("utf8");
  return { html: textOf(sinks.html), json: textOf(sinks.json), text: textOf(sinks.text) };
}
