// Every vector in a real browser, which loads the portable face as it is published. spec/10-verify.md#order
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hasChromium } from "../browser/chromium.js";
import { runInChromium } from "../browser/site.js";
import { type Golden, profileNames } from "./inputs.js";
import type { Told } from "./page.js";
import { folder, vectors } from "./vectors.js";

const goldens = profileNames.map((profile) => JSON.parse(readFileSync(join(folder, `chunker/${profile}.json`), "utf8")) as Golden);

describe.skipIf(!hasChromium())("a browser", () => {
  it("says of every vector and cut point what the index says", { timeout: 300_000 }, async () => {
    const told = (await runInChromium("/test/vectors/page.js", 240)) as readonly Told[];
    for (const { way, text, count } of told) console.info(`vectors, chromium, ${way}: ${text} (${count} read)`);
    expect(told.flatMap(({ differences }) => differences)).toEqual([]);
    const inputs = goldens.flatMap(({ cases }) => cases).length;
    expect(told.map(({ count }) => count)).toEqual([vectors.length, vectors.length, inputs]);
  });
});
