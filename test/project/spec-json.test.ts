// The JSON of the chapters has the members of its schema, and what it writes out is accepted there. spec/00-conventions.md#canonical
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { samples } from "../format/samples.js";
import { alternativesOf, type Json, readTemplate } from "./json-template.js";
import { repository } from "./planted.js";

const spec = join(repository, "spec");

/** Where each piece of JSON of a chapter, in its order, stands in which sample: number of the sample, and the path there. */
const places: Readonly<Record<string, readonly (readonly [sample: string, path: string])[]>> = {
  "00-conventions.md": [["manifest", "ext/0"]],
  "05-page.md": [
    ["page", "entries/0"],
    ...["rdev", "unstable", "unstable/after", "attributes/0", "xattrs/0", "holes/0", "digests", "errors/0"].map(inItem),
    ...["", "", "", "", "", "", ""].map((): readonly [string, string] => ["page", "entries/0/store"]),
    ["page", "entries/0/store/counters"],
    ["page", ""],
    ["page 1", ""],
  ],
  "06-snapshot.md": [
    ...["sources/0", "times", "captured", "chunker", "completeness", "items", "provenance", "noatime"].map((path) => ["snapshot", path] as const),
    ["content", ""],
  ],
  "08-manifest.md": [
    ...["prev", "tree", "index/0", "snapshots/0"].map((path) => ["manifest", path] as const),
    ["manifest 2", "subject"],
    ["manifest", "writer"],
    ["archive-statement", "tree"],
    ["snapshot-statement", ""],
  ],
  "14-encryption.md": [
    ["manifest 1", "encryption"],
    ["manifest 1", "sealed"],
    ["sealed-manifest", "tree"],
  ],
  "15-repository.md": [
    ["catalogue", "secrets/0"],
    ["mark", ""],
    ["lock", ""],
  ],
  "16-transfer.md": [
    ["inventory", "snapshots"],
    ["inventory", "others"],
  ],
};

function inItem(path: string): readonly [string, string] {
  return ["page", `entries/0/item/${path}`];
}

/** Where a chapter goes on to say when which other members stand there; everywhere else all are named. */
const toldInPart = /\/store$|\/errors\/0$|^sources\/0$/;

/** JSON that stands in code or in an indented line. The example's own is compared byte by byte. */
const chapters = readdirSync(spec).filter((name) => /^\d\d-.*\.md$/.test(name) && name !== "17-example.md");
const found = chapters.flatMap((chapter) => {
  const text = readFileSync(join(spec, chapter), "utf8");
  return Array.from(text.matchAll(/(?:`|^ {4})(\{[^`\n]*\})/gm), ([, json], i) => [chapter, json as string, i] as const);
});

/** The sample "name" or "name n" of a schema, and its validator. */
function sampleOf(called: string) {
  const [name, number = "0"] = called.split(" ");
  return samples.filter(([schema]) => schema === name)[Number(number)] as (typeof samples)[number];
}

const part = (value: Json, path: readonly string[]): Json =>
  path.reduce((inner, step) => (inner as { readonly [name: string]: Json })[step] as Json, value);

/** A copy of `value` with `replaced` at `path`. */
function withPart(value: Json, [step, ...rest]: readonly string[], replaced: Json): Json {
  if (step === undefined) return replaced;
  const inner = withPart(part(value, [step]), rest, replaced);
  return Array.isArray(value) ? value.with(Number(step), inner) : { ...(value as object), [step]: inner };
}

describe("the JSON of the chapters", () => {
  it("is all known here", () => {
    const counted = Object.fromEntries(Object.entries(places).map(([chapter, rows]) => [chapter, rows.length]));
    expect(
      Object.fromEntries(chapters.map((chapter) => [chapter, found.filter(([name]) => name === chapter).length]).filter(([, count]) => count !== 0)),
    ).toEqual(counted);
  });

  it.each(found)("%s: %s", (chapter, json, i) => {
    const [called, path] = (places[chapter] ?? [])[i] ?? ["nothing", ""];
    const [, validate, document] = sampleOf(called);
    const steps = path.split("/").filter((step) => step !== "");
    const sample = part(document as Json, steps);
    for (const value of alternativesOf(readTemplate(json), sample)) {
      expect(validate(withPart(document as Json, steps, value)), JSON.stringify({ value, why: validate.errors })).toBe(true);
      if (!toldInPart.test(path)) expect(Object.keys(value as object).sort()).toEqual(Object.keys(sample as object).sort());
    }
  });
});
