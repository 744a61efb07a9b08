// The header of an age file, as far as nobody needs a key for it. spec/14-encryption.md#keys
import { base64Bytes } from "../bytes/base64url.js";

/** One recipient in the header of an age file. */
export interface AgeStanza {
  /** Its type and what follows it on the line. */
  readonly args: readonly [type: string, ...rest: string[]];
  readonly body: Uint8Array;
}

/** Header of an age file, and how many bytes follow it. */
export interface AgeFile {
  readonly stanzas: readonly AgeStanza[];
  readonly payloadLength: number;
}

const firstLine = "age-encryption.org/v1";
const lineChars = 64;
const macBytes = 32;
const decoder = new TextDecoder("latin1");

/** Takes an age file apart (age-encryption.org/v1, binary); the problem with it in words when it is none. */
export function decodeAgeFile(bytes: Uint8Array, maxStanzas: number): AgeFile | string {
  const lines = new Lines(bytes);
  if (lines.next() !== firstLine) return `does not start with the line ${firstLine}`;
  const stanzas: AgeStanza[] = [];
  for (;;) {
    const line = lines.next();
    if (line === undefined) return "its header has no end";
    if (line.startsWith("--- ")) {
      if (base64Bytes(line.slice(4))?.length !== macBytes) return "the MAC of its header is malformed";
      if (stanzas.length === 0) return "has no stanza";
      return { stanzas, payloadLength: lines.left };
    }
    if (stanzas.length === maxStanzas) return `more than ${maxStanzas} stanzas`;
    const stanza = readStanza(line, lines);
    if (stanza === undefined) return `stanza ${stanzas.length} is malformed`;
    stanzas.push(stanza);
  }
}

function readStanza(line: string, lines: Lines): AgeStanza | undefined {
  const [arrow, type, ...rest] = line.split(" ");
  if (arrow !== "->" || type === undefined || ![type, ...rest].every((arg) => /^[\x21-\x7e]+$/.test(arg))) return undefined;
  let body = "";
  for (;;) {
    const part = lines.next();
    if (part === undefined || part.length > lineChars) return undefined;
    body += part;
    if (part.length < lineChars) break;
  }
  const decoded = base64Bytes(body);
  return decoded && { args: [type, ...rest], body: decoded };
}

/** Lines that end in LF, one after the other. */
class Lines {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  next(): string | undefined {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) return undefined;
    const line = decoder.decode(this.#bytes.subarray(this.#at, end));
    this.#at = end + 1;
    return line;
  }
}
