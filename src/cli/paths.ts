// Paths in archives as they are typed. spec/05-page.md#entry
import { unescapeBytes } from "./ui/escape.js";

const slash = 0x2f;

/**
 * Bytes of a path in an archive: what `list` prints can be given back, with its escapes. Slashes and `./` at the beginning and
 * slashes at the end are dropped; undefined for the root.
 */
export function pathBytes(text: string): Uint8Array | undefined {
  const bytes = unescapeBytes(text.replace(/^(?:\.?\/)+/, ""));
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === slash) end--;
  const isRoot = end === 0 || (end === 1 && bytes[0] === 0x2e);
  return isRoot ? undefined : bytes.slice(0, end);
}
