// Files and directories of a disk that a snapshot is made from. They are never written. spec/06-snapshot.md#names
import { resolve } from "node:path";
import type { EventRun, Source } from "../../../tree/source.js";
import { findProgram } from "../programs.js";
import { openPathContent } from "./file-content.js";
import { walkFiles } from "./files-walk.js";
import { gatherFacts, type Informants } from "./gathered-facts.js";
import { findXattrPrograms } from "./getfattr.js";
import type { HeldDirectory } from "./held-directory.js";
import { OneFileSystem } from "./mounts.js";
import { OwnerNames } from "./owner-names.js";
import { labelOf, planNames } from "./source-names.js";
import { findPerl } from "./sparse-map.js";

/** What a walk over files leaves out, and how it presents itself. */
export interface FilesSourceOptions {
  /** Whether the entry at `path`, its names in the archive joined by `/`, is left out; a directory with all below it. */
  readonly exclude?: ((path: Uint8Array, isDirectory: boolean) => boolean) | undefined;
  /** Files that are left out wherever they are met: the archive being written. */
  readonly skip?: readonly { readonly dev: string; readonly inode: string }[];
  /** Record the absolute paths of the sources in the snapshot. */
  readonly withPath?: boolean;
  /** What relative paths start from, when it is not the working directory of the process. */
  readonly cwd?: string;
  /** Do not enter directories of other file systems than that of the source they lie below. spec/06-snapshot.md#mounts */
  readonly oneFileSystem?: boolean;
  /** Record the names of owners and groups too, where getent is at hand. */
  readonly ownerNames?: boolean;
  /** `listing`: only what listing tells, no extended attributes, holes and owner names: to sum up sizes. Default `all`. */
  readonly facts?: "all" | "listing";
}

const always: Source["captures"] = ["name", "type", "content", "links", "mode", "mtime", "atime", "ctime", "birthtime", "owner", "inode"];

/**
 * A source of the files and directories at `paths`. A path that is a symlink is recorded as one, with a slash at its end too; a
 * symlink in the middle of a path is followed and recorded as the directory that it leads to. Extended attributes and holes are
 * captured where getfattr and perl are at hand.
 */
export function filesSource(paths: readonly string[], options: FilesSourceOptions = {}): Source {
  const absolute = paths.map((path) => resolve(options.cwd ?? ".", path));
  const sources = new Map(paths.map((path, i) => [absolute[i], sourceOf(path, absolute[i] as string, options)]));
  const informants = informantsOf(options);
  let mounts: OneFileSystem | undefined;
  return {
    sources: [...sources.values()],
    captures: capturesOf(informants),
    attributes: () => [
      ...(mounts?.attributes() ?? []),
      // spec/06-snapshot.md#captured
      ...(informants.owners?.isWhole === false ? [{ name: "owner-names", value: "incomplete" }] : []),
    ],
    walk(signal, recognize) {
      const plan = planNames(paths, options.cwd);
      mounts = options.oneFileSystem === true ? new OneFileSystem(absolute) : undefined;
      const skip = new Set((options.skip ?? []).map(({ dev, inode }) => `${dev}:${inode}`));
      const retired: HeldDirectory[] = [];
      const steps = walkFiles(plan, { exclude: options.exclude, skip, mounts, signal, glance: recognize?.glance }, retired);
      return gatherFacts({ steps, retired }, informants, { signal, recognize }) satisfies AsyncIterable<EventRun>;
    },
    open: openPathContent,
  };
}

function sourceOf(path: string, absolute: string, { withPath }: FilesSourceOptions): Source["sources"][number] {
  return { kind: "files", label: labelOf(path), ...(withPath === true ? { path: absolute.toWellFormed() } : {}) };
}

function informantsOf({ facts, ownerNames }: FilesSourceOptions): Informants {
  if (facts === "listing") return { xattrs: undefined, holes: undefined, owners: undefined };
  const getent = ownerNames === true ? findProgram("getent") : undefined;
  return { xattrs: findXattrPrograms(), holes: findPerl(), owners: getent === undefined ? undefined : new OwnerNames(getent) };
}

/** In whatever order: the snapshot lists them in its own. */
function capturesOf({ xattrs, holes, owners }: Informants): Source["captures"] {
  const classes = [...always];
  if (owners !== undefined) classes.push("owner-names");
  if (xattrs !== undefined) classes.push("xattrs");
  if (holes !== undefined) classes.push("holes");
  return classes;
}
