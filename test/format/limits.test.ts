// The limits are those of the specification, and the format's texts are its texts. spec/11-limits.md
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { aboutText } from "../../src/format/about.js";
import { limits } from "../../src/format/limits.js";

const chapter = (name: string) => readFileSync(join(import.meta.dirname, "../../spec", name), "utf8");

describe("the specification", () => {
  it("has these limits", () => {
    const rows = [...chapter("11-limits.md").matchAll(/^\| (\w+) \| (\d+) \|/gm)].map(([, name, value]) => [name, Number(value)]);
    expect(Object.fromEntries(rows)).toEqual(limits);
    expect(rows).toHaveLength(Object.keys(limits).length);
  });

  it("has this text of ABOUT", () => {
    const lines = aboutText.split("\n").map((line) => (line === "" ? "" : `    ${line}`));
    expect(chapter("02-container.md")).toContain(`\n${lines.join("\n")}`);
  });
});
