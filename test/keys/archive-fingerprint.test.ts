import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatFingerprint, parseFingerprint } from "../../src/keys/archive-fingerprint.js";

const digest = Uint8Array.from({ length: 32 }, (_, i) => 0x7c + i);
const text = "ptar1 7c7d 7e7f 8081 8283 8485 8687 8889 8a8b 8c8d 8e8f 9091 9293 9495 9697 9899 9a9b";

describe("an archive fingerprint", () => {
  it("is ptar1 and 16 groups of four digits", () => {
    expect(formatFingerprint(digest)).toBe(text);
  });

  it("comes back from its text, for every digest", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        expect(parseFingerprint(formatFingerprint(bytes))).toEqual(bytes);
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it.each([
    ["upper case", text.toUpperCase()],
    ["no spaces", text.replaceAll(" ", "")],
    ["dashes", text.replaceAll(" ", "-")],
    ["no ptar1", text.slice(6)],
    ["hexadecimal alone", text.slice(6).replaceAll(" ", "")],
    ["line breaks of a mail", `  ${text.slice(0, 45)}\r\n\t${text.slice(45)}\n`],
  ])("is read with %s", (_, form) => {
    expect(parseFingerprint(form)).toEqual(digest);
  });

  it.each([
    ["nothing", ""],
    ["the word alone", "ptar1"],
    ["a digit less", text.slice(0, -1)],
    ["a digit more", `${text}0`],
    ["two groups less", text.slice(0, -10)],
    ["two groups more", `${text} 0000 0000`],
    ["a foreign digit", text.replace("7c", "7g")],
    ["another word", text.replace("ptar1", "ptar2")],
    ["the word twice", `ptar1 ${text}`],
    ["a name in front", `sha256:${text.slice(6)}`],
  ])("is not read with %s", (_, form) => {
    expect(parseFingerprint(form)).toBeUndefined();
  });

  it("is not made of a digest of another length", () => {
    expect(() => formatFingerprint(new Uint8Array(31))).toThrow(TypeError);
    expect(() => formatFingerprint(new Uint8Array(33))).toThrow(TypeError);
  });
});
