// Options of a line in an allowed_signers file. spec/09-trust.md#keys
import { shown } from "./shown.js";
import { parseTrustTime } from "./trust-time.js";

/** What the options of a line say; `namespaces` is a pattern list as it stands there. */
export interface TrustOptions {
  readonly namespaces?: string;
  readonly validAfter?: string;
  readonly validBefore?: string;
  /** How many of the times have no zone. */
  readonly localTimes: number;
}

/** Where the options end in `text`: at the first space or tab outside quotes; -1 when a quote is not closed. */
export function endOfOptions(text: string): number {
  let quoted = false;
  let at = 0;
  for (; at < text.length && (quoted || (text[at] !== " " && text[at] !== "\t")); at++) {
    if (text[at] === "\\" && text[at + 1] === '"') at++;
    else if (text[at] === '"') quoted = !quoted;
  }
  return quoted ? -1 : at;
}

/** The options in `text`, or a sentence about what is wrong with them. */
export function parseTrustOptions(text: string): TrustOptions | string {
  const values = new Map<string, string>();
  for (let rest = text; ; ) {
    const option = takeOption(rest);
    if (typeof option === "string") return option;
    if (values.has(option.name)) return `option ${option.name} stands there twice`;
    values.set(option.name, option.value);
    if (option.rest === "") return meaningOf(values);
    if (!option.rest.startsWith(",")) return `a comma was expected after option ${option.name}`;
    rest = option.rest.slice(1);
  }
}

interface Option {
  readonly name: string;
  readonly value: string;
  readonly rest: string;
}

function takeOption(text: string): Option | string {
  const word = /^[^=,"]*/.exec(text)?.[0] ?? "";
  const name = word.toLowerCase();
  // a certificate authority vouches for keys that are not in the file; spec/09-trust.md#keys
  if (name === "cert-authority") return "option cert-authority: certificates are not supported";
  if (name !== "namespaces" && name !== "valid-after" && name !== "valid-before") return `unknown option ${shown(word)}`;
  const after = text.slice(word.length);
  const end = after.startsWith('="') ? endOfQuoted(after, 2) : -1;
  if (end < 0) return `option ${name} needs a value in quotes`;
  return { name, value: after.slice(2, end).replaceAll('\\"', '"'), rest: after.slice(end + 1) };
}

/** Where the quote is that closes a value starting at `from`; only `\"` is an escape, as in OpenSSH. -1 without one. */
function endOfQuoted(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\" && text[at + 1] === '"') at++;
    else if (text[at] === '"') return at;
  }
  return -1;
}

function meaningOf(values: ReadonlyMap<string, string>): TrustOptions | string {
  const namespaces = values.get("namespaces");
  const after = timeOf(values, "valid-after");
  const before = timeOf(values, "valid-before");
  if (typeof after === "string") return after;
  if (typeof before === "string") return before;
  if (after !== undefined && before !== undefined && before.time <= after.time) return "option valid-before is not later than valid-after";
  return {
    ...(namespaces !== undefined && { namespaces }),
    ...(after !== undefined && { validAfter: after.time }),
    ...(before !== undefined && { validBefore: before.time }),
    localTimes: Number(after?.zone === "local") + Number(before?.zone === "local"),
  };
}

function timeOf(values: ReadonlyMap<string, string>, name: string): ReturnType<typeof parseTrustTime> | string {
  const value = values.get(name);
  if (value === undefined) return undefined;
  return parseTrustTime(value) ?? `option ${name} is not a time of the form YYYYMMDD[HHMM[SS]][Z]`;
}
