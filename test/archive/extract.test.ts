// What extraction hands to a target, and what it says of it. spec/12-extract.md#rules, spec/05-page.md#errors
import { describe, expect, it } from "vitest";
import { type ExtractOptions, extractArchive } from "../../src/archive/extract.js";
import { openArchive } from "../../src/archive/open.js";
import { toHex } from "../../src/bytes/hex.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemoryTarget } from "../../src/connectors/memory/target.js";
import type { Item } from "../../src/format/generated/types.js";
import type { Target } from "../../src/tree/target.js";
import { native } from "./engines.js";
import { type ForgedTree, forge, forged } from "./forge.js";

const extracted = async (bytes: Uint8Array, target: Target, options: ExtractOptions = {}) =>
  extractArchive(await openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer" }), target, options);
const mib = "x".repeat(1 << 20);

describe("an empty file whose extended attributes could not be read", () => {
  it("is made, and its attributes are a loss", async () => {
    const bytes = await forged({ write: (tree) => tree.file("e", [], { errors: [{ code: "EACCES", operation: "xattr" }] }) });
    const target = new MemoryTarget();
    const report = await extractArchive(await openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer" }), target);
    expect(target.get("e")).toMatchObject({ kind: "file", content: new Uint8Array(0) });
    expect(report).toMatchObject({
      files: 1,
      incomplete: 1,
      unrestored: [{ path: toUtf8("e"), what: "xattrs", reason: "EACCES at the source" }],
      unrestoredCount: 1,
      unrestoredKinds: { xattrs: 1 },
    });
  });
});

describe("a symlink whose destination could not be read", () => {
  it("is not made", async () => {
    const item: Item = { name: "s", type: "symlink", errors: [{ code: "EACCES", operation: "readlink" }] };
    const bytes = await forged({ write: ({ tree }) => tree.add(toUtf8("s"), item, {}) });
    const target = new MemoryTarget();
    const { unrestored } = await extracted(bytes, target);
    expect(unrestored).toEqual([{ path: toUtf8("s"), what: "symlink", reason: "EACCES at the source" }]);
    expect(target.entries).toEqual([]);
  });
});

describe("an extraction", () => {
  it("counts entries, files with their hard links, and the bytes of each file once", async () => {
    expect(await extracted(await forged(), new MemoryTarget())).toMatchObject({ entries: 6, files: 4, bytes: 3 + 5 + 150, incomplete: 0 });
  });

  it("takes the snapshot that is asked for", async () => {
    const builder = await forge({ write: (tree) => tree.file("first", ["1"]) });
    const archive = await openArchive(new MemoryReader((await forge({ write: (tree) => tree.file("second", ["2"]) }, builder)).bytes()), {
      engine: native,
      trust: "any-signer",
    });
    for (const [at, name] of ["first", "second"].entries()) {
      const target = new MemoryTarget();
      await extractArchive(archive, target, { snapshot: toHex(archive.snapshotIds[at] as Uint8Array) });
      expect(target.entries.map(({ path }) => path)).toEqual([toUtf8(name)]);
    }
  });

  it("verifies files of up to 1 MiB whole before the target has anything of them", async () => {
    const kinds: Record<string, string> = {};
    class Noting extends MemoryTarget {
      override file(name: Uint8Array, item: Item, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
        kinds[Buffer.from(name).toString()] = content instanceof Uint8Array ? "whole" : "streamed";
        return super.file(name, item, content);
      }
    }
    const half = mib.slice(1 << 19);
    const target = new Noting();
    const write = (tree: ForgedTree) => {
      tree.file("a", [mib]);
      tree.file("b", [half, half]);
      tree.file("c", [half, half, "x"]);
    };
    await extracted(await forged({ write }), target);
    expect(kinds).toEqual({ a: "whole", b: "whole", c: "streamed" });
    for (const [name, length] of Object.entries({ a: 1 << 20, b: 1 << 20, c: (1 << 20) + 1 })) expect(target.get(name)?.content?.length).toBe(length);
  });

  it("stops on request within a file", async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    class Stopping extends MemoryTarget {
      override async file(name: Uint8Array, _item: Item, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
        seen.push(Buffer.from(name).toString());
        if (content instanceof Uint8Array) return stop.abort(new Error("enough"));
        for await (const _bytes of content) {
          seen.push("piece");
          stop.abort(new Error("enough"));
        }
      }
    }
    const bytes = await forged({ write: (tree) => tree.file("large", [mib, mib, mib]) });
    await expect(extracted(bytes, new Stopping(), { signal: stop.signal })).rejects.toThrow("enough");
    expect(seen).toEqual(["large", "piece"]);
  });

  it("stops on request between entries", async () => {
    const stop = new AbortController();
    class Stopping extends MemoryTarget {
      override async enter(name: Uint8Array, item: Item): Promise<void> {
        stop.abort(new Error("enough"));
        return super.enter(name, item);
      }
    }
    // no contents, which would notice by themselves
    const bytes = await forged({ write: (tree) => tree.directory("a", () => tree.directory("b", () => {})) });
    const target = new Stopping();
    await expect(extracted(bytes, target, { signal: stop.signal })).rejects.toThrow("enough");
    expect(target.entries.map(({ path }) => path)).toEqual([toUtf8("a")]);
  });
});
