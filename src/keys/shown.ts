// How a word of an untrusted key or trust file stands in an error.

const wordChars = 40;

/** `text` with everything but printable ASCII replaced by `?`, cut to a length that fits in a sentence. */
export function shown(text: string): string {
  const word = text.slice(0, wordChars).replaceAll(/[^!-~]/g, "?");
  return text.length > wordChars ? `${word}...` : word;
}
