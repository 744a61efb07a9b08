// What keys of a terminal do to a line that is not shown. spec/14-encryption.md#opening
import { describe, expect, it } from "vitest";
import { SecretLine } from "../../../../src/connectors/node/secrets/secret-line.js";

/** The line after these bytes, in whole and byte by byte; a number stands for a byte that is no text. */
function typed(...parts: readonly (string | number)[]): { readonly what: string; readonly text: string | undefined } {
  const bytes = Buffer.concat(parts.map((part) => (typeof part === "number" ? Buffer.of(part) : Buffer.from(part))));
  const whole = new SecretLine();
  const outcome = { what: whole.take(bytes), text: whole.text() };
  const parted = new SecretLine();
  let what = "more";
  for (const byte of bytes) {
    what = parted.take(Uint8Array.of(byte));
    if (what !== "more") break;
  }
  expect({ what, text: parted.text() }).toEqual(outcome);
  return outcome;
}

describe("a line that is typed and not shown", () => {
  it.each([
    ["ends with CR", ["abc\r"], "abc"],
    ["ends with LF", ["abc\n"], "abc"],
    ["drops what follows its end", ["abc\rdef\r"], "abc"],
    ["keeps blanks", [" a  b \r"], " a  b "],
    ["keeps characters of any length", ["zażółć 日本 🔑\r"], "zażółć 日本 🔑"],
    ["loses its last character to DEL and Ctrl-H", ["abcd\x7f\b\r"], "ab"],
    ["loses a character as a whole", ["a🔑\x7fé\x7fb\r"], "ab"],
    ["cannot lose more than it has", ["a\x7f\x7f\x7fb\r"], "b"],
    ["is emptied by Ctrl-U", ["wrong\x15right\r"], "right"],
    ["may be empty", ["\r"], ""],
    ["passes over the marks around pasted text", ["\x1b[200~pasted\x1b[201~\r"], "pasted"],
    ["passes over arrow and function keys", ["a\x1b[A\x1b[1;5Cb\x1bOPc\r"], "abc"],
    ["takes the key after a lone ESC", ["\x1babc\r"], "abc"],
    ["ends within a sequence that was cut", ["ab\x1b[\r"], "ab"],
    ["passes over other control characters", ["a\tb\x01\x1ac\0\r"], "abc"],
    ["passes over Ctrl-D inside", ["a\x04b\r"], "ab"],
  ])("%s", (_, parts, text) => expect(typed(...parts)).toEqual({ what: "done", text }));

  it("is interrupted by Ctrl-C, wherever it stands", () => {
    for (const text of ["\x03", "abc\x03", "a\x1b[\x03"]) expect(typed(text).what).toBe("interrupted");
  });

  it("is closed by Ctrl-D when it is empty", () => {
    expect(typed("\x04").what).toBe("closed");
    expect(typed("ab\x7f\x7f\x04").what).toBe("closed");
  });

  it("is no text where it is not UTF-8", () => {
    expect(typed("a", 0xff, "\r")).toEqual({ what: "done", text: undefined });
    expect(typed(0xc3, "\r")).toEqual({ what: "done", text: undefined });
  });

  it("has at most 4,096 bytes", () => {
    expect(typed(`${"x".repeat(4096)}\r`)).toEqual({ what: "done", text: "x".repeat(4096) });
    expect(typed("x".repeat(4097)).what).toBe("too long");
  });

  it("is forgotten after wipe", () => {
    const line = new SecretLine();
    line.take(Buffer.from("secret"));
    line.wipe();
    expect(line.text()).toBe("");
    line.take(Buffer.from("\x7f\x7f\r"));
    expect(line.text()).toBe("");
  });
});
