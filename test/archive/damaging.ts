// Damages archives, and judges what verification and extraction make of them.
import { concatBytes } from "../../src/bytes/compare.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import type { KeyRing } from "../../src/keys/key-ring.js";
import { extractedOf, native, verifyBytes } from "./engines.js";
import { framesOf } from "./rehashing.js";

/** Damage is damage or an invalid signature or no archive at all: never ok, and never the fault of a key. */
const codes: readonly number[] = [4, 5, 10];

/** What verification and extraction make of damaged bytes, undefined when it is as it must be. */
export async function wrongAnswer(bytes: Uint8Array, sound: readonly string[], keys?: KeyRing): Promise<string | undefined> {
  const unverified = await wrongVerdict(bytes, keys);
  if (unverified !== undefined) return unverified;
  try {
    const lines = await extractedOf(bytes, native, keys);
    if (lines.join("\n") !== sound.join("\n")) return "extract: other contents";
  } catch (error) {
    if (!(error instanceof PtarError) || !codes.includes(error.exitCode)) return `extract: ${error}`;
  }
  return undefined;
}

/** What verification alone makes of them. */
export async function wrongVerdict(bytes: Uint8Array, keys?: KeyRing): Promise<string | undefined> {
  try {
    const { exitCode } = await verifyBytes(bytes, { allowUnsigned: true, ...(keys && { keys }) });
    if (!codes.includes(exitCode)) return `verify: exit ${exitCode}`;
  } catch (error) {
    if (!(error instanceof PtarError) || error.exitCode !== 10) return `verify: ${error}`;
  }
  return undefined;
}

/** One bit that follows from the offset. */
export function bitAt(offset: number): number {
  return 1 << (Math.imul(offset + 1, 0x9e3779b1) >>> 29);
}

/** A copy with bits of one byte flipped. */
export function flipped(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] as number) ^ mask;
  return copy;
}

/** What may be added to an archive. */
export const additions: readonly (readonly [what: string, added: (bytes: Uint8Array) => Uint8Array])[] = [
  ["one zero byte", () => Uint8Array.of(0)],
  ["the end of a zip archive", () => concatBytes(Uint8Array.of(0x50, 0x4b, 5, 6), new Uint8Array(18))],
  ["a copy of itself", (bytes) => bytes],
  ["a copy of its trailer", (bytes) => bytes.subarray(-104)],
  ["another archive before it", (bytes) => concatBytes(bytes, bytes.subarray(64))],
  ["a thousand zero bytes", () => new Uint8Array(1000)],
];

/** Offsets `step` apart; of frames that are mostly sealed padding, as index pages are, some 60. */
export function* offsetsOf(bytes: Uint8Array, step: number): Generator<number> {
  const long = framesOf(bytes).filter(({ payload }) => payload.length > 4096);
  for (let at = 0; at < bytes.length; ) {
    yield at;
    const inside = long.find(
      ({ payload }) => at >= payload.byteOffset - bytes.byteOffset + 64 && at < payload.byteOffset - bytes.byteOffset + payload.length - 64,
    );
    at += inside === undefined ? step : Math.max(step, Math.floor(inside.payload.length / 60));
  }
}
