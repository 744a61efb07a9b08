// Finds many byte strings in one pass, and runs that two files share.

/** Something that must not be found, and what it is. */
export interface Needle {
  readonly what: string;
  /** Four or more. */
  readonly bytes: Buffer;
  /** Not as a part of a longer word or number: JSON and base64 in the clear have any short ones. */
  readonly alone?: boolean;
}

const startBytes = 4;

/** The first four bytes at `at`, as a number. */
function startOf(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)) >>> 0;
}

/** One bit for each 32 possible starts: most places are passed over by one look. */
class Starts {
  readonly #bits = new Uint8Array(1 << 24);

  constructor(starts: Iterable<number>) {
    for (const start of starts) this.#bits[start >>> 8] = (this.#bits[start >>> 8] as number) | (1 << ((start >>> 5) & 7));
  }

  has(start: number): boolean {
    return ((this.#bits[start >>> 8] as number) & (1 << ((start >>> 5) & 7))) !== 0;
  }
}

/** Every needle that stands in `bytes`. */
export function foundIn(bytes: Buffer, needles: readonly Needle[]): ReadonlySet<string> {
  const byStart = new Map<number, Needle[]>();
  for (const needle of needles) byStart.set(startOf(needle.bytes, 0), [...(byStart.get(startOf(needle.bytes, 0)) ?? []), needle]);
  const starts = new Starts(byStart.keys());
  const found = new Set<string>();
  for (let at = 0; at + startBytes <= bytes.length; at++) {
    if (!starts.has(startOf(bytes, at))) continue;
    for (const needle of byStart.get(startOf(bytes, at)) ?? []) {
      const end = at + needle.bytes.length;
      if (bytes.subarray(at, end).equals(needle.bytes) && !(needle.alone === true && (isWord(bytes[at - 1]) || isWord(bytes[end]))))
        found.add(needle.what);
    }
  }
  return found;
}

/** A value as bytes, hex, base64 and base64url. */
export function spellings(what: string, value: Uint8Array): readonly Needle[] {
  const bytes = Buffer.from(value);
  const unpadded = bytes.toString("base64").replace(/=+$/, "");
  return [
    { what: `${what}, raw`, bytes },
    { what: `${what}, hex`, bytes: Buffer.from(bytes.toString("hex")) },
    { what: `${what}, HEX`, bytes: Buffer.from(bytes.toString("hex").toUpperCase()) },
    { what: `${what}, base64`, bytes: Buffer.from(unpadded) },
    { what: `${what}, base64url`, bytes: Buffer.from(bytes.toString("base64url")) },
  ];
}

/** How many runs of 32 bytes, aligned in `parts`, stand anywhere in `others`: any common run of 63 bytes has one. */
export function sharedRuns(parts: readonly Uint8Array[], others: readonly Uint8Array[]): number {
  const windows = new Set<string>();
  for (const part of parts) for (let at = 0; at + 32 <= part.length; at += 32) windows.add(textOf(part, at));
  const starts = new Starts(startsOf(parts));
  let shared = 0;
  for (const other of others) {
    for (let at = 0; at + 32 <= other.length; at++) if (starts.has(startOf(other, at)) && windows.has(textOf(other, at))) shared++;
  }
  return shared;
}

function* startsOf(parts: readonly Uint8Array[]): Generator<number> {
  for (const part of parts) for (let at = 0; at + 32 <= part.length; at += 32) yield startOf(part, at);
}

const textOf = (bytes: Uint8Array, at: number) => Buffer.from(bytes.buffer, bytes.byteOffset + at, 32).toString("latin1");

/** χ² of the byte histogram against equal shares: 255 on average for random bytes, with a standard deviation of 22.6. */
export function chiSquare(parts: readonly Uint8Array[]): number {
  const counts = new Float64Array(256);
  for (const part of parts) for (const byte of part) counts[byte] = (counts[byte] as number) + 1;
  const share = counts.reduce((sum, count) => sum + count, 0) / 256;
  return counts.reduce((sum, count) => sum + (count - share) ** 2 / share, 0);
}

/** Letters, digits, and what base64 has beside them. */
function isWord(byte: number | undefined): boolean {
  return byte !== undefined && /[0-9A-Za-z+/_-]/.test(String.fromCharCode(byte));
}
