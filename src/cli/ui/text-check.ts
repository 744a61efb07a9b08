// Whether bytes can be shown on a terminal as they are.

// line ends, tabs and form feeds are text; ESC, CSI and whatever else could command a terminal are not
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const control = /[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** A check to be called with the parts of one text, in order: UTF-8 without control and bidi characters. */
export function createTextCheck(): (bytes: Uint8Array) => boolean {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  return (bytes) => {
    try {
      return !control.test(decoder.decode(bytes, { stream: true }));
    } catch {
      return false;
    }
  };
}
