// How many losses extract prints. spec/12-extract.md#losses
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { caseFolder } from "./case-folder.js";
import { document } from "./schema.js";

it("extract prints twenty losses and counts all of them by kind", async () => {
  const here = caseFolder();
  for (let i = 0; i < 25; i++) {
    here.put(`f${i}`, "x");
    chmodSync(join(here.folder, "case", `f${i}`), i === 0 ? 0o6755 : 0o4755);
  }
  await here.created();
  const { code, stderr } = await here.ptar("extract", "a.ptar", "--dry-run");
  expect(code).toBe(0);
  const said = stderr.split("\n").filter((line) => line.startsWith("ptar: not restored: "));
  expect(said).toHaveLength(21);
  expect(said[0]).toBe("ptar: not restored: case/f0: setuid: never set from an archive");
  expect(said[20]).toBe("ptar: not restored: 26 facts: setuid 25, setgid 1; --json lists all");
  const { stdout } = await here.ptar("extract", "a.ptar", "--dry-run", "--json");
  expect(document("extract", stdout)).toMatchObject({ unrestoredCount: 26, unrestoredKinds: { setuid: 25, setgid: 1 } });
});
