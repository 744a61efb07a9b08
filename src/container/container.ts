// Opens the container of an archive from its end. spec/10-verify.md#order
import { equalBytes } from "../bytes/compare.js";
import type { Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import { decodeHeader, type Header, headerLength } from "../format/header.js";
import type { Limits } from "../format/limits.js";
import { leafHash } from "../merkle/tree.js";
import type { ByteReader } from "./bytes-io.js";
import { type Frame, type FrameInput, readWholeFrame } from "./frame-reader.js";
import type { Generation } from "./generation.js";
import { Opener } from "./opener.js";
import { readSegments } from "./trailers.js";

/** An archive's frames, opened. Every frame read through it has the leaf hash of its row. */
export class Container {
  readonly header: Header;
  readonly generations: readonly Generation[];
  /** Number of the last frame. */
  readonly lastFrame: number;
  readonly input: FrameInput;

  private constructor(input: FrameInput, header: Header, opened: { readonly generations: readonly Generation[]; readonly lastFrame: number }) {
    this.input = input;
    this.header = header;
    this.generations = opened.generations;
    this.lastFrame = opened.lastFrame;
  }

  /**
   * Checks header, trailers, and of each generation manifest, frame table and root, in the order of the spec.
   * @throws PTAR_HEADER_*, PTAR_UNSUPPORTED_*, PTAR_TRAILER_*, PTAR_FRAME_*, PTAR_TABLE_*, PTAR_MANIFEST_MISMATCH, PTAR_GENERATION_CHAIN, PTAR_DOCUMENT_*
   */
  static async open(reader: ByteReader, crypto: Crypto, limits: Limits): Promise<Container> {
    const input = { reader, crypto, limits };
    // more than the header, so that a tar can be named
    const head = await reader.read(0, Math.min(512, reader.length));
    const header = decodeHeader(head, (part) => crypto.sha256(part));
    const bytes = head.subarray(0, headerLength);
    refuseUnsupported(header);
    const opener = new Opener(input, header, leafHash(crypto, bytes));
    for (const segment of await readSegments(input)) await opener.take(segment);
    return new Container(input, header, opener);
  }

  /** The newest generation: the view. */
  get newest(): Generation {
    return this.generations.at(-1) as Generation;
  }

  /** Archive fingerprint: SHA-256 of the newest manifest. */
  get fingerprint(): Uint8Array {
    return this.newest.manifestDigest;
  }

  /**
   * Frame `number`, compared with the frame table.
   * @throws PTAR_FRAME_*, PTAR_TABLE_INVALID
   */
  async frame(number: number): Promise<Frame> {
    for (const { table } of this.generations) {
      const place = await table.place(number);
      if (place === undefined) continue;
      const frame = await readWholeFrame(this.input, { ...place, number });
      if (equalBytes(frame.leaf, place.leaf)) return frame;
      throw new PtarError("PTAR_FRAME_HASH", `frame ${number} at offset ${frame.offset}: not the one in the frame table`, {
        details: { frame: number, offset: frame.offset },
      });
    }
    throw new PtarError("PTAR_INDEX_INVALID", `index: names frame ${number}, which is in no frame table`);
  }
}

function refuseUnsupported(header: Header): void {
  for (const feature of ["sealed", "thin"] as const) {
    if (header[feature]) {
      throw new PtarError("PTAR_UNSUPPORTED_FEATURE", `archive: it is ${feature}, and this version of ptar cannot read ${feature} archives yet`, {
        hint: "use a newer version of ptar",
        details: { feature },
      });
    }
  }
}
