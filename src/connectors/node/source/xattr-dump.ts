// What getfattr writes about many paths, line by line. spec/05-page.md#xattrs
import { limits } from "../../../format/limits.js";
import { encodeXattr, type XattrBytes, xattrsLength } from "../../../format/xattr.js";

/** What a dump tells of one path. */
export interface XattrAnswer {
  readonly attributes: readonly XattrBytes[];
  /** Why not all attributes are there. */
  readonly errno: string | undefined;
}

/** The answer about most paths. */
export const nothingTold: XattrAnswer = { attributes: [], errno: undefined };

interface OpenAnswer {
  readonly attributes: XattrBytes[];
  /** Length of their stored text, bytes. */
  length: number;
  errno: string | undefined;
  /** Whether attributes of it were dropped for want of room. */
  cut: boolean;
}

/** Most attributes that an item may have, whatever their length. */
const maxAttributes = 1024;
const header = "# file: ";
const hexMark = "=0x";
/** The sentences of the C library in the C locale. */
const errnos: Readonly<Record<string, string>> = {
  "Argument list too long": "E2BIG",
  "Cannot allocate memory": "ENOMEM",
  "File name too long": "ENAMETOOLONG",
  "Input/output error": "EIO",
  "No data available": "ENODATA",
  "No such attribute": "ENODATA",
  "No such file or directory": "ENOENT",
  "Not a directory": "ENOTDIR",
  "Numerical result out of range": "ERANGE",
  "Operation not permitted": "EPERM",
  "Operation not supported": "ENOTSUP",
  "Permission denied": "EACCES",
  "Required key not available": "ENOKEY",
  "Stale file handle": "ESTALE",
  "Too many levels of symbolic links": "ELOOP",
};

/** Takes the lines of one run of getfattr over `paths`, the last of which must fail: that shows that the run came to its end. */
export class XattrDump {
  readonly #paths: readonly Uint8Array[];
  /** By path, of those that a line was about. */
  readonly #answers = new Map<string, OpenAnswer>();
  readonly #last: string;
  readonly #room: { bytes: number };
  /** Made when it is needed: about most runs there is nothing to tell but the last path. */
  #indexes: ReadonlyMap<string, number> | undefined;
  #current: OpenAnswer | undefined;
  #isSound = true;

  /** `room` is for the stored text of all attributes and shrinks. */
  constructor(paths: readonly Uint8Array[], room = { bytes: Number.POSITIVE_INFINITY }) {
    this.#room = room;
    this.#paths = paths;
    this.#last = latin1(paths.at(-1) ?? new Uint8Array());
  }

  /** A line of standard output, one character for each byte. */
  takeLine(line: string): void {
    if (line === "") this.#current = undefined;
    else if (this.#current !== undefined) this.#attribute(line, this.#current);
    else this.#current = this.#headed(line);
  }

  /** A line of standard error. */
  takeErrorLine(line: string): void {
    const [, about, sentence = ""] = /^(?:getfattr: )?(.*): ([^:]+)$/s.exec(line) ?? [];
    const subject = about === undefined ? undefined : unquoted(about);
    const answers = subject === undefined ? [] : this.#named(subject);
    if (answers.length === 0) this.#isSound = false;
    for (const answer of answers) answer.errno ??= errnos[sentence] ?? "EIO";
  }

  /** What was told of each path but the last, up to one that found no room; undefined when the run broke off or wrote something else. */
  answers(): readonly XattrAnswer[] | undefined {
    // an empty line ends the attributes of a path
    const isWhole = this.#isSound && this.#current === undefined && this.#answers.get(this.#last)?.errno !== undefined;
    if (!isWhole) return undefined;
    const answers = new Array<XattrAnswer>(this.#paths.length - 1).fill(nothingTold);
    let end = answers.length;
    for (const [path, answer] of this.#answers) {
      if (path === this.#last) continue;
      const index = this.#indexOf(path) as number;
      answers[index] = answer;
      if (answer.cut) end = Math.min(end, index);
    }
    return answers.slice(0, end);
  }

  /** The answer about a path that was asked about, begun when there is none yet. */
  #about(path: string): OpenAnswer | undefined {
    const known = this.#answers.get(path);
    if (known !== undefined || this.#indexOf(path) === undefined) return known;
    const answer = { attributes: [], length: 1, errno: undefined, cut: false };
    this.#answers.set(path, answer);
    return answer;
  }

  #indexOf(path: string): number | undefined {
    if (path === this.#last) return this.#paths.length - 1;
    this.#indexes ??= new Map(this.#paths.map((one, i) => [latin1(one), i]));
    return this.#indexes.get(path);
  }

  #headed(line: string): OpenAnswer | undefined {
    const path = line.startsWith(header) ? unquoted(line.slice(header.length)) : undefined;
    const answer = path === undefined ? undefined : this.#about(path);
    if (answer === undefined) this.#isSound = false;
    return answer;
  }

  #attribute(line: string, answer: OpenAnswer): void {
    if (this.#room.bytes <= 0) answer.cut = true;
    if (answer.cut) return;
    const cut = line.indexOf(hexMark);
    const name = cut <= 0 ? undefined : unquoted(line.slice(0, cut));
    const hex = line.slice(cut + hexMark.length);
    const value = Buffer.from(hex, "hex");
    if (name === undefined || value.length * 2 !== hex.length) {
      this.#isSound = false;
      return;
    }
    // spec/05-page.md#xattrs
    const attribute = { name: Buffer.from(name, "latin1"), value };
    const length = value.length > limits.xattrBytes ? Number.POSITIVE_INFINITY : xattrsLength([encodeXattr(attribute)]) - 1;
    if (answer.length + length > limits.xattrsBytes || answer.attributes.length >= maxAttributes) {
      answer.errno ??= "E2BIG";
      return;
    }
    this.#room.bytes -= length;
    answer.length += length;
    answer.attributes.push(attribute);
  }

  /** Answers that an error may be about: `path` or `path: attribute`, either of which may hold a colon. */
  #named(subject: string): readonly OpenAnswer[] {
    const found: OpenAnswer[] = [];
    for (let end = subject.length; end >= 0; end = end === 0 ? -1 : subject.lastIndexOf(": ", end - 1)) {
      const answer = this.#about(subject.slice(0, end));
      if (answer !== undefined) found.push(answer);
    }
    return found;
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** Text with its octal escapes taken back; undefined when a backslash starts none. */
function unquoted(text: string): string | undefined {
  if (!text.includes("\\")) return text;
  if (/\\(?![0-7]{3})/.test(text)) return undefined;
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
