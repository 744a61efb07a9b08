import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mustHex, toHex } from "../../src/bytes/hex.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { CompactRange, leafHash, nodeHash, rangeNodeCount } from "../../src/merkle/tree.js";
import { nativeCrypto as crypto } from "../../src/native/crypto.js";

const most = 70;
const leaves = Array.from({ length: most }, (_, i) => leafHash(crypto, Uint8Array.of(i)));

/** Root by the recursion of RFC 9162 §2.1.1. */
function rootByDefinition(hashes: readonly Uint8Array[]): Uint8Array {
  const [only] = hashes;
  if (hashes.length === 1 && only !== undefined) return only;
  let k = 1;
  while (2 * k < hashes.length) k *= 2;
  return crypto.sha256(Uint8Array.of(1), rootByDefinition(hashes.slice(0, k)), rootByDefinition(hashes.slice(k)));
}

/** Compact range by its definition: the largest aligned subtree at each place, left to right. */
function rangeByDefinition(first: number, end: number): Uint8Array[] {
  for (let size = 64; size >= 1; size /= 2) {
    const at = Math.ceil(first / size) * size;
    if (at + size <= end)
      return [...rangeByDefinition(first, at), rootByDefinition(leaves.slice(at, at + size)), ...rangeByDefinition(at + size, end)];
  }
  return [];
}

function rangeOf(first: number, end: number): CompactRange {
  const range = new CompactRange(crypto, first);
  for (const leaf of leaves.slice(first, end)) range.append(leaf);
  return range;
}

const hexes = (nodes: readonly Uint8Array[]) => nodes.map(toHex);

// the reference tree of Certificate Transparency implementations: leaves and the roots of the first n
const ctLeaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ctRoots = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

test.each([crypto, portableCrypto])("roots are those of Certificate Transparency's reference tree ($name)", (crypto) => {
  const range = new CompactRange(crypto);
  for (const [i, leaf] of ctLeaves.entries()) {
    range.append(leafHash(crypto, mustHex(leaf)));
    expect(toHex(range.root())).toBe(ctRoots[i]);
  }
});

describe("hashes", () => {
  test("of a leaf join its parts behind 00, those of a node two hashes behind 01", () => {
    const [a, b] = [Uint8Array.of(1, 2), Uint8Array.of(3)];
    expect(leafHash(crypto, a, b)).toEqual(crypto.sha256(Uint8Array.of(0, 1, 2, 3)));
    expect(nodeHash(crypto, a, b)).toEqual(crypto.sha256(Uint8Array.of(1, 1, 2, 3)));
  });

  test("a node offered as a leaf gives another hash", () => {
    const [a, b] = [leaves[0] as Uint8Array, leaves[1] as Uint8Array];
    expect(leafHash(crypto, a, b)).not.toEqual(nodeHash(crypto, a, b));
  });
});

describe("roots", () => {
  test("are those of the definition for 1 to 70 leaves", () => {
    for (let size = 1; size <= most; size++) expect(rangeOf(0, size).root()).toEqual(rootByDefinition(leaves.slice(0, size)));
  });

  test("change when the last leaf is doubled", () => {
    const odd = rangeOf(0, 3);
    const doubled = rangeOf(0, 3);
    doubled.append(leaves[2] as Uint8Array);
    expect(doubled.root()).not.toEqual(odd.root());
  });

  test("are not given of no leaf or of a range that starts later", () => {
    expect(() => rangeOf(0, 0).root()).toThrow(TypeError);
    expect(() => rangeOf(2, 4).root()).toThrow(TypeError);
  });
});

describe("a compact range", () => {
  test("has the nodes of the definition, for all ranges in 70 leaves", () => {
    for (let first = 0; first <= most; first++) {
      const range = new CompactRange(crypto, first);
      for (let end = first; end <= most; end++) {
        const expected = rangeByDefinition(first, end);
        expect(hexes(range.nodes())).toEqual(hexes(expected));
        expect(rangeNodeCount(first, end)).toBe(expected.length);
        expect([range.first, range.end]).toEqual([first, end]);
        if (end < most) range.append(leaves[end] as Uint8Array);
      }
    }
  });

  test("goes on from nodes of [0, f) and of [f, b), for all f and b", () => {
    for (let middle = 0; middle <= most; middle++) {
      for (let end = middle; end <= most; end += 1 + (end % 3)) {
        const range = CompactRange.fromNodes(crypto, middle, rangeOf(0, middle).nodes()) as CompactRange;
        range.appendRange(rangeOf(middle, end).nodes(), end - middle);
        expect(range.end).toBe(end);
        expect(hexes(range.nodes())).toEqual(hexes(rangeOf(0, end).nodes()));
      }
    }
  });

  test("may be put together from any pieces", () => {
    const property = fc.property(fc.integer({ min: 0, max: 20 }), fc.array(fc.integer({ min: 0, max: 17 }), { maxLength: 6 }), (first, pieces) => {
      const range = new CompactRange(crypto, first);
      for (const count of pieces) {
        const end = Math.min(most, range.end + count);
        range.appendRange(rangeOf(range.end, end).nodes(), end - range.end);
      }
      expect(hexes(range.nodes())).toEqual(hexes(rangeOf(first, range.end).nodes()));
    });
    fc.assert(property, { seed: 31, numRuns: 200 });
  });

  test("refuses a wrong number of nodes", () => {
    const nodes = rangeOf(0, 7).nodes();
    expect(CompactRange.fromNodes(crypto, 8, nodes)).toBeUndefined();
    expect(CompactRange.fromNodes(crypto, 7, nodes.slice(1))).toBeUndefined();
    expect(CompactRange.fromNodes(crypto, 0, nodes)).toBeUndefined();
    expect(CompactRange.fromNodes(crypto, 0, [])?.end).toBe(0);
    const range = rangeOf(0, 4);
    expect(() => range.appendRange(nodes, 4)).toThrow(RangeError);
    expect(() => range.appendRange([], 1)).toThrow("compact range: 1 nodes expected, 0 found");
    expect(hexes(range.nodes())).toEqual(hexes(rangeOf(0, 4).nodes()));
  });

  test("counts beyond 32 bits", () => {
    const size = 2 ** 52 + 2 ** 33 + 2 ** 31 + 1;
    expect(rangeNodeCount(0, size)).toBe(4);
    expect(rangeNodeCount(2 ** 33 - 1, 2 ** 33 + 1)).toBe(2);
    expect(rangeNodeCount(1, 2 ** 53 - 1)).toBe(104);
    const range = CompactRange.fromNodes(crypto, size, leaves.slice(0, 4)) as CompactRange;
    range.append(leaves[4] as Uint8Array);
    expect(hexes(range.nodes())).toEqual(hexes([...leaves.slice(0, 3), nodeHash(crypto, leaves[3] as Uint8Array, leaves[4] as Uint8Array)]));
  });

  test("gives its nodes as a list of its own", () => {
    const range = rangeOf(0, 2);
    const nodes = range.nodes();
    range.append(leaves[2] as Uint8Array);
    expect(nodes.length).toBe(1);
  });
});
