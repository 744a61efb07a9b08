// Text that stands for any bytes of a path, and back. spec/06-snapshot.md#names
import fc from "fast-check";
import { expect, it } from "vitest";
import { pathBytes, pathText } from "../../../src/connectors/node/path-text.js";

it("comes back byte for byte, whatever the bytes, alone and joined", () => {
  const property = fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 }), (one, other) => {
    expect([...pathBytes(pathText(one))]).toEqual([...one]);
    expect([...pathBytes(`${pathText(one)}/${pathText(other)}`)]).toEqual([...one, 0x2f, ...other]);
  });
  fc.assert(property, { seed: 26, numRuns: 2000 });
});

it.each([
  ["plain", "plain"],
  ["\u00e9\u{1f600}", "\u00e9\u{1f600}"],
])("leaves UTF-8 as it is: %s", (text, expected) => {
  expect(pathText(Buffer.from(text))).toBe(expected);
});

it("keeps what is UTF-8 between bytes that are not", () => {
  expect(pathText(Buffer.concat([Buffer.of(0xff), Buffer.from("\u00e9"), Buffer.of(0xc3)]))).toBe("\udcff\u00e9\udcc3");
});
