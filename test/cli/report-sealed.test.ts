// Reports about sealed archives, with a key, without one, and with another. spec/14-encryption.md#without-a-key
import { beforeAll, describe, expect, it } from "vitest";
import type { EncryptionInfo } from "../../src/archive/results.js";
import { requireUnchanged } from "../../src/cli/report/changed.js";
import type { Check } from "../../src/cli/report/check.js";
import { openLatest } from "../../src/cli/report/report.js";
import { verdictLines } from "../../src/cli/verify-report.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { create, native, trusting } from "../archive/engines.js";
import { author } from "../container/build.js";
import { owner, ringOf, stranger } from "../container/sealing.js";
import { caseArchive, caseTree, checkOf, reportOf } from "./report-page.js";
import { document } from "./schema.js";

let sealed: Uint8Array;
/** What only somebody with a key may see. */
const secrets = ["journal.log", "interview", "26-1187", "JD/4", "a part could not be read"];

beforeAll(async () => {
  const fields = { case: "26-1187", exhibit: "JD/4" };
  ({ bytes: sealed } = await create(caseTree, { seal: { recipients: [owner.recipient] }, case: fields }));
});

const plainWords = (text: string) => text.replaceAll(/\s+/g, " ");

describe("a report about a sealed archive", () => {
  it("says without a key that it is sealed, what was checked and who made it, and lists nothing", async () => {
    const check = await checkOf(sealed);
    const { html: page, json, text } = await reportOf(check);
    expect(document("report", json)).toMatchObject({
      exitCode: 3,
      snapshot: null,
      captured: null,
      entries: [],
      listing: { status: "sealed", entries: 0, troubled: 0, problem: null },
      problems: [],
      verification: { contents: { status: "sealed" }, encryption: { recipients: ["X25519"], passphrases: 0, opened: false } },
      verdicts: [{ status: "ok" }, { status: "trusted" }, { status: "claimed" }, { status: "incomplete", facts: "the counts are sealed" }, {}],
    });
    for (const file of [page, text].map(plainWords)) {
      expect(file).toContain("The archive is sealed and was not opened for this check: its entries are not listed.");
      expect(file).toContain("What is sealed was not looked into.");
      expect(file).toContain("1 recipient (X25519)");
      expect(file).toContain("Checked without a key: every byte against the tree that is signed");
      expect(file).toContain("Not checked, because it is sealed:");
      expect(file).toContain("objects not checked: the archive is sealed");
      expect(file).toContain("Who signed its contents is sealed.");
      expect(file).toContain("Who can read the archive: it does not name its recipients");
    }
    expect(plainWords(text)).toContain("contents signed by (sealed) file made by SHA256:");
    expect(text).toContain("in this check       no key opened it\n");
    expect(page).not.toContain('class="entries"');
    expect(page).not.toContain('class="counters"');
    expect(plainWords(text)).not.toMatch(/objects \d|PTAR_KEY/);
    for (const word of secrets) for (const file of [page, json, text]) expect(file).not.toContain(word);
  });

  it("is like any other with a key, and says that one opened it", async () => {
    const { html: page, json, text } = await reportOf(await checkOf(sealed, { keys: ringOf(stranger, owner) }));
    expect(document("report", json)).toMatchObject({
      exitCode: 3,
      listing: { status: "whole", entries: 19, troubled: 3 },
      verification: { contents: { status: "checked" }, encryption: { opened: true } },
    });
    for (const word of secrets) expect(page).toContain(word);
    for (const file of [page, text].map(plainWords)) {
      expect(file).toContain("with a key, and what is sealed was checked like the rest");
      expect(file).not.toContain("Not checked, because it is sealed");
    }
  });

  it("has the verdicts without contents, and exit code 8, with the key of somebody else", async () => {
    const { html: page, json, text } = await reportOf(await checkOf(sealed, { keys: ringOf(stranger) }));
    expect(document("report", json)).toMatchObject({
      exitCode: 8,
      entries: [],
      listing: { status: "sealed" },
      problems: [{ code: "PTAR_IDENTITY_WRONG" }],
      verification: { contents: { status: "refused" } },
      verdicts: [{ status: "ok" }, { status: "trusted" }, {}, {}, {}],
    });
    for (const file of [page, text].map(plainWords)) expect(file).toContain("none of the keys that were given opens it");
    for (const word of secrets) for (const file of [page, json, text]) expect(file).not.toContain(word);
  });

  it("calls damage damage, with a key and without", async () => {
    const damaged = Uint8Array.from(sealed);
    damaged[1500] = (damaged[1500] as number) ^ 1;
    for (const options of [{}, { keys: ringOf(owner) }, { keys: ringOf(stranger) }]) {
      const { json } = await reportOf(await checkOf(damaged, options));
      expect(document("report", json)).toMatchObject({ exitCode: 4, verdicts: [{ name: "integrity", status: "damaged" }, {}, {}, {}, {}] });
    }
  });

  it("says of a level what it left out", async () => {
    const { text } = await reportOf(await checkOf(sealed, { level: "standard" }));
    expect(plainWords(text)).toContain("Structure and manifest are as they were written. What is sealed was not looked into at all.");
    expect(plainWords(text)).toContain("standard: structure; objects not checked: the archive is sealed");
    expect(text).not.toContain("very byte");
  });

  it("does not show the words of an archive as markup, nor thousands of them", async () => {
    const check = await checkOf(sealed);
    const kinds = ["<script>alert(1)</script>", "x".repeat(33), ...Array.from({ length: 3_000 }, (_, i) => `kind${i}`)];
    const encryption = { ...(check.report.encryption as EncryptionInfo), recipients: ["X25519", "X25519", ...kinds], passphrases: 2, uncovered: 1 };
    const { html: page, text } = await reportOf({ ...check, report: { ...check.report, encryption } });
    const shown = "2 recipients (X25519), 2 996 recipients (of another kind), 1 recipient (kind0)";
    for (const file of [page, text].map(plainWords)) {
      expect(file).toContain(shown);
      expect(file).toContain("2 passphrases");
      expect(file).toContain("1 frame of keys that no signature covers; not tried");
      expect(file.match(/\(kind\d+\)/g)).toHaveLength(6);
      expect(file).not.toContain("alert(1)");
    }
  });

  it("has no word about seals where there is none", async () => {
    const { html: page, text } = await reportOf(await checkOf(await caseArchive()));
    for (const file of [page, text]) expect(file).not.toMatch(/\bseal|recipient/i);
  });
});

