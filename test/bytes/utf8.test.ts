// UTF-8: short and long, plain and not, and texts that share a buffer. spec/00-conventions.md#canonical
import fc from "fast-check";
import { expect, test } from "vitest";
import { toUtf8 } from "../../src/bytes/utf8.js";

const text = fc.string({ unit: "grapheme", maxLength: 80 });

test("the bytes of a text are those that Node gives, in a buffer of their own", () => {
  fc.assert(
    fc.property(text, (some) => {
      const bytes = toUtf8(some);
      expect(bytes).toEqual(new Uint8Array(Buffer.from(some)));
      expect(toUtf8(some).buffer).not.toBe(bytes.buffer);
    }),
    { seed: 51, numRuns: 300 },
  );
});

test.each([
  ["64 plain characters", "a".repeat(64)],
  ["65 plain characters", "a".repeat(65)],
  ["one character past ASCII at the end", `${"a".repeat(63)}\u0080`],
  ["the last character of ASCII", "\u007f"],
  ["NUL", "\u0000"],
  ["nothing", ""],
])("of %s", (_, some) => expect(toUtf8(some)).toEqual(new Uint8Array(Buffer.from(some))));
