// Catalogues and inventories read by the letter of the spec, with nothing of src/. spec/15-repository.md#index, spec/16-transfer.md#have-list
import { demand, documentOf, hex, u64 } from "./independent-container.js";
import type { Objects } from "./independent-tree.js";

/** What a manifest says that its archive is about. */
export interface Subject {
  readonly id: string;
  readonly kind: string;
}

interface Catalogue {
  readonly type: string;
  readonly locations: readonly string[];
  readonly secrets: readonly { readonly archive: string }[];
  readonly supersedes: readonly string[];
}

interface KeyList {
  readonly count: number;
  readonly pages: readonly string[];
}

interface Inventory {
  readonly type: string;
  readonly snapshots: KeyList;
  readonly others: KeyList;
}

/** Checks the subject of an archive and everything that it references. */
export function checkSubject(objects: Objects, { id, kind }: Subject, features: "plain" | "sealed"): void {
  demand(kind === "catalogue" || kind === "inventory", "kind of a subject");
  if (kind === "catalogue") checkCatalogue(objects, documentOf<Catalogue>(objects(8, id)), features);
  else checkInventory(objects, documentOf<Inventory>(objects(10, id)));
}

function checkCatalogue(objects: Objects, { type, locations, secrets, supersedes }: Catalogue, features: "plain" | "sealed"): void {
  demand(type === "catalogue" && new Set(locations).size === locations.length, "a catalogue with different locations");
  demandIncreasing(supersedes, "superseded index archives");
  demandIncreasing(
    secrets.map(({ archive }) => archive),
    "secrets",
  );
  const keys: string[] = [];
  const facts = new Map<string, string>();
  for (const id of locations) keys.push(...keysOf(objects(9, id), facts));
  const known = new Set(secrets.map(({ archive }) => archive));
  // place 2, in the facts behind a fingerprint and a length
  const adopted = [...facts].filter(([, said]) => said.slice(80, 82) === "02").map(([name]) => name);
  demand(features === "plain" || adopted.every((name) => known.has(name)), "a secret of each adopted archive");
  // hexadecimal sorts like its bytes
  demandIncreasing(keys, "rows of locations");
}

/** Archive, id and kind of each row; `facts` holds what was said of each archive. */
function keysOf(bytes: Buffer, facts: Map<string, string>): string[] {
  const keys: string[] = [];
  let at = 8;
  demand(bytes.readUInt32LE(0) > 0 && bytes.readUInt32LE(4) === 0, "head of locations");
  for (let section = 0; section < bytes.readUInt32LE(0); section++) {
    const name = hex(bytes.subarray(at, at + 32));
    const said = hex(bytes.subarray(at + 32, at + 76));
    demand((facts.get(name) ?? said) === said, "one fingerprint, length and place of an archive");
    facts.set(name, said);
    demand(u64(bytes, at + 64) > 0 && [1, 2].includes(bytes.readUInt32LE(at + 72)), "length and place of an archive");
    const count = bytes.readUInt32LE(at + 76);
    demand(count > 0 && count <= 16384, "number of rows");
    at += 80;
    for (let row = 0; row < count; row++, at += 48) {
      const kind = bytes.readUInt32LE(at + 44);
      demand(u64(bytes, at + 32) > 0 && bytes.readUInt32LE(at + 40) < 65536 && kind >= 1 && kind <= 11, "place and kind of a row");
      keys.push(name + hex(bytes.subarray(at, at + 32)) + kind.toString(16));
    }
  }
  demand(at === bytes.length, "sections that fill their object");
  return keys;
}

function checkInventory(objects: Objects, { type, snapshots, others }: Inventory): void {
  demand(type === "inventory", "type of an inventory");
  for (const [{ count, pages }, length] of [
    [snapshots, 32],
    [others, 16],
  ] as const) {
    const keys = pages.flatMap((id) => {
      const bytes = objects(11, id);
      demand(bytes.length > 0 && bytes.length % length === 0, "whole keys");
      return Array.from({ length: bytes.length / length }, (_, i) => hex(bytes.subarray(i * length, (i + 1) * length)));
    });
    demand(keys.length === count, "number of keys");
    demandIncreasing(keys, "keys");
  }
}

function demandIncreasing(list: readonly string[], what: string): void {
  demand(
    list.every((value, i) => i === 0 || (list[i - 1] as string) < value),
    `order of ${what}`,
  );
}
