// Writes a tail: frames after a generation, a statement that covers them, a trailer. spec/02-container.md#grammar
import type { FrameTypeName } from "../format/frame.js";
import { encodeTrailer, trailerLength } from "../format/trailer.js";
import type { ByteSink } from "./bytes-io.js";
import type { Container } from "./container.js";
import { FrameWriter } from "./frame-writer.js";
import type { TreeHead } from "./generation-writer.js";

/** What a tail holds. */
export interface TailParts {
  readonly frames: readonly { readonly type: Extract<FrameTypeName, "keys" | "note">; readonly payload: Uint8Array }[];
  /** Payload of the statement; `tree` covers everything before it. */
  statement(tree: TreeHead): Promise<Uint8Array>;
}

/** Writes to `sink` what is to be appended to the archive of `container`, which must not be used for another tail. */
export async function writeTail(sink: ByteSink, container: Container, { frames: parts, statement }: TailParts): Promise<void> {
  const { input, newest } = container;
  const end = container.takeEnd();
  const offset = input.reader.length;
  const frames = FrameWriter.after(sink, input.crypto, { tree: end.tree, offset });
  for (const { type, payload } of parts) await frames.append(type, payload);
  await frames.append("statement", await statement({ size: frames.nextNumber, root: frames.range.root() }));
  await frames.append(
    "trailer",
    encodeTrailer({
      manifestOffset: end.manifestOffset,
      frameTableOffset: newest.table.frame.offset,
      previousTrailerOffset: offset - trailerLength,
      totalLength: frames.offset + trailerLength,
      generation: newest.number,
      sequence: newest.tails.length + 1,
    }),
  );
}
