// What extraction makes of entries that were not read wholly. spec/05-page.md#errors
import { describe, expect, it } from "vitest";
import { extractArchive } from "../../src/archive/extract.js";
import { openArchive } from "../../src/archive/open.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemoryTarget } from "../../src/connectors/memory/target.js";
import { native } from "./engines.js";
import { forged } from "./forge.js";

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
