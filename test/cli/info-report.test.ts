// ptar info: lines that the archive chooses do not look like lines of the program.
import { expect, it } from "vitest";
import { archiveInfo } from "../../src/archive/info.js";
import { openArchive } from "../../src/archive/open.js";
import { infoLines } from "../../src/cli/info-report.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemorySource } from "../../src/connectors/memory/source.js";
import { archiveOf, native } from "../archive/engines.js";

it("marks attributes by name, and escapes the name", async () => {
  const attributes = () => [
    { name: "made by\u001b[2K\n", value: "x" },
    { name: "signed by", value: "everybody" },
  ];
  const bytes = await archiveOf({ a: "b" }, { profile: "evidence", source: Object.assign(new MemorySource({ a: "b" }), { attributes }) });
  const archive = await openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer" });
  const lines = infoLines(await archiveInfo(archive, native, archive), native.crypto);
  expect(lines).toContain('attribute "signed by" everybody');
  expect(lines).toContain('attribute "made by\\x1b[2K\\n" x');
  expect(lines.filter((line) => line.startsWith("signed by"))).toHaveLength(1);
  expect(lines.join("")).not.toMatch(/\p{Cc}/u);
});
