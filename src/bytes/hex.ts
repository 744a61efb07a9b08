// Lower-case hexadecimal. spec/00-conventions.md#hex

const digits = "0123456789abcdef";
const pairs = Array.from({ length: 256 }, (_, i) => digits.charAt(i >> 4) + digits.charAt(i & 15));

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
    const high = digits.indexOf(text.charAt(2 * i));
    const low = digits.indexOf(text.charAt(2 * i + 1));
    if (high < 0 || low < 0) return undefined;
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
