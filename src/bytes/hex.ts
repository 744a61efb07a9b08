// Lower-case hexadecimal. spec/00-conventions.md#hex

const digits = "0123456789abcdef";
/** ASCII of the two digits of each byte. */
const digitCodes = Uint8Array.from({ length: 512 }, (_, i) => digits.charCodeAt(i % 2 === 0 ? i >> 5 : (i >> 1) & 15));
const decoder = new TextDecoder();
/** A digest, as most that is written so. */
const usual = new Uint8Array(64);
/** Value of each ASCII character, 255 for foreign ones. */
const values = new Uint8Array(128).fill(255);
for (let value = 0; value < 16; value++) values[digits.charCodeAt(value)] = value;

/** Bytes as lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  // text that is joined digit by digit takes twice the time, and twenty times the memory
  const ascii = 2 * bytes.length === usual.length ? usual : new Uint8Array(2 * bytes.length);
  for (let i = 0; i < bytes.length; i++) {
    const digit = 2 * (bytes[i] as number);
    ascii[2 * i] = digitCodes[digit] as number;
    ascii[2 * i + 1] = digitCodes[digit + 1] as number;
  }
  return decoder.decode(ascii);
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

/** Fills `bytes` with what the digits from `at` on spell, which were looked at before. */
export function fromHexBytes(digits: Uint8Array, at: number, bytes: Uint8Array): Uint8Array {
  for (let i = 0; i < bytes.length; i++) {
    const digit = at + 2 * i;
    bytes[i] = ((values[digits[digit] as number] as number) << 4) | (values[digits[digit + 1] as number] as number);
  }
  return bytes;
}

/** Bytes of hexadecimal that a validator has passed already. Throws TypeError on anything else. */
export function mustHex(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new TypeError("not lower-case hexadecimal");
  return bytes;
}
