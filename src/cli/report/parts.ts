// The parts that a report is put together from, before they become a page or a text. spec/10-verify.md#verdicts
import type { Verdict } from "../verify-report.js";
import type { Meaning } from "./words.js";

/** A name and a value; `code` is set in a fixed-width face. */
export interface Fact {
  readonly name: string;
  readonly value: string;
  readonly look?: "code";
}

/** A part of a section. Nothing in it is escaped for where it goes. */
export type Block =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "list"; readonly texts: readonly string[] }
  | { readonly kind: "facts"; readonly facts: readonly Fact[] }
  | { readonly kind: "verdicts"; readonly verdicts: readonly (Verdict & Meaning)[] }
  | {
      readonly kind: "table";
      readonly look: "problems" | "statements" | "counters" | "attributes";
      readonly caption: string;
      readonly columns: readonly string[];
      readonly rows: readonly (readonly string[])[];
    };

/** A heading and what stands below it. */
export interface Section {
  readonly heading: string;
  readonly blocks: readonly Block[];
}
