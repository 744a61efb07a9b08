// The archive of chapter 17 through the decoders. spec/17-example.md
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { objectId } from "../../src/block/object-id.js";
import { unpackBlock } from "../../src/block/unpack.js";
import { decodeBlock } from "../../src/format/block.js";
import { decodeFrameHeader, type FrameHeader, frameCheckLength, frameHeaderLength, frameOverhead, frameTypes } from "../../src/format/frame.js";
import { decodeFrameTable } from "../../src/format/frame-table.js";
import type { Entry } from "../../src/format/generated/types.js";
import { decodeHeader, headerLength } from "../../src/format/header.js";
import { decodeIndexPage, decodeIndexRoot } from "../../src/format/index-page.js";
import { limits } from "../../src/format/limits.js";
import { decodeManifest } from "../../src/format/manifest.js";
import type { Kind } from "../../src/format/object.js";
import { decodePage } from "../../src/format/page.js";
import { decodeSession } from "../../src/format/session.js";
import { decodeContent, decodeSnapshot } from "../../src/format/snapshot.js";
import { decodeTrailer, trailerLength } from "../../src/format/trailer.js";
import { CompactRange, leafHash } from "../../src/merkle/tree.js";
import { folder, native } from "../vectors/vectors.js";

/** A frame of the example. */
export interface ExampleFrame extends FrameHeader {
  readonly offset: number;
  readonly payload: Uint8Array;
}

/** An object of the example and where it lies. */
export interface ExampleObject {
  readonly kind: Kind;
  readonly frame: number;
  readonly ordinal: number;
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly id: Uint8Array;
}

export const { crypto } = native;
export const bytes: Uint8Array = readFileSync(join(folder, "example/verify_valid_example.ptar"));
export const header = decodeHeader(bytes.subarray(0, headerLength), (part) => crypto.sha256(part));
export const frames: readonly ExampleFrame[] = framesFrom(headerLength, 1);

/** Frame `number`, which has this type. */
export function frame(number: number, type: keyof typeof frameTypes): ExampleFrame {
  const found = frames[number - 1];
  if (found?.type !== frameTypes[type]) throw new Error(`frame ${number} is no ${type}`);
  return found;
}

/** Where the leaf of a unit begins and ends. */
export function coveredBy(unit: number): readonly [number, number] {
  if (unit === 0) return [0, headerLength];
  const { offset, payloadLength } = frames[unit - 1] as ExampleFrame;
  return [offset, offset + frameHeaderLength + payloadLength];
}

export const leaves = [0, ...frames.map(({ number }) => number)].map((unit) => leafHash(crypto, bytes.subarray(...coveredBy(unit))));

/** Root of the tree over some leaves. */
export function rootOver(some: readonly Uint8Array[]): Uint8Array {
  const range = new CompactRange(crypto);
  for (const leaf of some) range.append(leaf);
  return range.root();
}

export const session = decodeSession(frame(2, "session").payload, 2, "plain");
export const data = decodeBlock(frame(3, "blockData").payload, { frame: 3, holds: "data", limits });
export const meta = decodeBlock(frame(4, "blockMeta").payload, { frame: 4, holds: "meta", limits });
export const objects: readonly ExampleObject[] = [...objectsIn(3, "data"), ...objectsIn(4, "meta")];
export const indexRows = decodeIndexPage(frame(5, "indexPage").payload, 5, { limits, leftOut: "refused" });
export const indexPages = decodeIndexRoot(frame(6, "indexRoot").payload, 6, { limits });
export const table = decodeFrameTable(frame(7, "frameTable").payload, 7, limits);
export const manifest = decodeManifest(frame(8, "manifest").payload);
export const trailer = decodeTrailer(frame(10, "trailer").payload, bytes.length);
export const trailerOffset = bytes.length - trailerLength;
export const snapshot = decodeSnapshot(object("snapshot").bytes);
export const content = decodeContent(object("content").bytes);
/** Entries of the directory, and of the root. */
export const [inDocs = [], inRoot = []] = objects.filter(({ kind }) => kind === "page").map((page) => entriesOf(page.bytes));
/** All entries in pre-order. */
export const pathsAndItems = inRoot.flatMap(({ item, store }) => {
  const inside = store.page === undefined ? [] : inDocs.map((entry) => ({ path: `${item.name}/${entry.item.name}`, item: entry.item }));
  return [{ path: item.name as string, item }, ...inside];
});

/** The first object of a kind. */
export function object(kind: Kind): ExampleObject {
  return objects.find((one) => one.kind === kind) as ExampleObject;
}

function entriesOf(page: Uint8Array): readonly Entry[] {
  const decoded = decodePage(page, limits);
  return "entries" in decoded ? decoded.entries : [];
}

function framesFrom(offset: number, number: number): ExampleFrame[] {
  if (offset === bytes.length) return [];
  const head = decodeFrameHeader(bytes.subarray(offset, offset + frameHeaderLength), { number, offset, limits });
  const end = offset + frameOverhead + head.payloadLength;
  const payload = bytes.subarray(offset + frameHeaderLength, end - frameCheckLength);
  return [{ ...head, offset, payload }, ...framesFrom(end, number + 1)];
}

function objectsIn(number: number, holds: "data" | "meta"): ExampleObject[] {
  const { payload, offset } = frames[number - 1] as ExampleFrame;
  const { stored } = decodeBlock(payload, { frame: number, holds, limits });
  let at = offset + frameHeaderLength + (stored.byteOffset - payload.byteOffset);
  return unpackBlock(payload, native.codecs, { frame: number, holds, limits }).map((raw, ordinal) => {
    at += raw.bytes.length;
    return { ...raw, frame: number, ordinal, offset: at - raw.bytes.length, id: objectId(crypto, raw.kind, raw.bytes) };
  });
}
