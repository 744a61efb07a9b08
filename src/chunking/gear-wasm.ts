// The chunker in WebAssembly, half as fast again as the plain one; gear.wat beside it is its source. spec/03-block.md#chunks
import { fromBase64url } from "../bytes/base64url.js";
import { type Chunker, chunkerOf } from "./chunker.js";
import { cutFinder, decidingBytes, type Scan } from "./gear.js";
import { gear } from "./gear-table.js";
import { gearWasm } from "./generated/gear-wasm-bytes.js";

/** What gear.wat exports. */
interface Exports {
  readonly memory: WebAssembly.Memory;
  /** The smallest position from `first` to `last` whose hash has no bit of `mask` set, −1 when there is none. */
  scan(first: number, last: number, mask: number): number;
}

/** The module's memory. */
const pageBytes = 65536;
/** Address of the bytes to search, behind the gear table. */
const bytesAddress = 1024;
/** Shared memory is copied by words only between addresses that are equal in their last bits, else byte by byte, which costs a third. */
const wordBytes = 8;
/** Positions that are decided with one copy into the module's memory. */
export const positionsPerCopy = pageBytes - bytesAddress - wordBytes - decidingBytes;

let loaded: Chunker | undefined;

/**
 * The chunker in WebAssembly, compiled by the first call. It copies a run piece by piece into its only page of memory, which stays in
 * the processor's cache, as a longer copy would not. Runs may be views of shared memory.
 *
 * @throws WebAssembly.CompileError where a content security policy forbids WebAssembly; the plain chunker finds the same cuts.
 */
export function loadWasmChunker(): Chunker {
  loaded ??= chunkerOf("wasm", cutFinder(instantiate()));
  return loaded;
}

function instantiate(): Scan {
  const module = new WebAssembly.Module(fromBase64url(gearWasm) as Uint8Array<ArrayBuffer>);
  const { memory, scan } = new WebAssembly.Instance(module).exports as unknown as Exports;
  const table = new DataView(memory.buffer);
  for (const [byte, value] of gear.entries()) table.setUint32(4 * byte, value, true);
  // the memory never grows, so this view stays valid
  const copy = new Uint8Array(memory.buffer, bytesAddress);
  return (bytes, { first, last }, mask) => {
    for (let from = first; from <= last; from += positionsPerCopy) {
      const to = Math.min(last, from + positionsPerCopy - 1);
      const piece = bytes.subarray(from - decidingBytes, to);
      const skew = piece.byteOffset % wordBytes;
      copy.set(piece, skew);
      const address = bytesAddress + skew + decidingBytes;
      const found = scan(address, address + to - from, mask);
      if (found >= 0) return from + found - address;
    }
    return -1;
  };
}
