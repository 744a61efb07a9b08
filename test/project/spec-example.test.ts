// Chapter 17 is the archive that it takes apart, byte for byte, and its values are those of the decoders. spec/17-example.md
import { describe, expect, it } from "vitest";
import { mustHex, toHex } from "../../src/bytes/hex.js";
import { frameTypeName } from "../../src/format/frame.js";
import { verifyArchiveStatement, verifySnapshotStatement } from "../../src/statement/verify.js";
import {
  bytes,
  content,
  coveredBy,
  crypto,
  frame,
  frames,
  header,
  inDocs,
  inRoot,
  leaves,
  manifest,
  object,
  objects,
  pathsAndItems,
  rootOver,
  snapshot,
  table,
  trailer,
} from "./example-archive.js";
import { exampleSteps, exampleUnits } from "./example-chapter.js";
import { fieldMeanings } from "./example-fields.js";
import { computedSteps, fingerprint } from "./example-steps.js";

const idsOf = (wanted: string) => objects.filter(({ kind }) => kind === wanted).map(({ id }) => toHex(id));

describe("the sections of the example", () => {
  it("spell every byte of the archive once and in order", () => {
    const fields = exampleUnits.flatMap((unit) => unit.fields);
    let end = 0;
    for (const field of fields) {
      expect(field.offset, field.name).toBe(end);
      end += field.bytes.length;
    }
    expect(toHex(Buffer.concat(fields.map((field) => field.bytes)))).toBe(toHex(bytes));
  });

  it("are one for each unit", () => {
    const nameOf = (type: number) => frameTypeName(type).replaceAll(/[A-Z]/g, "_$&").toUpperCase();
    expect(exampleUnits.map(({ title }) => title)).toEqual(["Header", ...frames.map(({ number, type }) => `Frame ${number}: ${nameOf(type)}`)]);
    expect(exampleUnits.map(({ fields }) => fields[0]?.offset)).toEqual([0, ...frames.map(({ offset }) => offset)]);
  });

  it("cut documents after commas", () => {
    const cut = exampleUnits.flatMap(({ documents }) => documents.flatMap((lines) => lines.slice(0, -1)));
    expect(cut.length).toBeGreaterThan(20);
    expect(cut.filter((line) => !line.endsWith(","))).toEqual([]);
  });

  it.each(fieldMeanings.map((expected, unit) => [unit, expected] as const))("say of the fields of unit %i what they mean", (unit, expected) => {
    const fields = exampleUnits[unit]?.fields ?? [];
    const told = Object.fromEntries(fields.map(({ name, meaning }) => [name, meaning]));
    const named = Object.keys(expected).map((name) => [name, told[name]]);
    expect(Object.fromEntries(named)).toEqual(Object.fromEntries(Object.entries(expected).map(([name, meaning]) => [name, String(meaning)])));
    expect(told["check"]).toMatch(unit === 0 ? "first 8 bytes of the [header digest]" : `first 8 bytes of [leaf ${unit}]`);
    // of the others none says a number that nobody looked at
    const others = fields.filter(({ name }) => name !== "check" && !(name in expected));
    expect(others.map(({ meaning }) => meaning.replaceAll(/\(.*?\)|^object 4,/g, "")).join()).not.toMatch(/\d/);
  });
});

describe("the steps of the example", () => {
  it("have the values that the code computes", async () => {
    const told = exampleSteps.map((cells) => (cells.length === 3 ? cells.slice(0, 2) : cells));
    expect(told).toEqual(await computedSteps());
  });

  it("name the bytes of each leaf", () => {
    const ranges = exampleSteps.filter(([name]) => name?.startsWith("leaf")).map(([, , how]) => /bytes (\d+)\.\.(\d+)/.exec(how ?? "")?.slice(1));
    expect(ranges.map((range) => range?.map(Number))).toEqual(leaves.map((_, unit) => coveredBy(unit)));
  });

  it("agree where the archive repeats what they compute", () => {
    expect(frame(8, "manifest").offset).toBe(trailer.manifestOffset);
    expect(frame(manifest.frameTable, "frameTable").offset).toBe(trailer.frameTableOffset);
    expect(table.rows.map(({ leaf }) => toHex(leaf))).toEqual(leaves.slice(0, table.unitCount).map(toHex));
    expect(manifest.tree).toEqual({ root: toHex(rootOver(leaves.slice(0, 8))), size: 8 });
    const subject = { archiveId: header.archiveId, generation: 1, manifest: fingerprint, tree: { size: 9, root: rootOver(leaves.slice(0, 9)) } };
    expect(verifyArchiveStatement(crypto, frame(9, "statement").payload, subject, "generation").role).toBe("author");
    const about = { id: mustHex(manifest.snapshots[0]?.id as string), items: snapshot.items };
    expect(verifySnapshotStatement(crypto, object("statement").bytes, about).role).toBe("author");
    expect(snapshot.completeness).toEqual({ excluded: 0, failed: 0, seen: pathsAndItems.length, stored: pathsAndItems.length, unstable: 0 });
  });

  it("lead from object to object", () => {
    expect(manifest.snapshots).toEqual([{ id: idsOf("snapshot")[0], statements: idsOf("statement") }]);
    expect([snapshot.content]).toEqual(idsOf("content"));
    const [docs, hello] = inRoot;
    const [note] = inDocs;
    expect([docs?.store.page, content.root]).toEqual(idsOf("page"));
    expect([note?.item.sha256, hello?.item.sha256]).toEqual(idsOf("chunk"));
    expect([note?.store, hello?.store]).toEqual([{}, {}]);
    expect(docs?.store.counters).toMatchObject({ entries: inDocs.length, bytes: note?.item.size });
  });
});
