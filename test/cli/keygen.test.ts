// Options of keygen that do not go together.
import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { Arguments } from "../../src/cli/command.js";
import { keygen } from "../../src/cli/commands/keygen.js";
import { createOutput } from "../../src/cli/ui/output.js";
import { keyPlace, refused } from "./key-context.js";

it.each([
  [{ identity: true, comment: "me" }, "--comment and --identity: only one of them can be given"],
  [{ "post-quantum": true }, "--post-quantum: is a kind of identity and needs --identity"],
])("refuses %j", async (values, message) => {
  const { context } = keyPlace();
  const run = keygen.run?.(new Arguments(values), { ...context, out: createOutput(new PassThrough()), removeOnExit: () => undefined });
  expect(await refused(run as Promise<number>)).toBe(`PTAR_USAGE: ${message}`);
});
