// Each schema is closed, and its validator accepts a sample and refuses every small damage to it. spec/00-conventions.md#canonical
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { canonicalBytes, parseCanonical } from "../../src/bytes/canonical-json.js";
import { samples } from "./samples.js";

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

const read = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, `../../spec/schemas/${name}.schema.json`), "utf8")) as Json;
const names = [...new Set(samples.map(([name]) => name))];

const damages: readonly [string, (value: Json) => Json | undefined][] = [
  ["a foreign member", (value) => (isObject(value) ? { ...value, zz: 1 } : undefined)],
  ["null for a list", (value) => (Array.isArray(value) ? null : undefined)],
  ["a list for an object", (value) => (isObject(value) ? [] : undefined)],
  ["a number for text", (value) => (typeof value === "string" ? 1 : undefined)],
  ["text for a number", (value) => (typeof value === "number" ? "1" : undefined)],
  ["a fraction", (value) => (typeof value === "number" ? 0.5 : undefined)],
  ["a negative number", (value) => (typeof value === "number" ? -1 : undefined)],
  ["a number over 2^53-1", (value) => (typeof value === "number" ? 2 ** 53 : undefined)],
  ["text for a truth value", (value) => (typeof value === "boolean" ? "true" : undefined)],
  ["upper-case hex", (value) => (isHex(value) ? value.toUpperCase() : undefined)],
  ["hex with a line end", (value) => (isHex(value) ? `${value}\n` : undefined)],
  ["short hex", (value) => (isHex(value) ? value.slice(2) : undefined)],
];

function isObject(value: Json): value is { [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isHex(value: Json): value is string {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value);
}

/** Every copy of `value` in which one place is damaged, with the path of the place. */
function damaged(value: Json, damage: (value: Json) => readonly Json[], path = ""): [string, Json][] {
  const copies = damage(value).map((copy): [string, Json] => [path, copy]);
  if (Array.isArray(value)) {
    value.forEach((part, i) => {
      for (const [at, copy] of damaged(part, damage, `${path}/${i}`)) copies.push([at, value.with(i, copy)]);
    });
  } else if (isObject(value)) {
    for (const [name, part] of Object.entries(value)) {
      for (const [at, copy] of damaged(part, damage, `${path}/${name}`)) copies.push([at, { ...value, [name]: copy }]);
    }
  }
  return copies;
}

/** Copies of an object that lack one member each. */
function lacking(value: Json): readonly Json[] {
  if (!isObject(value)) return [];
  return Object.keys(value).map((name) => Object.fromEntries(Object.entries(value).filter(([other]) => other !== name)));
}

/** Every object schema inside `schema`. */
function objectsIn(schema: Json): { [name: string]: Json }[] {
  if (Array.isArray(schema)) return schema.flatMap(objectsIn);
  if (!isObject(schema)) return [];
  return [...(schema.type === "object" ? [schema] : []), ...Object.values(schema).flatMap(objectsIn)];
}

describe.each(names)("%s.schema.json", (name) => {
  const schema = read(name);

  it("closes every object and lists its members in canonical order", () => {
    for (const object of objectsIn(schema)) {
      expect(object.additionalProperties).toBe(false);
      const members = Object.keys(object.properties as object);
      expect(members).toEqual(members.toSorted());
    }
  });

  it("anchors every pattern and counts no characters, which languages count differently", () => {
    const text = JSON.stringify(schema);
    for (const [, pattern] of text.matchAll(/"pattern":"([^"]*)"/g)) expect(pattern).toMatch(/^\^.*\$$/);
    expect(text).not.toMatch(/"(minLength|maxLength|format|default)":["\d]/);
  });
});

describe.each(samples)("%s", (name, validate, sample) => {
  const document = parseCanonical(canonicalBytes(sample), name) as Json;

  it("accepts the sample", () => {
    expect([validate(document), validate.errors]).toEqual([true, null]);
  });

  it.each(damages)("refuses %s wherever it stands", (_name, damage) => {
    for (const [path, copy] of damaged(document, (value) => [damage(value)].filter((copy) => copy !== undefined))) {
      expect([path, validate(copy)]).toEqual([path, false]);
      expect(validate.errors?.length).toBeGreaterThan(0);
    }
  });

  it("refuses the lack of a member exactly where the schema requires it", () => {
    const interpreted = new Ajv2020({ strict: true }).compile(read(name) as object);
    const verdicts = damaged(document, lacking).map(([path, copy]) => [path, validate(copy), interpreted(copy)] as const);
    expect(verdicts.filter(([, generated, expected]) => generated !== expected)).toEqual([]);
    expect(verdicts.filter(([path, generated]) => path === "" && generated).length).toBe(name === "snapshot" ? 4 : "subject" in sample ? 1 : 0);
  });
});
