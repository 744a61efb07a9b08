// Lower-case hexadecimal. spec/00-conventions.md#hex

const digits = "0123456789abcdef";
const pairs = Array.from({ length: 256 }, (_, i) => digits.charAt(i >> 4) + digits.charAt(i & 15));
/** Value of each ASCII character, 255 for foreign ones. */
const values = new Uint8Array(128).fill(255);
for (let value = 0; value < 16; value++) values[digits.charCodeAt(value)] = value;

/** Bytes as lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += pairs[byte];
  return text;
}

/** Bytes of lower-case hexadecimal `text`; undefined when it is something else. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    const high = values[text.charCodeAt(2 * i)] ?? 255;
    const low = values[text.charCodeAt(2 * i + 1)] ?? 255;
    if (high > 15 || low > 15) return undefined;
    bytes[i] = high * 16 + low;
  }
  return bytes;
}

/** Bytes of hexadecimal that a validator has passed already. Throws TypeError on anything else. */
export function mustHex(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new TypeError("not lower-case hexadecimal");
  return bytes;
}
