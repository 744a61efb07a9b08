// What is said about an error, whatever was thrown.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { failureJson, failureOf, stackOf } from "../../src/cli/failure.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import { document } from "./schema.js";

const running = new AbortController().signal;

function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

it("keeps errors of PTAR", () => {
  const error = new PtarError("PTAR_USAGE", "x");
  expect(failureOf(error, running)).toBe(error);
});

it("names the file of an error of the system", () => {
  const error = thrownBy(() => readFileSync("/nonexistent/file"));
  expect(failureOf(error, running)).toMatchObject({ code: "PTAR_IO_FAILED", message: "/nonexistent/file: it does not exist (ENOENT)" });
});

it("calls everything else a defect, with what to do about it", () => {
  const failure = failureOf(new TypeError("oops"), running);
  expect(failure).toMatchObject({ code: "PTAR_INTERNAL", message: "internal error: TypeError: oops", exitCode: 1 });
  expect(failure.hint).toContain("PTAR_DEBUG=1");
  expect(failureOf("text", running).message).toBe("internal error: text");
});

it("calls whatever comes after Ctrl-C the interruption", () => {
  expect(failureOf(new TypeError("oops"), AbortSignal.abort())).toMatchObject({ code: "PTAR_INTERRUPTED", exitCode: 130 });
});

it("gives a document that satisfies its schema", () => {
  const failure = new PtarError("PTAR_USAGE", "x", { details: { a: 1, b: "2", c: null, d: true } });
  document("error", `${JSON.stringify(failureJson(failure))}\n`);
});

it("shows the stacks of all causes", () => {
  const error = new Error("outer", { cause: new Error("inner") });
  expect(stackOf(error)).toMatch(/outer[\s\S]*caused by Error: inner/);
});
