// UTF-8, refused rather than repaired when it is malformed. spec/00-conventions.md#canonical

const encoder = new TextEncoder();
// ignoreBOM keeps U+FEFF in the text, so that JSON.parse refuses it
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Up to this length bytes are kept in the heap of JavaScript itself; memory of their own costs ten times as much. */
const shortText = 64;

/** UTF-8 of well-formed `text`. */
export function toUtf8(text: string): Uint8Array {
  return shortAscii(text) ?? encoder.encode(text);
}

/** Names, mostly: in a loop, since the encoder needs five times as long for them. */
function shortAscii(text: string): Uint8Array | undefined {
  if (text.length > shortText) return undefined;
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return undefined;
    bytes[i] = code;
  }
  return bytes;
}

/** Text of `bytes`, or undefined when they are not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
