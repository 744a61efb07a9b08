// ptar verify --report while the archive is overwritten in place, and into places that are taken.
import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { verifyArchive } from "../../src/archive/verify.js";
import type { Context } from "../../src/cli/command.js";
import type { Check } from "../../src/cli/report/check.js";
import { groupOf, listAll } from "../../src/cli/report/entries.js";
import { createReportFiles } from "../../src/cli/report/files.js";
import { openLatest, startReport } from "../../src/cli/report/report.js";
import { createNotes } from "../../src/cli/ui/notes.js";
import { createOutput } from "../../src/cli/ui/output.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { type SnapshotSubject, signSnapshot } from "../../src/statement/sign.js";
import { archiveOf, native, trusting } from "../archive/engines.js";
import { claim, forge } from "../archive/forge.js";
import { author } from "../container/build.js";

const changedError = { code: "PTAR_IO_FAILED", message: "archive: changed while it was checked" };
const trust = trusting(author);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ptar-changes-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function contextOf(signal = new AbortController().signal): Context {
  const notes = createNotes({ write: () => undefined }, { quiet: true });
  return { env: {}, argv: ["verify"], out: createOutput(new PassThrough()), notes, signal, removeOnExit: (path) => void path.catch(() => undefined) };
}

/** Checks `before` and writes the report when the archive is `after`. */
async function reportOver(before: Uint8Array, after: Uint8Array): Promise<void> {
  let bytes = before;
  const reader = {
    get length() {
      return bytes.length;
    },
    async read(offset: number, length: number) {
      return bytes.slice(offset, offset + length);
    },
  };
  const wishes = { folder: join(folder, "report"), existing: "keep", archive: "a.ptar", engine: native, trust, now: new Date(0) } as const;
  const pending = await startReport(reader, wishes, contextOf());
  try {
    const report = await verifyArchive(pending.input, { engine: native, trust });
    bytes = after;
    await pending.write(report);
  } finally {
    await pending.discard();
  }
}

/** The same archive with a byte changed in every frame behind the header. */
function damaged(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, i) => (i > 200 && i % 50 === 0 ? byte ^ 1 : byte));
}

describe("a report", () => {
  it("is written of an archive that stays as it is", async () => {
    const bytes = await archiveOf({ mine: "1" });
    await reportOver(bytes, bytes);
    expect(readdirSync(join(folder, "report")).sort()).toEqual(["report.html", "report.json", "report.txt"]);
  });

  it("never has the verdicts of one archive and the entries of another", async () => {
    const [before, after] = [await archiveOf({ mine: "1" }), await archiveOf({ planted: "2" })];
    await expect(reportOver(before, after)).rejects.toMatchObject(changedError);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is not written of a damaged archive that became a whole one", async () => {
    const whole = await archiveOf({ mine: "1" });
    await expect(reportOver(whole.subarray(0, -1), whole)).rejects.toMatchObject(changedError);
  });

  it("is not written when the archive that was whole cannot be opened any more", async () => {
    const bytes = await archiveOf({ mine: "1" });
    await expect(reportOver(bytes, damaged(bytes))).rejects.toMatchObject(changedError);
  });

  it("tells an invalid signature that the check found from a change", async () => {
    const about = async (subject: SnapshotSubject) => [(await signSnapshot(author, subject, claim())).map((byte, i) => (i === 3 ? byte ^ 1 : byte))];
    const bytes = (await forge({ about })).bytes();
    await reportOver(bytes, bytes);
    expect(readFileSync(join(folder, "report/report.txt"), "utf8")).toMatch(/^integrity {11}OK:[\s\S]*The contents cannot be listed/m);
  });

  it("is not written when the archive that was whole changes while its entries are listed, for the first time or again", async () => {
    // more pages than opening an archive brings into memory
    const tree = Object.fromEntries(Array.from({ length: 12_000 }, (_, i) => [`${i} ${"far ".repeat(50)}`, { type: "fifo" } as const]));
    const bytes = await archiveOf(tree);
    const report = await verifyArchive(new MemoryReader(bytes), { engine: native, trust, level: "standard" });
    const listing = { entries: 12_000, troubled: 0 };
    for (const list of [
      (check: Check) => listAll(check, async () => undefined, {}),
      async (check: Check) => {
        const entries = groupOf(check, { group: "others", listing, room: { entries: 12_000, characters: 1e9 } }, {});
        while (!(await entries.next()).done);
      },
    ]) {
      let now = bytes;
      const reader = { length: bytes.length, read: async (offset: number, length: number) => now.slice(offset, offset + length) };
      const check = { report, contents: await openLatest(reader, { engine: native, trust, seen: "checked" }), crypto: native.crypto } as Check;
      now = damaged(bytes);
      await expect(list(check)).rejects.toMatchObject(changedError);
    }
  });
});

describe("files of a report", () => {
  it("never replace the archive that is checked, by whatever name", async () => {
    const archive = join(folder, "report.json");
    const bytes = await archiveOf({ mine: "1" });
    writeFileSync(archive, bytes);
    mkdirSync(join(folder, "other"));
    linkSync(archive, join(folder, "other/report.txt"));
    for (const target of [folder, join(folder, "other")]) {
      const wishes = { folder: target, existing: "replace", archive, engine: native, trust, now: new Date(0) } as const;
      await expect(startReport({ length: 0, read: async () => bytes }, wishes, contextOf())).rejects.toMatchObject({
        code: "PTAR_TARGET_EXISTS",
        message: expect.stringMatching(/report\.(json|txt): is the archive that is read$/),
      });
    }
    expect(Buffer.compare(readFileSync(archive), bytes)).toBe(0);
  });

  it("are said to be of two checks when only some could get their names", async () => {
    const files = await createReportFiles(folder, { existing: "replace" });
    await files.html.write(Uint8Array.of(1));
    mkdirSync(join(folder, "report.html"));
    await expect(files.publish()).rejects.toMatchObject({
      message: expect.stringContaining("report.html"),
      hint: "only report.json and report.txt are of this check; report.html, if there, is of an earlier one",
    });
    await files.discard();
  });

  it("do not go to a symlink to nothing", async () => {
    symlinkSync("nowhere", join(folder, "link"));
    await expect(createReportFiles(join(folder, "link"), { existing: "keep" })).rejects.toMatchObject({
      code: "PTAR_TARGET_EXISTS",
      message: `${join(folder, "link")}: is a symlink to nothing`,
    });
  });
});
