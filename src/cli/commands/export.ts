// ptar export: signatures and lists of an archive in forms that other programs check. spec/13-interchange.md
import type { Archive } from "../../archive/open.js";
import { PtarError } from "../../errors/ptar-error.js";
import { type Arguments, type Command, type Context, jsonOption } from "../command.js";
import type { Listed, ListFormat } from "../export-lists.js";
import type { Exported } from "../export-report.js";
import { keyOptions } from "../key-options.js";
import { withArchive } from "../opened.js";

const formats = ["openssl", "sha256sums", "md5sums", "bodyfile", "hashdeep"] as const;

/** `ptar export`. */
export const exportCommand: Command = {
  usage: "export <archive>",
  describe: "write signatures or lists that openssl, sha256sum and others check",
  positionals: { archive: "archive to read" },
  options: {
    format: { type: "text", choices: formats, describe: "what to write" },
    output: { type: "text", alias: "o", describe: "folder to write to; made when it is missing; nothing in it is sealed" },
    force: { type: "flag", describe: "replace files that are there" },
    snapshot: { type: "text", describe: "beginning of the id of an earlier snapshot; default: the latest, for openssl all" },
    ...keyOptions,
    ...jsonOption,
  },
  examples: [
    ["ptar export evidence.ptar --format openssl -o signatures && sh signatures/verify.sh", "check signatures without ptar"],
    ["ptar export evidence.ptar --format sha256sums -o .", "write SHA256SUMS"],
    ["ptar export evidence.ptar --format bodyfile -o . && mactime -b bodyfile.txt", "make a timeline"],
  ],
  async run(args, context) {
    const { format, folder } = wishesOf(args);
    return withArchive(args, context, async (archive) => {
      const { reportExported } = await import("../export-report.js");
      const wishes = { folder, force: args.flag("force"), from: args.archive(), context, ...args.snapshot() };
      const { files, ...listed } = format === "openssl" ? await exportSignatures(archive, wishes) : await exportList(archive, format, wishes);
      context.notes.clear();
      const exported: Exported = { format, folder, files, ...listed, fingerprint: archive.fingerprint, sealed: archive.container.header.sealed };
      return reportExported(exported, context, args.flag("json") ? "json" : "text");
    });
  },
};

interface Wishes {
  readonly folder: string;
  readonly force: boolean;
  /** Path of the archive. */
  readonly from: string;
  readonly context: Context;
  readonly snapshot?: string;
}

type Written = Listed & Pick<Exported, "files">;

function wishesOf(args: Arguments): { readonly format: (typeof formats)[number]; readonly folder: string } {
  const format = args.choice("format", formats);
  const folder = args.text("output");
  if (format === undefined) throw new PtarError("PTAR_USAGE", "--format is missing", { hint: `it is one of ${formats.join(", ")}` });
  if (folder === undefined || folder === "")
    throw new PtarError("PTAR_USAGE", "-o DIR is missing: export needs a folder to write to", { hint: "-o . is the one you are in" });
  return { format, folder };
}

async function exportList(archive: Archive, format: ListFormat, wishes: Wishes): Promise<Written> {
  const [{ listFiles, writeList }, { inFolder }] = await Promise.all([import("../export-lists.js"), import("../export-folder.js")]);
  const { folder, force, from, context, ...wanted } = wishes;
  const file = listFiles[format];
  const list = { format, ...wanted, signal: context.signal, onProgress: context.notes.onProgress };
  const listed = await inFolder(folder, { names: [file], force, from, context }, (write) => write(file, (sink) => writeList(archive, sink, list)));
  return { files: [file], ...listed };
}

async function exportSignatures(archive: Archive, wishes: Wishes): Promise<Written> {
  const [{ opensslFiles, opensslNames }, { inFolder }] = await Promise.all([import("../../interchange/openssl.js"), import("../export-folder.js")]);
  const { folder, force, from, context, ...wanted } = wishes;
  const files = await opensslFiles(archive, wanted);
  const names = files.map(({ name }) => name);
  await inFolder(folder, { names, earlier: opensslNames, force, from, context }, async (write) => {
    for (const { name, bytes } of files) await write(name, (sink) => sink.write(bytes));
  });
  return { files: names, entries: 0, lines: 0, lossCount: 0, losses: [], notCaptured: [] };
}
