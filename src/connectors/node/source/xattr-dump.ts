// What getfattr writes about many paths, line by line. spec/05-page.md#xattrs
import { limits } from "../../../format/limits.js";
import { encodeXattr, type XattrBytes, xattrsLength } from "../../../format/xattr.js";

/** What a dump tells of one path. */
export interface XattrAnswer {
  readonly attributes: readonly XattrBytes[];
  /** Why not all attributes are there. */
  readonly errno: string | undefined;
}

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
  readonly #answers: readonly OpenAnswer[];
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #room: { bytes: number };
  #current: OpenAnswer | undefined;
  #isSound = true;

  /** `room` is for the stored text of all attributes and shrinks. */
  constructor(paths: readonly Uint8Array[], room = { bytes: Number.POSITIVE_INFINITY }) {
    this.#room = room;
    this.#answers = paths.map(() => ({ attributes: [], length: 1, errno: undefined, cut: false }));
    this.#indexes = new Map(paths.map((path, i) => [latin1(path), i]));
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
    const mark = this.#answers.at(-1);
    // an empty line ends the attributes of a path
    const isWhole = this.#isSound && this.#current === undefined && mark?.errno !== undefined;
    const cut = this.#answers.findIndex((answer) => answer.cut);
    return isWhole ? this.#answers.slice(0, cut === -1 ? -1 : cut) : undefined;
  }

  #headed(line: string): OpenAnswer | undefined {
    const path = line.startsWith(header) ? unquoted(line.slice(header.length)) : undefined;
    const answer = path === undefined ? undefined : this.#answers[this.#indexes.get(path) ?? -1];
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
      const answer = this.#answers[this.#indexes.get(subject.slice(0, end)) ?? -1];
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
