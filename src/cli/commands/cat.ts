// ptar cat: the contents of one file. spec/05-page.md#entry
import { PtarError } from "../../errors/ptar-error.js";
import type { Item } from "../../format/generated/types.js";
import { type Command, type Context, jsonOption, snapshotOption } from "../command.js";
import { pathJson } from "../json.js";
import { keyOptions } from "../key-options.js";
import { withSnapshots } from "../opened.js";
import { pathBytes } from "../paths.js";
import { safeJson } from "../ui/escape.js";

/** `ptar cat`. */
export const cat: Command = {
  usage: "cat <archive> <path>",
  describe: "print the contents of one file",
  positionals: { archive: "archive to read, - for standard input, or the folder of a repository", path: "path as list prints it" },
  options: {
    output: { type: "text", describe: "write to this new file" },
    force: { type: "flag", describe: "replace the output file" },
    ...snapshotOption,
    ...keyOptions,
    ...jsonOption,
  },
  examples: [["ptar cat evidence.ptar case/notes.md", "print a file"]],
  async run(args, context) {
    const path = pathBytes(args.required("path"));
    if (path === undefined) throw new PtarError("PTAR_USAGE", "path: the root of an archive is a directory");
    return withSnapshots(args, context, async ({ reader, id }) => {
      const { readFile } = await import("../../archive/cat.js");
      const output = args.text("output");
      if (args.flag("json") && output === undefined)
        throw new PtarError("PTAR_USAGE", "--json: cat prints the file itself", { hint: "add --output FILE for the contents" });
      const { item, content } = await readFile(reader, path, { signal: context.signal, ...args.snapshot() });
      if (output === undefined) await print(content, context);
      else await save(content, { output, force: args.flag("force"), context });
      const exitCode = item.sha256 === null ? 3 : 0;
      if (args.flag("json")) await context.out.line(safeJson({ id: id, output, ...pathJson(path), ...fileJson(item), exitCode }));
      if (exitCode === 0) return 0;
      context.notes.fail({ message: `${args.required("path")}: could not be read wholly at the source; missing ranges are zeros` });
      return exitCode;
    });
  },
};

function fileJson({ size, sha256 }: Item): object {
  return { size, sha256 };
}

async function print(content: AsyncIterable<Uint8Array>, { out, signal }: Context): Promise<void> {
  const { createTextCheck } = await import("../ui/text-check.js");
  const isText = createTextCheck();
  for await (const bytes of content) {
    signal.throwIfAborted();
    if (out.isTerminal && !isText(bytes))
      throw new PtarError("PTAR_TARGET_TERMINAL", "standard output: binary data is not written to a terminal", {
        hint: "use --output FILE, or a pipe",
      });
    await out.write(bytes);
    if (out.closed) return;
  }
}

interface Saving {
  readonly output: string;
  readonly force: boolean;
  readonly context: Context;
}

async function save(content: AsyncIterable<Uint8Array>, { output, force, context }: Saving): Promise<void> {
  const { createFileSink } = await import("../../connectors/node/archive/file-sink.js");
  const opening = createFileSink(output, { force });
  context.removeOnExit(opening.then(({ temporary }) => temporary));
  const sink = await opening;
  try {
    for await (const bytes of content) {
      context.signal.throwIfAborted();
      await sink.write(bytes);
    }
    await sink.publish();
  } finally {
    await sink.discard();
  }
}
