// Vectors of other projects, which lie beside the checkout when they are present.
import { existsSync, readFileSync } from "node:fs";

const folder = new URL("../../../shared/vectors/", import.meta.url);

/** Why a test of foreign vectors is skipped; undefined when they are present. */
export function absence(path: string): string | undefined {
  if (existsSync(new URL(path, folder))) return undefined;
  const reason = `skipped: ../shared/vectors/${path} is not here`;
  console.info(reason);
  return reason;
}

export function readVectors(path: string): Uint8Array {
  return readFileSync(new URL(path, folder));
}

export function readJson<T>(path: string): T {
  return JSON.parse(Buffer.from(readVectors(path)).toString("utf8")) as T;
}
