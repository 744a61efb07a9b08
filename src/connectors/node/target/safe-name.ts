// Names from archives that a file system would take for something else. spec/05-page.md#entry
import { fromUtf8 } from "../../../bytes/utf8.js";

/** Systems with rules of their own; every other one counts as Linux. */
export type Platform = "linux" | "darwin" | "win32";

// with any extension, and with spaces before it, these open a device: "nul.txt", "COM1 .log"; superscript digits count as digits
const windowsDevice = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\.|$)/i;
const windowsForbidden = /[<>:"/\\|?*\p{Cc}]/u;
const windowsNameUnits = 255;

/** Why `name` must not be written on `platform`, as the end of a sentence; undefined when it may. */
export function unsafeName(name: Uint8Array, platform: Platform): string | undefined {
  if (name.length === 0) return "is empty";
  if (name.includes(0)) return "has a NUL byte";
  if (name.includes(0x2f)) return "has a slash";
  const text = fromUtf8(name);
  if (text === "." || text === "..") return "names a directory itself";
  if (platform === "linux") return undefined;
  if (text === undefined) return "is not UTF-8, which this system cannot write";
  return platform === "win32" ? unsafeOnWindows(text) : undefined;
}

function unsafeOnWindows(name: string): string | undefined {
  // "C:x" lies on another drive, "x:y" is a hidden stream of x, "\\?\" and "a\b" are paths
  const forbidden = windowsForbidden.exec(name);
  if (forbidden !== null) return `has the character ${JSON.stringify(forbidden[0])}, which Windows gives a meaning`;
  if (/[. ]$/.test(name)) return "ends with a dot or a space, which Windows drops";
  if (windowsDevice.test(name)) return "names a device on Windows";
  return name.length > windowsNameUnits ? `has more than ${windowsNameUnits} characters` : undefined;
}

/** The platform that this program runs on. */
export function presentPlatform(): Platform {
  return process.platform === "win32" || process.platform === "darwin" ? process.platform : "linux";
}
