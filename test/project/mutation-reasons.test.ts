// Reasons for mutants that survive are about code that is there: one that outlives its code could explain another mutant some day.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const { mutate } = (await import(/* @vite-ignore */ pathToFileURL(join(root, "scripts/mutation/points.mjs")).href)) as {
  readonly mutate: (file: string, source: string, first: number) => { readonly mutants: readonly { readonly key: string }[] };
};

it("each reason for a mutant that survives names one", () => {
  const reasons = Object.keys(JSON.parse(readFileSync(join(root, "scripts/mutation/equivalent.json"), "utf8")) as object);
  const files = new Set(reasons.map((key) => key.split(" | ")[0] as string));
  const keys = new Set([...files].flatMap((file) => mutate(file, readFileSync(join(root, file), "utf8"), 1).mutants.map(({ key }) => key)));
  expect(reasons.filter((key) => !keys.has(key))).toEqual([]);
  expect(reasons.length).toBeGreaterThan(100);
});
