// One leaf per path, whatever the lengths that come one after the other. spec/07-item.md#leaf
import { expect, it } from "vitest";
import { toHex } from "../../src/bytes/hex.js";
import { CompactRange } from "../../src/merkle/tree.js";
import { nativeCrypto } from "../../src/native/crypto.js";
import { ItemTree, itemLeaf } from "../../src/tree/item-tree.js";

it("the root is over the leaves of the items, short and long ones in turn", () => {
  const salt = new Uint8Array(32).fill(7);
  const tree = new ItemTree(nativeCrypto, salt);
  const leaves = new CompactRange(nativeCrypto);
  for (const [pathLength, textLength] of [
    [3, 40],
    [1500, 9000],
    [2, 1],
    [40_000, 50],
    [39_999, 100_000],
    [1, 0],
  ] as const) {
    const item = { path: new Uint8Array(pathLength).fill(0x70), text: new Uint8Array(textLength).fill(0x74) };
    tree.append(item.path, item.text);
    leaves.append(itemLeaf(nativeCrypto, salt, item));
    expect(toHex(tree.root as Uint8Array)).toBe(toHex(leaves.root()));
  }
});
