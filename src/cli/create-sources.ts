// What `ptar create` packs: paths, lists of paths, or standard input. spec/06-snapshot.md#names
import { fstatSync, type Stats, statSync } from "node:fs";
import { isatty } from "node:tty";
import { PtarError } from "../errors/ptar-error.js";
import type { EventRun, Source } from "../tree/source.js";
import type { Arguments, Context } from "./command.js";
import type { PathMatcher } from "./exclude-rules.js";
import { tellingLeftOut } from "./left-out.js";
import { placedError, readSourceList, type SourceList } from "./source-lists.js";

/** What is left out of a source of files, and how much is told about the rest. */
export interface WalkWishes {
  readonly exclude: PathMatcher | undefined;
  readonly skip: readonly { readonly dev: string; readonly inode: string }[];
  /** `listing` is enough to sum up sizes. */
  readonly facts: "all" | "listing";
}

/** Makes the source once it is known what is left out. */
export type SourceMaker = (wishes: WalkWishes) => Source;

/** spec/schemas/snapshot.schema.json */
const maxSources = 4096;
/** Sources, tags, case and provenance together; the rest of a snapshot of 1 MiB is for what the program adds. spec/11-limits.md */
const maxTextBytes = 983_040;
const listHint = "give the paths as a list with --files-from: a list stands as one source";

/** Refuses command lines without a source, and those on which standard input would be read twice. @throws PTAR_USAGE */
export function checkSources(args: Arguments): void {
  const lists = args.list("files-from");
  const stream = args.text("stdin-name");
  if (args.list("paths").length === 0 && lists.length === 0 && stream === undefined)
    throw new PtarError("PTAR_USAGE", "no source was given", { hint: "name files and folders, or use --files-from LIST or --stdin-name NAME" });
  if (args.flag("null") && lists.length === 0) throw new PtarError("PTAR_USAGE", "--null: says how --files-from is read, which was not given");
  const [one, other] = stdinUses(args);
  if (other !== undefined) throw new PtarError("PTAR_USAGE", `${one} and ${other}: both read standard input, only one of them can be given`);
  if (stream !== undefined && args.list("paths").length + lists.length > 0)
    throw new PtarError("PTAR_USAGE", "--stdin-name: standard input is the only source; paths and --files-from cannot be given with it");
}

function stdinUses(args: Arguments): readonly string[] {
  const uses = (["files-from", "exclude-from", "passphrase-file"] as const).flatMap((name) =>
    args
      .list(name)
      .filter(isStandardInput)
      .map((file) => `--${name} ${file}`),
  );
  return args.text("stdin-name") === undefined ? uses : [...uses, "--stdin-name"];
}

/** Under another name too, /dev/stdin as an example; a file can be read from its beginning as often as it is opened. */
function isStandardInput(file: string): boolean {
  if (file === "-") return true;
  const [own, other] = [statsOf(() => fstatSync(0)), statsOf(() => statSync(file))];
  if (own === undefined || other === undefined || !(own.isFIFO() || isatty(0))) return false;
  return own.dev === other.dev && own.ino === other.ino;
}

/** What cannot be looked at is told of when it is read. */
function statsOf(stat: () => Stats): Stats | undefined {
  try {
    return stat();
  } catch {
    return undefined;
  }
}

/**
 * Reads the lists, and says how the source is made.
 * @throws PTAR_USAGE, PTAR_SOURCE_NOT_FOUND, PTAR_IO_FAILED, PTAR_LIMIT_EXCEEDED
 */
export async function loadSources(args: Arguments, context: Context): Promise<SourceMaker> {
  const { signal, notes } = context;
  const name = args.text("stdin-name");
  if (name !== undefined) {
    const { stdinSource } = await import("../connectors/node/source/stdin-source.js");
    const onBytes = (bytes: number) => notes.onProgress({ phase: "pack", entries: 0, bytes, errors: 0 });
    const source = stdinSource(name, { signal, onBytes });
    return () => source;
  }
  const { filesSource } = await import("../connectors/node/source/files-source.js");
  const end = args.flag("null") ? "nul" : "line feed";
  const lists: SourceList[] = [];
  for (const label of args.list("files-from")) lists.push(await readSourceList(label, { end, signal }));
  const listed = lists.flatMap(({ paths }) => paths);
  const own = {
    withPath: args.flag("provenance"),
    oneFileSystem: args.flag("one-file-system"),
    ownerNames: args.flag("owner-names"),
    // what the portable profile leaves out is not even looked at
    ...(args.flag("reproducible") || args.text("profile") === "portable" ? { facts: "listing" as const } : {}),
  };
  const paths = args.list("paths");
  const { sources } = filesSource(paths, { ...own, facts: "listing" });
  return (wishes) => {
    const files = filesSource(paths.concat(listed), { ...wishes, ...own });
    const joined = lists.length === 0 ? files : withLists(files, sources, lists);
    // summing up sizes is a walk too, and once is enough
    return wishes.facts === "all" ? tellingLeftOut(joined, sources, notes) : joined;
  };
}

/** Refuses, before anything is read, what a snapshot cannot hold. @throws PTAR_LIMIT_EXCEEDED */
export function refuseTooMuchText(sources: Source["sources"], others: object): void {
  if (sources.length > maxSources)
    throw new PtarError("PTAR_LIMIT_EXCEEDED", `sources: ${sources.length} were given, a snapshot names at most ${maxSources}`, { hint: listHint });
  const bytes = Buffer.byteLength(JSON.stringify({ ...others, sources }));
  if (bytes <= maxTextBytes) return;
  throw new PtarError("PTAR_LIMIT_EXCEEDED", `names of sources, tags, case and provenance: take ${bytes} bytes, at most ${maxTextBytes} expected`, {
    hint: listHint,
  });
}

/** `files` in which each path of the command line is a source of its own, and each list one. */
function withLists(files: Source, named: Source["sources"], lists: readonly SourceList[]): Source {
  const walk = async function* (...how: Parameters<Source["walk"]>): AsyncGenerator<EventRun> {
    try {
      yield* files.walk(...how);
    } catch (error) {
      throw placedError(error, lists);
    }
  };
  return { ...files, sources: [...named, ...lists.map(({ label }) => ({ kind: "files", label: label.toWellFormed() }) as const)], walk };
}
