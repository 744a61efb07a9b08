// What the code computes on the way of a reader through the example: the rows of the chapter's steps. spec/17-example.md
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { verifyArchive } from "../../src/archive/verify.js";
import { concatBytes } from "../../src/bytes/compare.js";
import { mustHex, toHex } from "../../src/bytes/hex.js";
import { label } from "../../src/bytes/label.js";
import { fromUtf8, toUtf8 } from "../../src/bytes/utf8.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import type { Item } from "../../src/format/generated/types.js";
import { findIndexRow } from "../../src/format/index-page.js";
import { kinds } from "../../src/format/object.js";
import { itemText } from "../../src/format/page.js";
import { decodeArchiveStatement, decodeSnapshotStatement } from "../../src/format/statement.js";
import { formatFingerprint } from "../../src/keys/archive-fingerprint.js";
import { fingerprintOf } from "../../src/keys/ssh-wire.js";
import { parseTrust } from "../../src/keys/trust.js";
import { ItemTree, itemLeaf, itemSalt } from "../../src/tree/item-tree.js";
import { folder, native } from "../vectors/vectors.js";
import {
  bytes,
  content,
  crypto,
  frame,
  frames,
  leaves,
  manifest,
  object,
  objects,
  pathsAndItems,
  rootOver,
  trailer,
  trailerOffset,
} from "./example-archive.js";

type Step = readonly (string | number)[];

/** SHA-256 of the manifest. */
export const fingerprint = crypto.sha256(frame(8, "manifest").payload);

/** Name and value of each row of the steps, or all cells of a row about an object. */
export async function computedSteps(): Promise<readonly (readonly string[])[]> {
  const { signed: archive } = decodeArchiveStatement(frame(9, "statement").payload);
  const { signed: snapshot } = decodeSnapshotStatement(object("statement").bytes);
  const rows = [
    ...startSteps(),
    ...treeSteps(),
    ["manifest digest", toHex(fingerprint)],
    ...signedSteps("archive", archive),
    ...indexSteps(),
    ...objectRows(),
    ...signedSteps("snapshot", snapshot),
    ...countSteps(),
    ...itemSteps(),
    ...(await verdictSteps()),
  ];
  return rows.map((cells) => cells.map(String));
}

function startSteps(): Step[] {
  return [
    ["header digest", toHex(crypto.sha256(bytes.subarray(0, 56)))],
    ["trailer offset", trailerOffset],
    ["total length", bytes.length],
    ["previous trailer offset", trailer.previousTrailerOffset],
    ["manifest offset", frame(8, "manifest").offset],
    ["frame table offset", frame(7, "frameTable").offset],
    ["units", frames.length + 1],
  ];
}

function treeSteps(): Step[] {
  const nodes = ["0..2", "2..4", "0..4", "4..6", "6..8", "4..8", "0..8", "0..9"].map((range) => {
    const [from, end] = range.split("..").map(Number) as [number, number];
    return [`node ${range}`, toHex(rootOver(leaves.slice(from, end)))];
  });
  return [...leaves.map((leaf, n) => [`leaf ${n}`, toHex(leaf)]), ...nodes];
}

/** The head ends before the body, which begins with a brace. */
function signedSteps(subject: string, signed: Uint8Array): Step[] {
  const text = fromUtf8(signed) as string;
  return [
    [`${subject} statement: head`, text.slice(0, text.indexOf(" {"))],
    [`${subject} statement: signed length`, signed.length],
    [`${subject} statement: signed digest`, toHex(crypto.sha256(signed))],
  ];
}

function indexSteps(): Step[] {
  const page = frame(5, "indexPage");
  const id = manifest.snapshots[0]?.id as string;
  const row = findIndexRow(page.payload, { id: mustHex(id), kind: "snapshot" });
  const found = objects.find(({ frame: block, ordinal }) => block === row?.frame && ordinal === row.ordinal);
  const place = objects
    .map((one) => toHex(one.id))
    .sort()
    .indexOf(id);
  return [
    ["snapshot id", id],
    ["index root", manifest.index[0]?.frame as number],
    ["index page", page.number],
    ["index row", place],
    ["frame", row?.frame as number],
    ["ordinal", row?.ordinal as number],
    ["frame offset", frame(4, "blockMeta").offset],
    ["object offset", found?.offset as number],
    ["object length", found?.bytes.length as number],
  ];
}

function objectRows(): Step[] {
  const names = ["chunk of docs/note.txt", "chunk of hello.txt", "page of docs", "page of the root", "content", "snapshot", "snapshot statement"];
  return objects.map(({ kind, frame: block, ordinal, offset, bytes: { length }, id }, i) => [
    names[i] as string,
    kinds[kind],
    block,
    ordinal,
    `${offset}..${offset + length}`,
    toHex(id),
  ]);
}

function countSteps(): Step[] {
  const inside = pathsAndItems.filter(({ path }) => path.startsWith("docs/"));
  return [
    ["entries", pathsAndItems.length],
    ["entries of docs", inside.length],
    ["bytes of docs", inside.reduce((sum, { item }) => sum + (item.size ?? 0), 0)],
  ];
}

function itemSteps(): Step[] {
  const salt = mustHex(content.salt);
  const rootOf = (some: typeof pathsAndItems) => {
    const tree = new ItemTree(crypto, salt);
    for (const { path, item } of some) tree.append(toUtf8(path), toUtf8(itemText(item)));
    return toHex(tree.root as Uint8Array);
  };
  return [
    ...pathsAndItems.flatMap((entry, n) => stepsOfItem(entry, n, salt)),
    ["item node 0..2", rootOf(pathsAndItems.slice(0, 2))],
    ["item node 0..3", rootOf(pathsAndItems)],
  ];
}

function stepsOfItem({ path, item }: { readonly path: string; readonly item: Item }, n: number, salt: Uint8Array): Step[] {
  const salt16 = itemSalt(crypto, salt, toUtf8(path));
  const head = concatBytes(Uint8Array.of(0), label("ptar1/item"), salt16, Uint8Array.of(path.length, 0, 0, 0), toUtf8(path));
  return [
    [`item ${n}: path`, path],
    [`item ${n}: salt16`, toHex(salt16)],
    [`item ${n}: head`, toHex(head)],
    [`item ${n}: item`, itemText(item)],
    [`item leaf ${n}`, toHex(itemLeaf(crypto, salt, { path: toUtf8(path), text: toUtf8(itemText(item)) }))],
  ];
}

async function verdictSteps(): Promise<Step[]> {
  const trust = parseTrust(readFileSync(join(folder, "keys/trusted"), "utf8"), "keys/trusted");
  const report = await verifyArchive(new MemoryReader(bytes), { engine: native, trust, level: "deep" });
  const [statement] = report.generations[0]?.statements ?? [];
  return [
    ["archive fingerprint", formatFingerprint(fingerprint)],
    ["signer", fingerprintOf(mustHex(manifest.signers[0] as string), crypto)],
    ["name of the signer", statement?.name as string],
    ["integrity", report.integrity.status],
    ["signature", report.signature.status],
    ["time", report.time.status],
    ["completeness", report.completeness.status],
    ["custody", report.custody.status],
    ["exit", report.exitCode],
  ];
}
