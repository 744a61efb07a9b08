// What a buffer holds is what canonical JSON is, byte by byte. spec/00-conventions.md#canonical
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CanonicalBuffer } from "../../src/bytes/canonical-buffer.js";
import { canonicalBytes, type JsonValue } from "../../src/bytes/canonical-json.js";

const some = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false, 0, Number.MAX_SAFE_INTEGER),
    fc.nat(),
    fc.string({ unit: "grapheme" }),
    fc.string(),
    fc.array(tie("value")),
    fc.dictionary(fc.string({ unit: "grapheme" }), fc.oneof(tie("value"), fc.constant(undefined))),
  ),
})).value as fc.Arbitrary<JsonValue>;

const written = (value: JsonValue): Uint8Array => {
  const buffer = new CanonicalBuffer(1);
  buffer.value(value);
  return buffer.since();
};

describe("a buffer", () => {
  it("holds the canonical bytes of any value", () => {
    fc.assert(
      fc.property(some, (value) => {
        expect(written(value)).toEqual(canonicalBytes(value));
      }),
      { seed: 17, numRuns: 500 },
    );
  });

  it.each([
    ["an escape behind plain characters", `${"a".repeat(70)}\n`],
    ["a quote", 'a"b'],
    ["a backslash", "a\\b"],
    ["the last plain character and the first that is none", "~\u007f"],
    ["a character of four bytes", "😀".repeat(2000)],
    ["members that are undefined, first and last", { a: undefined, b: 1, c: undefined }],
    ["no members but undefined ones", { a: undefined }],
    ["a name that is not ASCII", { é: 1, a: [{}, []] }],
  ] satisfies [string, JsonValue][])("with %s", (_, value) => expect(written(value)).toEqual(canonicalBytes(value)));

  it.each([[-1], [0.5], [2 ** 53], [Number.NaN], ["\ud800"]])("refuses %j, which the profile cannot hold", (value) => {
    expect(() => written({ value })).toThrow(TypeError);
  });

  it("grows behind what it holds, and is filled anew when it was cleared", () => {
    const buffer = new CanonicalBuffer(4);
    buffer.append(Uint8Array.of(1, 2, 3));
    buffer.value("é".repeat(100));
    expect([...buffer.since().subarray(0, 4)]).toEqual([1, 2, 3, 0x22]);
    expect(buffer.since(3)).toEqual(canonicalBytes("é".repeat(100)));
    buffer.clear();
    buffer.value([1]);
    expect(buffer.length).toBe(3);
    expect(buffer.since()).toEqual(canonicalBytes([1]));
  });
});
