// UTF-8, refused rather than repaired when it is malformed. spec/00-conventions.md#canonical

const encoder = new TextEncoder();
// ignoreBOM keeps U+FEFF in the text, so that JSON.parse refuses it
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 of well-formed `text`. */
export function toUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Text of `bytes`, or undefined when they are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
