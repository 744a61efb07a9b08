// ptar list: the paths of an archive, one a line. spec/05-page.md#entry
import type { ListedEntry } from "../../archive/results.js";
import { type Command, type Context, jsonOption, snapshotOption } from "../command.js";
import { failureJson, failureOf } from "../failure.js";
import { keyOptions } from "../key-options.js";
import { withSnapshots } from "../opened.js";
import { pathBytes } from "../paths.js";
import type { Output } from "../ui/output.js";

/** `ptar list`. */
export const list: Command = {
  usage: "list <archive> [path]",
  describe: "list what an archive or a snapshot of a repository holds",
  positionals: { archive: "archive to list, - for standard input, or the folder of a repository", path: "only this path and what is below it" },
  options: { long: { type: "flag", describe: "show mode, owner, size, time and link target" }, ...snapshotOption, ...keyOptions, ...jsonOption },
  examples: [
    ["ptar list evidence.ptar case/mail --long", "list one folder with its facts"],
    ["ptar list evidence.ptar --json | jq -r '.entries[] | select(.sha256) | .sha256 + \"  \" + .path'", "make a SHA256SUMS"],
  ],
  async run(args, context) {
    return withSnapshots(args, context, async ({ reader, id }) => {
      const [{ listArchive }, { listLine }] = await Promise.all([import("../../archive/list.js"), import("../list-line.js")]);
      const path = pathBytes(args.text("path") ?? "");
      const entries = listArchive(reader, { signal: context.signal, ...args.snapshot(), ...(path === undefined ? {} : { path }) });
      if (args.flag("json")) return writeDocument(entries, id, context);
      const form = args.flag("long") ? "long" : "short";
      await writeBatches(entries, (entry) => `${listLine(entry, form)}\n`, context.out);
      return 0;
    });
  },
};

/** Characters that are written at once: a call for each line would take as long as reading the entries. */
const batchLength = 16_384;

/** Writes the text of each entry, and what was read before reading failed; stops when nobody reads any more. */
async function writeBatches(entries: AsyncIterable<ListedEntry>, textOf: (entry: ListedEntry) => string, out: Output): Promise<void> {
  let batch = "";
  try {
    for await (const entry of entries) {
      batch += textOf(entry);
      if (batch.length < batchLength) continue;
      const full = batch;
      batch = "";
      await out.write(full);
      if (out.closed) return;
    }
  } finally {
    await out.write(batch);
  }
}

/** One document, written while it is read; damage that shows half-way ends it with the error. */
async function writeDocument(entries: AsyncIterable<ListedEntry>, id: string, { out, notes, signal }: Context): Promise<number> {
  const [{ entryJson }, { safeJson }] = await Promise.all([import("../json.js"), import("../ui/escape.js")]);
  let separator = `{"id":"${id}","entries":[\n`;
  let ending: object = { exitCode: 0 };
  try {
    const textOf = (entry: ListedEntry) => {
      const text = separator + safeJson(entryJson(entry));
      separator = ",\n";
      return text;
    };
    await writeBatches(entries, textOf, out);
  } catch (error) {
    const failure = failureOf(error, signal);
    // nothing was written yet: the failure is a document of its own
    if (separator !== ",\n") throw failure;
    notes.fail(failure);
    ending = failureJson(failure);
  }
  await out.line(`${separator === ",\n" ? "" : separator}],${safeJson(ending).slice(1)}`);
  return (ending as { readonly exitCode: number }).exitCode;
}
