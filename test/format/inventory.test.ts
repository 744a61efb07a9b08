// Inventories and their holdings: what a repository holds. spec/16-transfer.md#have-list
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../src/bytes/compare.js";
import type { Inventory } from "../../src/format/generated/types.js";
import { decodeHoldings, encodeHoldings, listKeyLengths, shortKey } from "../../src/format/holdings.js";
import { checkInventoryCount, decodeInventory, encodeInventory } from "../../src/format/inventory.js";
import { refusal } from "../container/refusal.js";
import { samples } from "./samples.js";

const inventory = samples.find(([name]) => name === "inventory")?.[2] as Inventory;

describe("an inventory", () => {
  it("encodes to what it was decoded from", () => {
    expect(decodeInventory(encodeInventory(inventory))).toEqual(inventory);
    expect(() => encodeInventory({ ...inventory, salt: "" })).toThrow(TypeError);
    expect(() => encodeInventory({ ...inventory, others: { count: 1, pages: Array.from({ length: 7001 }, () => inventory.repository) } })).toThrow(
      TypeError,
    );
  });

  it("counts the keys of its lists", async () => {
    expect(await refusal(() => checkInventoryCount("others", 2, inventory))).toBe("nothing was refused");
    expect(await refusal(() => checkInventoryCount("snapshots", 2, inventory))).toBe(
      "PTAR_INVENTORY_INVALID: inventory: 2 keys of snapshots, expected 1",
    );
    expect(await refusal(() => checkInventoryCount("others", 1, inventory))).toBe("PTAR_INVENTORY_INVALID: inventory: 1 keys of others, expected 2");
  });
});

describe.each([16, 32] as const)("holdings of keys of %i bytes", (keyLength) => {
  const key = (fill: number) => new Uint8Array(keyLength).fill(fill);
  const decode = (bytes: Uint8Array, after?: Uint8Array) => refusal(() => decodeHoldings(bytes, { keyLength, after }));
  const unsorted = (at: number) => `PTAR_INVENTORY_INVALID: holdings: key ${at} is not after the one before`;

  it("decodes to what was encoded", () => {
    const keys = fc.uniqueArray(fc.uint8Array({ minLength: keyLength, maxLength: keyLength }), { minLength: 1, selector: (bytes) => bytes.join() });
    fc.assert(
      fc.property(keys, (some) => {
        const sorted = some.toSorted(Buffer.compare);
        const bytes = encodeHoldings(sorted);
        expect(decodeHoldings(bytes, { keyLength })).toEqual(sorted);
        expect(encodeHoldings(decodeHoldings(bytes, { keyLength }))).toEqual(bytes);
      }),
      { seed: 1 },
    );
  });

  it("is sorted, and goes on where the page before ends", async () => {
    expect(await decode(concatBytes(key(1), key(2)))).toBe("nothing was refused");
    expect(await decode(concatBytes(key(2), key(1)))).toBe(unsorted(1));
    expect(await decode(concatBytes(key(1), key(1)))).toBe(unsorted(1));
    expect(await decode(key(2), key(1))).toBe("nothing was refused");
    expect(await decode(key(2), key(2))).toBe(unsorted(0));
    expect(await decode(key(2), key(3))).toBe(unsorted(0));
  });

  it("is filled by its keys, one at least", async () => {
    for (const length of [0, 1, keyLength - 1, keyLength + 1])
      expect(await decode(new Uint8Array(length))).toBe(`PTAR_INVENTORY_INVALID: holdings: ${length} bytes for keys of ${keyLength}`);
  });
});

describe("a short key", () => {
  it("follows from salt, kind and id under a label of its own", () => {
    const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash("sha256").update(bytes).digest());
    const salt = new Uint8Array(16).fill(5);
    const id = new Uint8Array(32).fill(6);
    const expected = createHash("sha256").update("ptar1/short-key\0").update(salt).update(Uint8Array.of(3)).update(id).digest();
    expect(Buffer.from(shortKey(sha256, salt, { kind: "page", id }))).toEqual(expected.subarray(0, 16));
    // the example of the chapter
    expect(expected.toString("hex", 0, listKeyLengths.others)).toBe("f06407abb01a1ddd4ecd084954909ef4");
  });
});
