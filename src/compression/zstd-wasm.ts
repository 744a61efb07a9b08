// zstd compiled to WebAssembly, called directly: no file, no fetch, nothing of Node or the browser. spec/03-block.md#codecs
import { decodeError } from "./decode-error.js";
import { zstdWasm } from "./generated/zstd-wasm-bytes.js";
import { inflateExactly } from "./inflate.js";

const pageBytes = 65536;

/** Exports of the module that are used, under the letters its build gave them. */
interface Exports {
  /** memory */
  readonly f: WebAssembly.Memory;
  /** constructors, called once */
  g(): void;
  /** ZSTD_isError(result) */
  h(result: number): number;
  /** ZSTD_compressBound(length) */
  i(length: number): number;
  /** ZSTD_compress(target, targetLength, source, sourceLength, level) */
  m(target: number, targetLength: number, source: number, sourceLength: number, level: number): number;
  /** ZSTD_decompress(target, targetLength, source, sourceLength) */
  r(target: number, targetLength: number, source: number, sourceLength: number): number;
  /** malloc(length), 0 when there is no memory */
  s(length: number): number;
  /** free(pointer) */
  t(pointer: number): void;
}

/** One-shot zstd. Both calls copy into and out of the module's memory. */
export interface Zstd {
  /** One frame with content size and without checksum. */
  compress(raw: Uint8Array, level: number): Uint8Array;
  /** At most `rawLength` bytes of the frame `stored`. @throws PTAR_BLOCK_DECODE */
  decompress(stored: Uint8Array, rawLength: number): Uint8Array;
}

let loaded: Promise<Zstd> | undefined;

/** Inflates the embedded module: `deflated` to exactly `length` bytes. */
export type InflateModule = (deflated: Uint8Array, length: number) => Uint8Array;

/** Compiles the module, once; who has a faster way to inflate it hands it over. */
export function loadZstdWasm(inflate: InflateModule = inflateExactly): Promise<Zstd> {
  loaded ??= instantiate(inflate);
  return loaded;
}

async function instantiate(inflate: InflateModule): Promise<Zstd> {
  const deflated = fromBase64(zstdWasm.base64);
  let memory: WebAssembly.Memory | undefined;
  const grow = (wanted: number) => growMemory(memory as WebAssembly.Memory, wanted >>> 0);
  const imports = { a: unused, b: unused, c: unused, d: unused, e: grow };
  const bytes = inflate(deflated, zstdWasm.length) as Uint8Array<ArrayBuffer>;
  const { instance } = await WebAssembly.instantiate(bytes, { a: imports });
  const zstd = instance.exports as unknown as Exports;
  memory = zstd.f;
  zstd.g();
  return {
    compress: (raw, level) => {
      const length = zstd.i(raw.length);
      return withMemory(zstd, { source: raw, targetLength: length }, (target, source) => zstd.m(target, length, source, raw.length, level));
    },
    decompress: (stored, rawLength) =>
      withMemory(zstd, { source: stored, targetLength: rawLength }, (target, source) => zstd.r(target, rawLength, source, stored.length)),
  };
}

/** Runs `call` with `source` copied into the module's memory; a copy of what it left in the target. */
function withMemory(
  zstd: Exports,
  { source, targetLength }: { readonly source: Uint8Array; readonly targetLength: number },
  call: (target: number, source: number) => number,
): Uint8Array {
  const target = zstd.s(targetLength);
  const copy = zstd.s(source.length);
  try {
    if (target === 0 || copy === 0) throw new RangeError(`zstd: ${targetLength + source.length} bytes of memory are not to be had`);
    // a view made here is valid: nothing grows the memory before it is used
    new Uint8Array(zstd.f.buffer).set(source, copy);
    const result = call(target, copy) >>> 0;
    if (zstd.h(result) !== 0) throw decodeError("zstd", `the frame is malformed (zstd error ${2 ** 32 - result})`);
    return new Uint8Array(zstd.f.buffer, target, result).slice();
  } finally {
    zstd.t(target);
    zstd.t(copy);
  }
}

function fromBase64(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function growMemory(memory: WebAssembly.Memory, wanted: number): number {
  try {
    memory.grow(Math.ceil((wanted - memory.buffer.byteLength) / pageBytes));
    return 1;
  } catch {
    return 0;
  }
}

/** Imports of the build that one-shot calls never reach: exit, timers, abort. */
function unused(): never {
  throw new WebAssembly.RuntimeError("zstd: the module stopped");
}
