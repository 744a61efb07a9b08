// base64url without padding, one form per value. spec/00-conventions.md#hex

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const codes = Uint8Array.from(alphabet, (char) => char.charCodeAt(0));
/** Value of each ASCII character, 255 for foreign ones. */
const values = new Uint8Array(128).fill(255);
for (const [value, code] of codes.entries()) values[code] = value;
const decoder = new TextDecoder("latin1");

/** Bytes as base64url without padding (RFC 4648 §5). */
export function toBase64url(bytes: Uint8Array): string {
  // through bytes: text that grows by characters takes thirty times its length
  const text = new Uint8Array(Math.ceil((bytes.length * 4) / 3));
  let at = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const chars = Math.min(bytes.length - i, 3) + 1;
    for (let k = 0; k < chars; k++) text[at++] = codes[(group >> (18 - 6 * k)) & 63] as number;
  }
  return decoder.decode(text);
}

/** Bytes of base64url `text`; undefined for padding, foreign characters or trailing bits that are not zero. */
export function fromBase64url(text: string): Uint8Array | undefined {
  if (text.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let count = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const value = values[text.charCodeAt(i)] ?? 255;
    if (value === 255) return undefined;
    bits = ((bits << 6) | value) & 0xffffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes[at++] = (bits >> count) & 255;
    }
  }
  return (bits & ((1 << count) - 1)) === 0 ? bytes : undefined;
}

/** Bytes of base64 without padding; undefined for foreign characters or trailing bits that are not zero. */
export function base64Bytes(text: string): Uint8Array | undefined {
  return /[-_]/.test(text) ? undefined : fromBase64url(text.replaceAll("+", "-").replaceAll("/", "_"));
}