describe("the keys of a report", () => {
  it("are not tried again when they did not open the archive in the check", async () => {
    let asked = 0;
    const keys = {
      identities: [],
      passphrase: async () => {
        asked++;
        return "no";
      },
    };
    const options = { engine: native, trust: trusting(author), keys };
    expect(await openLatest(new MemoryReader(sealed), { ...options, seen: "refused" })).toMatchObject({ kind: "locked" });
    expect(await openLatest(new MemoryReader(sealed), { ...options, keys: ringOf(owner), seen: "sealed" })).toMatchObject({ kind: "locked" });
    expect(await openLatest(new MemoryReader(sealed), { ...options, keys: ringOf(owner), seen: "checked" })).toMatchObject({ kind: "opened" });
    expect(asked).toBe(0);
  });

  it("do not hide that the archive was replaced after its check", async () => {
    const { report } = await checkOf(sealed);
    const { bytes: other } = await create({ a: "b" }, { seal: { recipients: [owner.recipient] } });
    const contents = await openLatest(new MemoryReader(other), { engine: native, trust: trusting(author), seen: report.contents.status });
    expect(() => requireUnchanged(report, contents)).toThrow("changed while it was checked");
    const same = await openLatest(new MemoryReader(sealed), { engine: native, trust: trusting(author), seen: report.contents.status });
    expect(() => requireUnchanged(report, same)).not.toThrow();
  });
});

describe("the lines of verify", () => {
  const linesOf = ({ report, crypto }: Check) => verdictLines(report, crypto).join("\n");

  it("say of a sealed archive who signed as far as that is known", async () => {
    const lines = linesOf(await checkOf(sealed));
    expect(lines).toMatch(/^integrity {5}ok {10}\d+ frames, every byte; objects not checked: the archive is sealed$/m);
    expect(lines).toMatch(/^contents signed by \(sealed\); file made by SHA256:/m);
    expect(lines).toMatch(/^sealed: aes-256-gcm, 1 recipient \(X25519\); not opened$/m);
  });

  it("say it in full with a key", async () => {
    const lines = linesOf(await checkOf(sealed, { keys: ringOf(owner) }));
    expect(lines).toMatch(/^contents signed by SHA256:\S{43} \(.*\); file made by SHA256:/m);
    expect(lines).toMatch(/^sealed: aes-256-gcm, 1 recipient \(X25519\)$/m);
  });
});
