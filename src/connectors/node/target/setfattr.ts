// Extended attributes set by the program setfattr, many in one run. spec/12-extract.md#xattrs
import { spawnSync } from "node:child_process";
import type { XattrBytes } from "../../../format/xattr.js";
import type { Loss } from "../../losses.js";
import { errnoOf, shown } from "../io-error.js";
import { lossOfXattr, lossOfXattrs } from "./xattrs.js";

/** An open file or directory and what it gets. */
export interface XattrWork {
  readonly fd: number;
  readonly xattrs: readonly XattrBytes[];
}

/** One attribute that was not set. */
interface Failure {
  readonly name: Uint8Array;
  readonly reason: string;
}

/** What the C library says in the locale C. */
const errnos: Readonly<Record<string, string>> = {
  "Argument list too long": "E2BIG",
  "Disk quota exceeded": "EDQUOT",
  "Input/output error": "EIO",
  "Invalid argument": "EINVAL",
  "No space left on device": "ENOSPC",
  "Numerical result out of range": "ERANGE",
  "Operation not permitted": "EPERM",
  "Operation not supported": "ENOTSUP",
  "Permission denied": "EACCES",
  "Read-only file system": "EROFS",
};
/** Every attribute may fail, with a line of about 100 bytes. */
const messagesBytes = 64 << 20;
/** The first descriptor after those of input, output and messages. */
const firstInherited = 3;

/**
 * Sets extended attributes by one run of `program`; the losses of each piece of work, or that it could not be started with so many
 * descriptors. A failure stops neither the others nor hides itself.
 *
 * The program inherits the descriptors and finds them as its own, `/proc/self/fd/N`: no name is looked up again that somebody may have
 * exchanged, and no number of a process, which may be that of another one where `/proc` is not of our PID namespace.
 */
export function setXattrs(program: string, work: readonly XattrWork[]): readonly (readonly Loss[])[] | "too many descriptors" {
  const lines: string[] = [];
  const places = new Map<string, { readonly index: number; readonly name: Uint8Array }>();
  for (const [index, { xattrs }] of work.entries())
    for (const { name, value } of xattrs) {
      const path = spelling(firstInherited + index, places.size);
      places.set(path, { index, name });
      lines.push(`# file: ${path}\n${escaped(name)}=0x${Buffer.from(value).toString("hex")}\n\n`);
    }
  const failures = work.map((): Failure[] => []);
  const run = runSetfattr(program, { input: lines.join(""), descriptors: work.map(({ fd }) => fd) });
  if (run === "too many descriptors") return run;
  for (const line of run.lines) {
    const [path = "", text = ""] = line.split(": ");
    const place = places.get(path);
    if (place === undefined) return work.map(() => [lossOfXattrs(`setfattr: ${shown(Buffer.from(line.slice(0, 200)))}`)]);
    failures[place.index]?.push({ name: place.name, reason: errnos[text] ?? shown(Buffer.from(text)) });
  }
  if (run.problem !== undefined && run.lines.length === 0) return work.map(() => [lossOfXattrs(run.problem as string)]);
  return work.map(({ xattrs }, i) => lossesOf(failures[i] ?? [], xattrs.length));
}

/** The messages of one run, and how it ended when not well. */
interface Run {
  readonly lines: readonly string[];
  readonly problem: string | undefined;
}

function runSetfattr(
  program: string,
  { input, descriptors }: { readonly input: string; readonly descriptors: readonly number[] },
): Run | "too many descriptors" {
  const options = { input, env: { LC_ALL: "C" }, maxBuffer: messagesBytes, cwd: "/" };
  const { error, status, signal, stderr } = spawnSync(program, ["--restore=-"], { ...options, stdio: ["pipe", "pipe", "pipe", ...descriptors] });
  if (error !== undefined && errnoOf(error) === "EMFILE") return "too many descriptors";
  if (error !== undefined) return { lines: [], problem: `setfattr did not run (${errnoOf(error)})` };
  if (status === 0) return { lines: [], problem: undefined };
  if (status === null) return { lines: [], problem: `setfattr was stopped (${signal})` };
  const lines = stderr.toString("latin1").split("\n");
  const said = lines.filter((line) => line !== "").map((line) => line.replace(/^setfattr: /, ""));
  return { lines: said, problem: `setfattr failed (status ${status})` };
}

/**
 * A path of the descriptor that no other attribute has. The program names the path that failed and not the attribute, but it says
 * the path as it was given: the number of the attribute stands in it as bits, "/" and "/.".
 */
function spelling(fd: number, number: number): string {
  const bits = number.toString(2).replaceAll("0", "/").replaceAll("1", "/.");
  return `/proc/self${bits}/fd/${fd}`;
}

/** A name as the dump format of getfattr has it: every byte but letters, digits, "." and "_" in octal. */
function escaped(name: Uint8Array): string {
  return Array.from(name, (byte) => {
    const char = String.fromCharCode(byte);
    return /[A-Za-z0-9._]/.test(char) ? char : `\\${byte.toString(8).padStart(3, "0")}`;
  }).join("");
}

/** A file system without extended attributes is one loss of the entry, not one for each attribute. */
function lossesOf(failures: readonly Failure[], count: number): readonly Loss[] {
  if (failures.length === count && failures.every(({ reason }) => reason === "ENOTSUP")) return [lossOfXattrs("ENOTSUP")];
  return failures.map(({ name, reason }) => lossOfXattr(name, reason));
}
