// Opens and closes a generation: everything around its blocks and index. spec/02-container.md#grammar
import { toUtf8 } from "../bytes/utf8.js";
import type { Crypto } from "../crypto/crypto.js";
import { aboutText } from "../format/about.js";
import { encodeFrameTable, encodeFrameTablePage, type FramePageRef, type FrameRow } from "../format/frame-table.js";
import type { Manifest } from "../format/generated/types.js";
import { limits } from "../format/limits.js";
import { encodePlainSession, encodeSession } from "../format/session.js";
import { encodeTrailer, trailerLength } from "../format/trailer.js";
import { CompactRange } from "../merkle/tree.js";
import type { ByteSink } from "./bytes-io.js";
import { FrameWriter } from "./frame-writer.js";
import { Sealer } from "./sealer.js";

/** Size and root of a prefix of the container tree. */
export interface TreeHead {
  readonly size: number;
  readonly root: Uint8Array;
}

/** What the manifest must say about the container. */
export interface ContainerFacts {
  readonly frameTable: number;
  readonly tree: TreeHead;
}

/** What closes a generation; each is asked for when the facts it needs are known. */
export interface Closing {
  /** Payload of the manifest. */
  manifest(facts: ContainerFacts): Uint8Array;
  /** Payloads of the statements; `tree` covers everything up to and including the manifest. */
  statements(manifest: Uint8Array, tree: TreeHead): Promise<readonly Uint8Array[]>;
}

/** How a new archive starts. */
export interface Start {
  /** 32 bytes. */
  readonly archiveId: Uint8Array;
  /** Whether it leaves out what its receiver has. spec/16-transfer.md#thin */
  readonly extent?: "whole" | "thin";
  /** Seals the archive. */
  readonly seal?: SealWith;
}

/** The secret of a sealed archive, and where readers find it: in KEYS frames with these payloads, or with a repository by its key id, 16 bytes. */
// spec/14-encryption.md#secret
export type SealWith = { readonly secret: Uint8Array } & ({ readonly keys: readonly Uint8Array[] } | { readonly repositoryKey: Uint8Array });

/** An archive that was started; `encryption` is for its manifest. */
export interface Started {
  readonly frames: FrameWriter;
  readonly encryption: Manifest["encryption"];
}

/** Writes header, ABOUT, SESSION and, when sealed, KEYS. */
export async function startGeneration(sink: ByteSink, crypto: Crypto, { archiveId, extent, seal }: Start): Promise<Started> {
  const frames = await FrameWriter.start(sink, crypto, { sealed: seal !== undefined, thin: extent === "thin", archiveId });
  await frames.append("about", toUtf8(aboutText));
  if (seal === undefined) {
    await frames.append("session", encodePlainSession());
    return { frames, encryption: null };
  }
  const session = frames.nextNumber;
  const salt = crypto.freshSalt();
  const sealer = new Sealer(crypto, seal.secret, { archiveId, frame: session, salt });
  const source =
    "keys" in seal
      ? ({ keySource: "keys", repositoryKey: new Uint8Array(16) } as const)
      : ({ keySource: "repository", repositoryKey: seal.repositoryKey } as const);
  await frames.append("session", encodeSession({ ...source, salt, commitment: sealer.commitment }));
  const keys: number[] = [];
  for (const payload of "keys" in seal ? seal.keys : []) keys.push(await frames.append("keys", payload));
  frames.sealWith(sealer);
  return { frames, encryption: { keys, sessions: [session], suite: "aes-256-gcm" } };
}

/** Writes frame table, manifest, statements and trailer of the first generation; the manifest's payload. */
export async function finishGeneration(frames: FrameWriter, crypto: Crypto, closing: Closing): Promise<Uint8Array> {
  const table = await writeFrameTable(frames, crypto);
  const tree = { size: frames.nextNumber, root: frames.range.root() };
  const manifestOffset = frames.offset;
  const manifest = closing.manifest({ frameTable: table.frame, tree });
  await frames.append("manifest", manifest);
  for (const statement of await closing.statements(manifest, { size: frames.nextNumber, root: frames.range.root() })) {
    await frames.append("statement", statement);
  }
  await frames.append(
    "trailer",
    encodeTrailer({
      manifestOffset,
      frameTableOffset: table.offset,
      previousTrailerOffset: 0,
      totalLength: frames.offset + trailerLength,
      generation: 1,
      sequence: 0,
    }),
  );
  return manifest;
}

async function writeFrameTable(frames: FrameWriter, crypto: Crypto): Promise<{ readonly frame: number; readonly offset: number }> {
  const rows = [...frames.takeRows()];
  const pages: FramePageRef[] = [];
  let paged = 0;
  // only the units before the first page go to pages, and never all of them: a page must be found without a page
  const units = rows.length;
  while (units - paged > limits.framePageUnits) {
    const run = rows.slice(paged, paged + limits.framePageUnits);
    const frame = await frames.append("frameTablePage", encodeFrameTablePage(paged, run));
    pages.push({ frame, unitCount: run.length, nodes: rangeOf(crypto, paged, run) });
    paged += run.length;
    rows.push(...frames.takeRows());
  }
  const offset = frames.offset;
  const inline = rows.slice(paged);
  const frame = await frames.append("frameTable", encodeFrameTable({ firstUnit: 0, unitCount: rows.length, nodes: [], pages, rows: inline }));
  return { frame, offset };
}

function rangeOf(crypto: Crypto, first: number, rows: readonly FrameRow[]): readonly Uint8Array[] {
  const range = new CompactRange(crypto, first);
  for (const row of rows) range.append(row.leaf);
  return range.nodes();
}
