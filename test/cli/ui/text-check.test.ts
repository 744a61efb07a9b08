// What may be sent to a terminal.
import { expect, it } from "vitest";
import { toUtf8 } from "../../../src/bytes/utf8.js";
import { createTextCheck } from "../../../src/cli/ui/text-check.js";

it("accepts text, also when a part ends within a character", () => {
  const isText = createTextCheck();
  const bytes = toUtf8("Kühlraum\r\n\tok\n");
  expect([isText(bytes.subarray(0, 2)), isText(bytes.subarray(2))]).toEqual([true, true]);
});

it.each([["\x1b[2J"], ["\0"], ["\u009b1m"], ["\x7f"], ["\u202e"]])("refuses %j", (text) => {
  expect(createTextCheck()(toUtf8(text))).toBe(false);
});

it("refuses what is not UTF-8", () => {
  expect(createTextCheck()(Uint8Array.of(0x89, 0x50))).toBe(false);
});
