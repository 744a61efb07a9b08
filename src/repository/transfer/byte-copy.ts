// Copies an archive byte for byte, every frame checked on the way. spec/15-repository.md#adopted
import { equalBytes } from "../../bytes/compare.js";
import type { ByteReader, ByteSink } from "../../container/bytes-io.js";
import type { Container } from "../../container/container.js";
import type { FrameInput } from "../../container/frame-reader.js";
import { scanFrames } from "../../container/scan.js";
import { PtarError } from "../../errors/ptar-error.js";
import { frameCheckLength } from "../../format/frame.js";
import { leafHash } from "../../merkle/tree.js";

const pieceBytes = 1 << 20;

/** How an archive is copied. */
export interface ByteCopyOptions {
  /** Told of the bytes that were written since the last time. */
  readonly onBytes?: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A run of bytes and the leaf hash that it must have. */
interface Unit {
  readonly offset: number;
  readonly end: number;
  readonly leaf: Uint8Array;
  /** Bytes behind the unit that repeat the beginning of its leaf hash. */
  readonly checkLength: number;
}

/**
 * Writes all bytes of an archive, tails included. A sealed one need not be open, and one that is costs the work of opening every frame.
 * @throws PTAR_FRAME_*, PTAR_TRAILER_INVALID and what else reading every frame throws, PTAR_IO_FAILED, PTAR_IO_NO_SPACE
 */
export async function copyBytes(container: Container, sink: ByteSink, { onBytes, signal }: ByteCopyOptions = {}): Promise<void> {
  const { input } = container;
  for await (const unit of unitsOf(container, signal)) {
    const bytes = await unitBytes(input, unit);
    await sink.write(bytes);
    onBytes?.(bytes.length);
  }
}

async function* unitsOf(container: Container, signal: AbortSignal | undefined): AsyncGenerator<Unit> {
  const header = await container.generations[0]?.table.place(0);
  if (header === undefined) throw new TypeError("an archive that was opened has a header in its frame table");
  yield { ...header, checkLength: 0 };
  for await (const { offset, end, leaf } of scanFrames(container, signal)) yield { offset, end, leaf, checkLength: frameCheckLength };
}

/** The bytes of a unit. They were read before to be checked: a file may change between the two. */
async function unitBytes({ reader, crypto }: FrameInput, { offset, end, leaf, checkLength }: Unit): Promise<Uint8Array> {
  const bytes = await reader.read(offset, end - offset);
  const split = bytes.length - checkLength;
  const hash = leafHash(crypto, bytes.subarray(0, split));
  if (equalBytes(hash, leaf) && equalBytes(bytes.subarray(split), leaf.subarray(0, checkLength))) return bytes;
  throw new PtarError("PTAR_FRAME_HASH", `archive: its bytes from offset ${offset} to ${end} changed while they were copied`, {
    hint: "let nobody write to the archive meanwhile",
    details: { offset },
  });
}

/** Whether two files have the same bytes. @throws PTAR_IO_FAILED */
export async function haveSameBytes(one: ByteReader, other: ByteReader, signal?: AbortSignal): Promise<boolean> {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at += pieceBytes) {
    signal?.throwIfAborted();
    const length = Math.min(pieceBytes, one.length - at);
    const [a, b] = await Promise.all([one.read(at, length), other.read(at, length)]);
    if (!equalBytes(a, b)) return false;
  }
  return true;
}
