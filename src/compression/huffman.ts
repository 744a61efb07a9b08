// Huffman codes of RFC 1951 §3.2, refused where decoders disagree. spec/03-block.md#codecs

const maxCodeBits = 15;

/** A code as one lookup: the next `bits` bits, least significant first, give `symbol << 4 | length`; 0 where no code is. */
export interface HuffmanTable {
  readonly bits: number;
  readonly entries: Uint16Array;
}

/**
 * The table of a code given by its lengths; undefined when more codes are given than fit, or fewer than fill it.
 * As in zlib, `tolerant` allows what RFC 1951 §3.2.7 does: a single code of one bit, or none.
 */
export function huffmanTable(lengths: Uint8Array, rule: "complete" | "tolerant"): HuffmanTable | undefined {
  const counts = new Uint16Array(maxCodeBits + 1);
  for (const length of lengths) counts[length] = (counts[length] as number) + 1;
  counts[0] = 0;
  const bits = counts.findLastIndex((count) => count > 0);
  const free = freeCodes(counts);
  if (free < 0 || (free > 0 && (rule === "complete" || bits > 1))) return undefined;
  return { bits: Math.max(bits, 0), entries: fillEntries(lengths, counts, Math.max(bits, 0)) };
}

/** Codes of 15 bits that are left over; negative when there are too many. */
function freeCodes(counts: Uint16Array): number {
  let free = 1;
  for (let length = 1; length <= maxCodeBits; length++) {
    free = free * 2 - (counts[length] as number);
    if (free < 0) return free;
  }
  return free;
}

function fillEntries(lengths: Uint8Array, counts: Uint16Array, bits: number): Uint16Array {
  const next = new Uint16Array(maxCodeBits + 2);
  for (let length = 1; length <= maxCodeBits; length++) next[length + 1] = ((next[length] as number) + (counts[length] as number)) << 1;
  const entries = new Uint16Array(1 << bits);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol] as number;
    if (length === 0) continue;
    const code = next[length] as number;
    next[length] = code + 1;
    for (let at = reversed(code, length); at < entries.length; at += 1 << length) entries[at] = (symbol << 4) | length;
  }
  return entries;
}

/** Codes stand in the stream with their most significant bit first. */
function reversed(code: number, length: number): number {
  let result = 0;
  for (let i = 0; i < length; i++) result |= ((code >> i) & 1) << (length - 1 - i);
  return result;
}
