// Small archives damaged at places of every part: never ok. At many more places in damage.slow.ts
import { describe, expect, it } from "vitest";
import { archiveOf, extractedOf, native, portable } from "./engines.js";
import { describeDamage, mixed } from "./plain-damage.js";

describeDamage({ unsigned: 13, signed: 61, lengths: 11 });

describe("engines", () => {
  it.each([
    ["portable", portable],
    ["native", native],
  ])("%s gives one verdict on damaged compressed blocks", async (_name, engine) => {
    const bytes = await archiveOf(mixed, { signers: [], codec: "deflate", engine: portable });
    expect(await extractedOf(bytes, engine)).toEqual(await extractedOf(bytes));
  });
});
