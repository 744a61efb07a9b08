import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBase64url, toBase64url } from "../../src/bytes/base64url.js";

test("bytes come back from base64url, and it is that of Node", () => {
  const property = fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
    const text = toBase64url(bytes);
    expect(text).toBe(Buffer.from(bytes).toString("base64url"));
    expect(fromBase64url(text)).toEqual(bytes);
  });
  fc.assert(property, { seed: 42 });
});

test("a text that is accepted is the only one of its bytes", () => {
  const texts = fc.array(fc.constantFrom(..."AQgw-_9=+/ "), { maxLength: 6 }).map((chars) => chars.join(""));
  const property = fc.property(texts, (text) => {
    const bytes = fromBase64url(text);
    if (bytes !== undefined) expect(toBase64url(bytes)).toBe(text);
  });
  fc.assert(property, { seed: 43, numRuns: 2000 });
});

test.each(["A", "AAAAA", "AB", "AAB", "AA==", "AAA=", "A+A", "A/A", "A A", "AA\n", "ÄA"])("%j is refused", (text) => {
  expect(fromBase64url(text)).toBeUndefined();
});
