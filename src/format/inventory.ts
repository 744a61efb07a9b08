// The inventory of a have-list: what a repository holds. spec/16-transfer.md#have-list
import { PtarError } from "../errors/ptar-error.js";
import { checkExtensions, decodeDocument, encodeDocument } from "./document.js";
import type { Inventory } from "./generated/types.js";
import { validateInventory } from "./generated/validators.js";

/** Bytes of an inventory. */
export function encodeInventory(inventory: Inventory): Uint8Array {
  return encodeDocument(inventory, "inventory", validateInventory);
}

/** @throws PTAR_DOCUMENT_NOT_CANONICAL, PTAR_DOCUMENT_INVALID, PTAR_UNSUPPORTED_EXTENSION */
export function decodeInventory(bytes: Uint8Array): Inventory {
  const inventory = decodeDocument<Inventory>(bytes, "inventory", validateInventory);
  checkExtensions(inventory.ext, "inventory");
  return inventory;
}

/** Compares the keys that the pages of a list have with its counter. @throws PTAR_INVENTORY_INVALID */
export function checkInventoryCount(list: "snapshots" | "others", found: number, { [list]: { count } }: Inventory): void {
  if (found !== count) throw new PtarError("PTAR_INVENTORY_INVALID", `inventory: ${found} keys of ${list}, expected ${count}`);
}
