// Chapter 17 as its test reads it: the bytes that its sections spell, and the values of its steps. spec/17-example.md
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./planted.js";

/** A row of a unit: offset, bytes that it spells, name and meaning. */
export interface ExampleField {
  readonly offset: number;
  readonly bytes: Buffer;
  readonly name: string;
  readonly meaning: string;
}

/** The section of a header or frame. */
export interface ExampleUnit {
  readonly title: string;
  readonly fields: readonly ExampleField[];
  /** Lines of the documents below the table. */
  readonly documents: readonly (readonly string[])[];
}

interface Text {
  readonly offset: number;
  readonly length: number;
  readonly how: string;
  readonly lines: readonly string[];
}

const [units, ...reading] = readFileSync(join(repository, "spec/17-example.md"), "utf8").split("\n## Reading\n") as [string, ...string[]];

/** Sections of the header and of all frames. */
export const exampleUnits: readonly ExampleUnit[] = units.split(/^## /m).slice(1).map(unitOf);

/** Rows of all tables of the steps without their heads, code without its marks. */
export const exampleSteps: readonly (readonly string[])[] = reading.join().split(/^### /m).slice(1).flatMap(rowsOf);

function unitOf(section: string): ExampleUnit {
  const texts = textsOf(section);
  const left = [...texts];
  const fields = rowsOf(section).map(([offset, spelled, name, meaning]): ExampleField => {
    const below = /^(\d+) bytes$/.exec(spelled as string);
    const bytes =
      below === null ? Buffer.from((spelled as string).replaceAll(" ", ""), "hex") : bytesBelow(left.shift(), Number(offset), Number(below[1]));
    return { offset: Number(offset), bytes, name: name as string, meaning: meaning as string };
  });
  if (left.length > 0) throw new Error(`${section}: a text below the table to which no row leads`);
  const documents = texts.filter(({ how }) => how === "one line").map(({ lines }) => lines);
  return { title: section.slice(0, section.indexOf("\n")), fields, documents };
}

/** Indented text below a table, with what is said of it: offset, length, and what its lines are. */
function textsOf(section: string): readonly Text[] {
  return Array.from(section.matchAll(/^At (\d+), (\d+) bytes, (.*):\n\n((?: {4}.*\n)+)/gm), ([, offset, length, how, lines]) => ({
    offset: Number(offset),
    length: Number(length),
    how: how as string,
    lines: (lines as string)
      .split("\n")
      .slice(0, -1)
      .map((line) => line.slice(4)),
  }));
}

function bytesBelow(text: Text | undefined, offset: number, length: number): Buffer {
  const bytes = text && Buffer.from(text.how === "one line" ? text.lines.join("") : text.lines.map((line) => `${line}\n`).join(""));
  if (text?.offset !== offset || text.length !== length || bytes?.length !== length)
    throw new Error(`no text of ${length} bytes for offset ${offset}`);
  return bytes;
}

function rowsOf(section: string): readonly (readonly string[])[] {
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}
