// Validates output of the program against spec/schemas/output/.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "vitest";
import { root } from "./run.js";

const folder = join(root, "spec", "schemas");
const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true });
for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }))
  if (file.endsWith(".schema.json")) ajv.addSchema(JSON.parse(readFileSync(join(folder, file), "utf8")));

/** The one document on standard output, which satisfies its schema. */
export function document(name: string, stdout: string): Record<string, unknown> & { readonly exitCode: number } {
  expect(stdout.endsWith("\n")).toBe(true);
  const value = JSON.parse(stdout);
  const validate = ajv.getSchema(`output/${name}.schema.json`);
  if (validate === undefined) throw new TypeError(`there is no schema ${name}`);
  validate(value);
  expect(validate.errors ?? []).toEqual([]);
  return value;
}
