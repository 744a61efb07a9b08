// What a terminal may be sent of a name. spec/05-page.md#entry
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toUtf8 } from "../../../src/bytes/utf8.js";
import { escapeBytes, escapeText, safeJson, unescapeBytes } from "../../../src/cli/ui/escape.js";

const bytes = (...parts: readonly (string | number)[]) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : [...toUtf8(part)])));
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe("escaping names", () => {
  it("leaves readable text of any script as it is", () => {
    expect(escapeBytes(bytes("case/Kühlraum 写真 🗄.png"))).toBe("case/Kühlraum 写真 🗄.png");
  });

  it.each([
    ["ESC", "\x1b[31m", "\\x1b[31m"],
    ["line end", "a\nb\rc\td", "a\\nb\\rc\\td"],
    ["BEL, NUL and DEL", "\x07\0\x7f", "\\x07\\x00\\x7f"],
    ["C1 CSI", "\u009b2J", "\\u{9b}2J"],
    ["bidi override and isolate", "\u202egpj.exe\u2066", "\\u{202e}gpj.exe\\u{2066}"],
    ["zero width and BOM", "a\u200bb\u200d\ufeff", "a\\u{200b}b\\u{200d}\\u{feff}"],
    ["line and paragraph separator", "\u2028\u2029", "\\u{2028}\\u{2029}"],
    ["tag characters", "\u{e0041}", "\\u{e0041}"],
    ["backslash", "a\\x41", "a\\\\x41"],
  ])("escapes %s", (_, text, expected) => {
    expect(escapeBytes(bytes(text))).toBe(expected);
  });

  it("shows bytes that are not UTF-8 as hex: a lone C1 byte, an overlong form, a cut sequence", () => {
    expect(escapeBytes(bytes("a", 0x9b, "b"))).toBe("a\\x9bb");
    expect(escapeBytes(bytes(0xc0, 0xaf))).toBe("\\xc0\\xaf");
    expect(escapeBytes(bytes("é", 0xe2, 0x82))).toBe("é\\xe2\\x82");
    expect(escapeBytes(bytes(0xed, 0xa0, 0x80))).toBe("\\xed\\xa0\\x80");
  });

  it("gives back the exact bytes, whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (name) => {
        const shown = escapeBytes(name);
        expect(shown).not.toMatch(unsafe);
        expect(unescapeBytes(shown)).toEqual(name);
      }),
      { seed: 7, numRuns: 2000 },
    );
  });

  it("keeps backslashes that are no escape, and numbers beyond Unicode, as typed", () => {
    expect(unescapeBytes("C:\\data")).toEqual(bytes("C:\\data"));
    expect(unescapeBytes("\\u{110000}")).toEqual(bytes("\\u{110000}"));
  });
});

describe("escaping sentences", () => {
  it("leaves backslashes, which may be escapes already", () => {
    expect(escapeText("a\\x1b\x1b")).toBe("a\\x1b\\x1b");
  });
});

describe("JSON for terminals", () => {
  it("escapes what JSON allows bare, and stays the same value", () => {
    const value = { path: "\x7f\u009b\u202e\u2028\u{e0041}\x1bé" };
    const text = safeJson(value);
    expect(text).toBe('{"path":"\\u007f\\u009b\\u202e\\u2028\\udb40\\udc41\\u001bé"}');
    expect(JSON.parse(text)).toEqual(value);
  });
});
