import { describe, expect, test } from "vitest";
import { errorCodes } from "../../src/errors/codes.js";
import { worstExit } from "../../src/errors/exit.js";
import { PtarError } from "../../src/errors/ptar-error.js";

describe("the exit code of several", () => {
  const order = [10, 4, 5, 8, 6, 7, 9, 3];

  test("is the first of 10, 4, 5, 8, 6, 7, 9, 3", () => {
    for (let i = 0; i < order.length; i++) expect(worstExit(order.slice(i).reverse())).toBe(order[i]);
    for (const [i, first] of order.entries()) for (const second of order.slice(i)) expect(worstExit([second, first])).toBe(first);
  });

  test("of others is the largest, of none 0", () => {
    expect(worstExit([])).toBe(0);
    expect(worstExit([0])).toBe(0);
    expect(worstExit([1, 2])).toBe(2);
    expect(worstExit([0, 3])).toBe(3);
    expect(worstExit([1, 6])).toBe(6);
  });
});

describe("an error", () => {
  test("carries code, exit code, hint, details and cause", () => {
    const cause = new Error("disk");
    const error = new PtarError("PTAR_FRAME_CHECK", "frame 3: wrong", { hint: "copy it again", details: { frame: 3 }, cause });
    expect(error).toBeInstanceOf(Error);
    expect([error.name, error.code, error.exitCode, error.message]).toEqual(["PtarError", "PTAR_FRAME_CHECK", 4, "frame 3: wrong"]);
    expect([error.hint, error.details, error.cause]).toEqual(["copy it again", { frame: 3 }, cause]);
  });

  test("has no cause, hint or details when none is given", () => {
    const error = new PtarError("PTAR_USAGE", "what");
    expect("cause" in error).toBe(false);
    expect(error.hint).toBeUndefined();
    expect(error.details).toEqual({});
    expect(error.exitCode).toBe(2);
  });
});

test("every code has an exit code of the spec, a meaning and a chapter", () => {
  for (const [code, row] of Object.entries(errorCodes)) {
    expect(code).toMatch(/^PTAR_[A-Z]+(_[A-Z]+)*$/);
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 130]).toContain(row.exit);
    expect(row.meaning).toMatch(/^[a-zA-Z].*[^.]$/);
    expect(row.spec).toMatch(/^\d\d-[a-z]+\.md(#[a-z-]+)?$/);
  }
});
