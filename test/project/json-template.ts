// JSON as the chapters write it: members and literals, words for values, `…` for more of the same. spec/00-conventions.md#canonical

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

type Template =
  | { readonly members: readonly (readonly [name: string, value: Template])[] }
  | { readonly list: readonly Template[]; readonly more: boolean }
  | { readonly literal: Json }
  | { readonly word: string }
  | { readonly either: readonly Template[] };

const hex = /^[0-9a-f]{32,128}$/;
const isText = (value: Json): value is string => typeof value === "string";
const isCount = (value: Json) => Number.isSafeInteger(value);
const isHex = (value: Json) => isText(value) && hex.test(value);
const isObject = (value: Json) => typeof value === "object" && value !== null;

/** What the words of the chapters stand for. */
const words: Readonly<Record<string, (value: Json) => boolean>> = {
  ...{ n: isCount, k: isCount, seconds: isCount, bool: (value) => typeof value === "boolean" },
  ...{ s: isText, string: isText, "first name": isText, role: isText, base64url: (value) => isText(value) && /^[\w-]*$/.test(value) },
  ...{ hex: isHex, id: isHex, "page id": isHex, entry: isObject, stats: isObject, object: isObject },
  time: (value) => isText(value) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value),
  ns: (value) => value === null || (isText(value) && /^-?\d+$/.test(value)),
};

/** Takes a text of a chapter apart. */
export function readTemplate(text: string): Template {
  const tokens = text.replaceAll("\\|", "|").match(/"[^"]*"|[{}[\],:|]|…|\.\.|[^\s"{}[\],:|…]+/g) ?? [];
  const value = readEither(tokens);
  if (tokens.length > 0) throw new Error(`${text}: ends before ${tokens.join(" ")}`);
  return value;
}

function readEither(tokens: string[]): Template {
  const either = [readValue(tokens)];
  while (tokens[0] === "|" || tokens[0] === "or") {
    tokens.shift();
    either.push(readValue(tokens));
  }
  return either.length === 1 ? (either[0] as Template) : { either };
}

function readValue(tokens: string[]): Template {
  const token = tokens.shift() as string;
  if (token === "{") return readObject(tokens);
  if (token === "[") return readList(tokens);
  if (/^("|\d|null$|true$|false$)/.test(token)) return { literal: JSON.parse(token) as Json };
  const rest = tokens.splice(
    0,
    tokens.findIndex((next) => !/^\w+$/.test(next) || next === "or"),
  );
  return { word: [token, ...rest].join(" ") };
}

/** `{…}` is an object of which something else is said. */
function readObject(tokens: string[]): Template {
  const members: (readonly [string, Template])[] = [];
  while (tokens[0] !== "}") {
    if (tokens[0] === "…") {
      tokens.splice(0, 2);
      return { word: "object" };
    }
    const name = JSON.parse(tokens.shift() as string) as string;
    if (tokens.shift() !== ":") throw new Error(`no colon after ${name}`);
    members.push([name, readEither(tokens)]);
    if (tokens[0] === ",") tokens.shift();
  }
  tokens.shift();
  return { members };
}

function readList(tokens: string[]): Template {
  const list: Template[] = [];
  const end = tokens.indexOf("]");
  const more = tokens[end - 1] === "…" || tokens[end - 1] === "..";
  while (!/^(\]|…|\.\.)$/.test(tokens[0] as string)) {
    list.push(readEither(tokens));
    if (tokens[0] === ",") tokens.shift();
  }
  tokens.splice(0, more ? 2 : 1);
  return { list, more };
}

/** What a template may be: its own members and literals, and for its words what stands in `sample`, which must be such a thing. */
export function alternativesOf(template: Template, sample: Json): readonly Json[] {
  if ("literal" in template) return [template.literal];
  if ("either" in template) return template.either.flatMap((one) => alternativesOf(one, sample));
  if ("word" in template) {
    if (words[template.word]?.(sample) !== true) throw new Error(`${JSON.stringify(sample)} is no "${template.word}"`);
    return [sample];
  }
  if ("list" in template) return listsOf(template, sample as readonly Json[]);
  const rows = template.members.map(([name, value]) => {
    const inner = (sample as { readonly [name: string]: Json })[name];
    if (inner === undefined) throw new Error(`${JSON.stringify(sample)} has no member ${name}`);
    return [name, alternativesOf(value, inner)] as const;
  });
  const count = Math.max(1, ...rows.map(([, values]) => values.length));
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(rows.map(([name, values]) => [name, values[Math.min(i, values.length - 1)] as Json])),
  );
}

/** As many as the sample has where there may be more. */
function listsOf({ list, more }: { readonly list: readonly Template[]; readonly more: boolean }, sample: readonly Json[]): readonly Json[] {
  const [first] = list;
  if (first === undefined) return [more ? sample : []];
  return [sample.flatMap((one) => alternativesOf(first, one))];
}
