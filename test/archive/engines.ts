// Engines, trust and short ways into and out of archives that the tests of archive/ share.

import { type CreateOptions, createArchive } from "../../src/archive/create.js";
import type { Engine } from "../../src/archive/engine.js";
import { extractArchive } from "../../src/archive/extract.js";
import { listArchive } from "../../src/archive/list.js";
import { LocalLanes } from "../../src/archive/local-lanes.js";
import { openArchive } from "../../src/archive/open.js";
import type { CreateResult, VerifyReport } from "../../src/archive/results.js";
import { type VerifyOptions, verifyArchive } from "../../src/archive/verify.js";
import { openBlock } from "../../src/block/unpack.js";
import { plainChunker } from "../../src/chunking/chunker.js";
import { loadWasmChunker } from "../../src/chunking/gear-wasm.js";
import { loadPortableCodecs } from "../../src/compression/portable.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemorySink } from "../../src/connectors/memory/sink.js";
import { MemorySource } from "../../src/connectors/memory/source.js";
import { MemoryTarget } from "../../src/connectors/memory/target.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import type { Item } from "../../src/format/generated/types.js";
import type { KeyRing } from "../../src/keys/key-ring.js";
import type { Trust } from "../../src/keys/trust.js";
import { loadNativeCodecs } from "../../src/native/codecs.js";
import { nativeCrypto } from "../../src/native/crypto.js";
import type { ContentReader, EventRun, Source, SourceEvent } from "../../src/tree/source.js";
import { author, type TestSigner } from "../container/build.js";

export const portable: Engine = { crypto: portableCrypto, codecs: await loadPortableCodecs(), chunker: plainChunker };
export const native: Engine = { crypto: nativeCrypto, codecs: await loadNativeCodecs(), chunker: loadWasmChunker() };

/** The native engine with threads that are this one. As others may, they take the memory of what they are given. */
export const taking: Engine = {
  ...native,
  threads: {
    count: 2,
    worthBytes: 0,
    lanes: (plan, { open }) => new LocalLanes(native, plan, open),
    openBlock: async (payload, place) => {
      const own = payload.slice();
      structuredClone(payload.buffer, { transfer: [payload.buffer as ArrayBuffer] });
      return openBlock(own, native, place);
    },
    close: () => undefined,
  },
};

/** Trusts these signers, without limit of time. */
export function trusting(...signers: readonly TestSigner[]): Trust {
  return { keys: signers.map(({ publicKey }, i) => ({ publicKey, name: `signer ${i}` })) };
}

/** An archive of `tree`, signed by `author`, with the same bytes every time. */
export async function archiveOf(tree: MemoryTree, options: Partial<CreateOptions> = {}): Promise<Uint8Array> {
  const sink = new MemorySink();
  await createArchive({ source: new MemorySource(tree), sink, engine: native, signers: [author], reproducible: {}, ...options });
  return sink.bytes();
}

/** Verifies with trust in `author`. */
export function verifyBytes(bytes: Uint8Array, options: Partial<VerifyOptions> = {}): Promise<VerifyReport> {
  return verifyArchive(new MemoryReader(bytes), { engine: native, trust: trusting(author), ...options });
}

/** Codes that verification reports, first failure first; a code that it throws alone. */
export async function codesOf(bytes: Uint8Array, options: Partial<VerifyOptions> = {}): Promise<readonly string[]> {
  try {
    const { integrity, signature } = await verifyBytes(bytes, options);
    return [...integrity.problems, ...signature.problems].map(({ code }) => code);
  } catch (error) {
    if (error instanceof PtarError) return [error.code];
    throw error;
  }
}

/** Everything that an archive extracts to, as text that can be compared. */
export async function extractedOf(bytes: Uint8Array, engine = native, keys?: KeyRing): Promise<readonly string[]> {
  const target = new MemoryTarget();
  await extractArchive(await openArchive(new MemoryReader(bytes), { engine, trust: "any-signer", ...(keys && { keys }) }), target);
  return linesOf(target);
}

/** One line for each entry of a target. */
export function linesOf(target: MemoryTarget): readonly string[] {
  return target.entries.map(({ kind, path, content, destination }) => {
    const bytes = content ?? destination ?? new Uint8Array();
    return `${kind} ${Buffer.from(path).toString("latin1")} ${bytes.length} ${Buffer.from(nativeCrypto.sha256(bytes)).toString("hex")}`;
  });
}

/** Bytes that no compressor shortens and no chunk repeats; the same for one seed. */
export function noise(length: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words[i] = state ^ (state >>> 13);
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** An archive of `tree`, and what making it gave. */
export async function create(tree: MemoryTree, options: Partial<CreateOptions> = {}): Promise<CreateResult & { readonly bytes: Uint8Array }> {
  const sink = new MemorySink();
  const result = await createArchive({ source: new MemorySource(tree), sink, engine: native, signers: [author], codec: "store", ...options });
  return { ...result, bytes: sink.bytes() };
}

/** Items by path, in latin1. */
export async function itemsOf(bytes: Uint8Array): Promise<Map<string, Item>> {
  const items = new Map<string, Item>();
  for await (const { path, item } of listArchive(await openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer" })))
    items.set(Buffer.from(path).toString("latin1"), item);
  return items;
}

export function rereading(source: Source, change: (reader: ContentReader) => ContentReader): Source {
  const changed = (event: SourceEvent): SourceEvent => {
    if (event.kind !== "entry" || event.content?.kind !== "stream") return event;
    const { content } = event;
    return { ...event, content: { ...content, open: () => change(content.open()) } };
  };
  function* walk(runs: Iterable<EventRun>): Generator<EventRun> {
    for (const events of runs) yield events.map(changed);
  }
  const { sources, captures } = source;
  return { sources, captures, walk: (signal) => walk(source.walk(signal) as Iterable<EventRun>), open: (content) => source.open(content) };
}
