// What reports say and how they say it: order, limits, damage, and names that attack the page. spec/10-verify.md#verdicts
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { GenerationReport, StatementReport } from "../../src/archive/results.js";
import { verifyArchive } from "../../src/archive/verify.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { digestingReader } from "../../src/cli/report/digesting-reader.js";
import { pageLimits } from "../../src/cli/report/entries.js";
import { html, Markup } from "../../src/cli/report/markup.js";
import { openLatest } from "../../src/cli/report/report.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemorySource } from "../../src/connectors/memory/source.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import type { Signer } from "../../src/keys/signer.js";
import { archiveOf, native, verifyBytes } from "../archive/engines.js";
import { type Forgery, forged } from "../archive/forge.js";
import { author, signerOf } from "../container/build.js";
import { caseArchive, checkOf, hostileArchive, reportOf } from "./report-page.js";
import { document } from "./schema.js";

const damage = {
  integrity: { status: "damaged", bytes: 1, frames: 0, objects: 0, entries: 0, unreferenced: 0, problems: [], warnings: [] },
} as const;
const rows = (page: string) => page.match(/<th scope="row"><span class="path">/g)?.length ?? 0;
const at = (text: string, part: string) => {
  expect(text).toContain(part);
  return text.indexOf(part);
};

/** Status of each verdict in a report.json, which satisfies its schema. */
function statusesOf(json: string): Readonly<Record<string, unknown>> {
  const { verdicts, exitCode } = document("report", json) as { readonly verdicts?: unknown; readonly exitCode: number };
  const pairs = (verdicts as readonly { readonly name: string; readonly status: string }[]).map(({ name, status }) => [name, status]);
  return { exitCode, ...Object.fromEntries(pairs) };
}

describe("a report", () => {
  it("says in all three files what the check found", async () => {
    const bytes = await caseArchive();
    const { html: page, json, text } = await reportOf(await checkOf(bytes));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const fingerprint = /ptar1( [0-9a-f]{4}){16}/.exec(page)?.[0] as string;
    const common = [sha256, fingerprint, "26-1187", "JD/4", "J. Doe", "Warrant 26/4410", "seized 21 November", "case/journal.log"];
    common.push(
      "That the contents are true",
      "2026-11-22T08:30:00Z",
      "ptar verify evidence.ptar --trust lab.pub --report report",
      "not covered".slice(0, 3),
    );
    const md5 = createHash("md5").update("Collected on the spot.\n").digest("hex");
    for (const part of [...common, md5]) for (const file of [page, json, text]) expect(file).toContain(part);
    for (const words of ["it could not be opened: EACCES", "a part could not be read: EIO, 4 096 bytes at offset 4 096"])
      for (const file of [page, text]) expect(file).toContain(words);
    for (const file of [page, text]) expect(file.replaceAll(/\s+/g, " ")).toContain("after: 714 bytes, modified 2026-11-21 09:02:11Z");
    for (const file of [page, text]) expect(file.replaceAll(/\s+/g, " ")).toContain("by the clock of the machine that ran it");
  });

  it("is a document of its schema, with every entry", async () => {
    const { json } = await reportOf(await checkOf(await caseArchive()));
    const value = document("report", json);
    expect(value).toMatchObject({
      exitCode: 3,
      archive: { name: "evidence.ptar" },
      listing: { status: "whole", entries: 19, troubled: 3, problem: null },
      captured: { collected: ["name", "type", "content", "links", "mode", "mtime", "digests"] },
      verdicts: [{ status: "ok" }, { status: "trusted" }, { status: "claimed" }, { status: "incomplete" }, { status: "none" }],
    });
    expect(value.entries).toHaveLength(19);
    const { collected, notCollected } = value.captured as Record<"collected" | "notCollected", string[]>;
    expect(new Set([...collected, ...notCollected]).size).toBe(collected.length + notCollected.length);
    expect(notCollected).toContain("xattrs");
  });

  it("lists first what failed or changed, then the rest in the order of the archive", async () => {
    const { html: page, text } = await reportOf(await checkOf(await caseArchive()));
    const order = ["Failed, or changed while read", "case/interview, 2nd part.wav", "case/journal.log", "case/private.pst"];
    for (const file of [page, text]) {
      const places = [...order, "Collected without a problem", "case/README.txt", "case/mail/2026-11-10"].map((part) => at(file, part));
      expect(places).toEqual(places.toSorted((a, b) => a - b));
    }
    expect(rows(page)).toBe(19);
  });

  it("is bounded as a page, and says where the rest is", async () => {
    const check = await checkOf(await caseArchive());
    const { html: page, json, text } = await reportOf(check, { limits: { entries: 5, characters: 10_000 } });
    expect(rows(page)).toBe(5);
    for (const file of [page, text]) {
      expect(file).toContain("14 more entries of 19 stand in report.json only.");
      expect(file).toContain("case/private.pst");
    }
    expect(document("report", json).entries).toHaveLength(19);
    const short = await reportOf(check, { limits: { entries: 5, characters: 30 } });
    expect(rows(short.html)).toBe(2);
    expect(short.text).toContain("17 more entries of 19");
  });

  it("shows 5,000 entries of a large tree", async () => {
    const tree: MemoryTree = Object.fromEntries(Array.from({ length: 5_100 }, (_, i) => [`f${i}`, { type: "fifo" }]));
    const last = { type: "file", content: "x", openFault: "EIO" } as const;
    const { html: page, json } = await reportOf(await checkOf(await archiveOf({ ...tree, zzz: last })));
    expect(pageLimits.entries).toBe(5_000);
    expect(rows(page)).toBe(5_000);
    expect(page).toContain("101 more entries of 5 101 stand in report.json only.");
    expect(at(page, ">zzz<")).toBeLessThan(at(page, ">f0<"));
    expect(JSON.parse(json).entries).toHaveLength(5_101);
  });

  it("is printable ASCII of 100 columns as text, whatever the names are", async () => {
    for (const bytes of [await caseArchive(), await hostileArchive()]) {
      const { text } = await reportOf(await checkOf(bytes));
      expect(text).toMatch(/^[\x20-\x7e\n]+$/);
      for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    }
  });

  it("tells what is not true of all archives only where it is", async () => {
    const whole = await reportOf(await checkOf(await archiveOf({ a: "b" })));
    expect(whole.html).toContain("1 entry in the latest snapshot; none failed or changed while it was read.");
    expect(whole.html).not.toMatch(/Failed, or changed|more entr|hint, not as evidence/);
    const empty = await reportOf(await checkOf(await archiveOf({})));
    expect(empty.html).toContain("0 entries in the latest snapshot");
    expect(empty.html).not.toContain('class="entries"');
  });
});

describe("the verdicts of a report", () => {
  it("do not let a trusted signature stand for damage", async () => {
    const bytes = await caseArchive();
    const damaged = Uint8Array.from(bytes);
    damaged[700] = (damaged[700] as number) ^ 1;
    const { html: page, json } = await reportOf(await checkOf(damaged));
    expect(statusesOf(json)).toMatchObject({ exitCode: 4, integrity: "damaged", signature: "trusted" });
    expect(page).toContain("It does not stand for what is damaged.");
    expect(page).not.toContain("stands for its contents");
  });

  it("name an unknown key with what can be done", async () => {
    const { html: page, json, text } = await reportOf(await checkOf(await caseArchive(), { trust: { keys: [] } }));
    expect(statusesOf(json)).toMatchObject({ exitCode: 6, integrity: "ok", signature: "unknown key" });
    for (const file of [page, json, text]) expect(file).toContain("PTAR_SIGNER_UNTRUSTED");
    expect(page).toContain("ptar trust add &#39;ssh-ed25519 AAAA");
  });

  it("call an unsigned archive so", async () => {
    const { html: page, text } = await reportOf(await checkOf(await archiveOf({ a: "b" }, { signers: [] }), { allowUnsigned: true }));
    expect(page).toContain("The archive says that nobody signed it.");
    expect(text).toContain("contents signed by  nobody\n");
  });

  it("say of a level what was not read", async () => {
    const { html: page } = await reportOf(await checkOf(await caseArchive(), { level: "standard" }));
    expect(page).toContain("Contents of files were not read at this level.");
    expect(page).not.toContain("Every byte of the archive was read");
  });

  it("show a warning", async () => {
    const check = await checkOf(await caseArchive());
    const { integrity } = check.report;
    const { html: page } = await reportOf({ ...check, report: { ...check.report, integrity: { ...integrity, warnings: ["odd <b>"] } } });
    expect(page).toContain("<li>warning: odd &lt;b&gt;</li>");
  });
});

describe("a damaged archive", () => {
  it("whose pages cannot be read has a report that says that it cannot be listed", async () => {
    const bytes = await caseArchive();
    const { html: page, json, text } = await reportOf(await checkOf(bytes.subarray(0, -1)));
    expect(document("report", json)).toMatchObject({
      id: null,
      snapshot: null,
      captured: null,
      entries: [],
      listing: { status: "none", problem: { code: "PTAR_TRAILER_MISSING" } },
    });
    for (const file of [page, text]) {
      expect(file).toContain("The contents cannot be listed: ");
      expect(file).toContain("not known: the archive could not be opened");
      expect(file).toContain("(not known)");
    }
    expect(page).not.toContain('class="entries"');
  });

  it("whose pages are whole is listed as a hint", async () => {
    const bytes = await caseArchive();
    // the first block of contents stands before all pages
    const damaged = Uint8Array.from(bytes);
    damaged[600] = (damaged[600] as number) ^ 1;
    const { html: page, json } = await reportOf(await checkOf(damaged));
    expect(document("report", json)).toMatchObject({ exitCode: 4, listing: { status: "whole", entries: 19 } });
    expect(page).toContain("take this list as a hint, not as evidence");
  });

  it("that ends half-way through its pages is listed as far as they go", async () => {
    const lie = (kind: string, bytes: Uint8Array) => {
      const text = new TextDecoder().decode(bytes);
      return kind === "page" && text.includes('"name":"inner"') ? toUtf8(text.replace("inner", "in/er")) : bytes;
    };
    const write: Forgery["write"] = ({ file, directory }) => {
      file("a", ["aaa"]);
      directory("d", () => file("inner", ["b"]));
      file("z", ["z"]);
    };
    const { html: page, json, text } = await reportOf(await checkOf(await forged({ write, object: lie })));
    const { listing, entries } = document("report", json) as unknown as { listing: { status: string; entries: number }; entries: readonly object[] };
    expect(listing).toMatchObject({ status: "cut short", entries: entries.length });
    expect(entries.length).toBeGreaterThan(0);
    for (const file of [page, text]) expect(file.replaceAll(/\s+/g, " ")).toContain("The list ends early: ");
    expect(rows(page)).toBe(entries.length);
  });
});

describe("what an archive states", () => {
  const names = ["integrity", "signature", `${"x".repeat(110)} signature           TRUSTED: by everybody`];
  const withAttributes = (values = names) => {
    const attributes = () => values.toSorted().map((name) => ({ name, value: `said of ${name}` }));
    return archiveOf({ a: "b" }, { profile: "evidence", source: Object.assign(new MemorySource({ a: "b" }), { attributes }) });
  };

  it("stands apart from what the check found, with names in quotes", async () => {
    const { html: page, text } = await reportOf(await checkOf(await withAttributes()));
    expect(page).not.toMatch(/<dt>(signature|integrity)<\/dt>/);
    expect(page).toMatch(
      /<caption>Attributes, as the archive states them<\/caption>[\s\S]*<td>&quot;signature&quot;<\/td><td>said of signature<\/td>/,
    );
    expect(text.match(/^(signature|integrity) /gm)).toEqual(["integrity ", "signature "]);
    expect(text).toContain('\nattribute           "signature"\nvalue               said of signature\n');
  });

  it("never begins a line of the text at the left", async () => {
    const long = "far ".repeat(40);
    const check = await checkOf(await withAttributes([...names, `${long}integrity OK`]));
    const failure = new PtarError("PTAR_ENTRY_INVALID", `page: entry "${long}signature TRUSTED"`);
    const unreadable = { ...check, contents: { kind: "unreadable", failure }, report: { ...check.report, ...damage } } as const;
    for (const { text } of [await reportOf(check), await reportOf(unreadable)])
      for (const line of text.split("\n")) expect(line).not.toMatch(/^(x|far|said|signature +TRUSTED:? by|signature TRUSTED|integrity OK$)/);
  });

  it("is bounded on the page", async () => {
    const many = Array.from({ length: 60 }, (_, i) => `name ${String(i).padStart(2, "0")}`);
    const { html: page, text } = await reportOf(await checkOf(await withAttributes(many)));
    expect(page.match(/<td>&quot;name/g)).toHaveLength(50);
    for (const file of [page, text]) expect(file).toContain("10 more attributes in report.json.");
  });

  it("is called a statement of the archive where nobody trusted stands for it", async () => {
    const tree = { a: { type: "file", content: "x", openFault: "EACCES" } } as const;
    const meanings = async (signers: readonly Signer[], options: object) => {
      const { json } = await reportOf(await checkOf(await archiveOf(tree, { signers }), options));
      const { verdicts } = document("report", json) as unknown as { verdicts: readonly { name: string; meaning: string }[] };
      return verdicts.find(({ name }) => name === "completeness")?.meaning;
    };
    expect(await meanings([author], {})).toMatch(/This is signed and stays so for ever\.$/);
    expect(await meanings([], { allowUnsigned: true })).toMatch(/^The archive says that [^.]*\.$/);
    expect(await meanings([author], { trust: { keys: [] } })).toMatch(/^The archive says that [^.]*\.$/);
    const { html: page } = await reportOf(await checkOf(await archiveOf({ a: "b" }, { signers: [] }), { allowUnsigned: true }));
    expect(page).toContain("The archive says that nothing that was met at the source failed");
    const { text } = await reportOf(await checkOf(await archiveOf(tree, { signers: [] }), { allowUnsigned: true }));
    expect(text).toContain("3: the archive says that its collection is incomplete");
    expect(text.replaceAll(/\s+/g, " ")).not.toMatch(/is signed/);
  });
});

describe("foreign text in a page", () => {
  it("cannot become markup or command a terminal", async () => {
    const {
      html: page,
      json,
      text,
    } = await reportOf(await checkOf(await hostileArchive(), { archive: '<script>"\u202e.ptar', command: "ptar '\x1b[2J<img>'" }));
    for (const file of [page, json, text]) expect(file.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(page).not.toMatch(/<(script|img|svg|iframe|b|object|a|link|form)\b/i);
    expect(page).toContain("&lt;script&gt;");
    expect(page).toContain("\\u{202e}");
    expect(page).toContain("\\x1b[31m");
    document("report", json);
  });

  it("is escaped by the template itself", () => {
    expect(html`<p title="${`"><b>'&`}">${"\x1b\u202e"}</p>`.toString()).toBe('<p title="&quot;&gt;&lt;b&gt;&#39;&amp;">\\x1b\\u{202e}</p>');
    expect(html`${[html`<i></i>`, html`${"<"}`]}`.toString()).toBe("<i></i>&lt;");
    expect(html`x`).toBeInstanceOf(Markup);
  });

  it("finds a page without scripts, without anything from elsewhere, and with a policy that allows neither", async () => {
    const { html: page } = await reportOf(await checkOf(await caseArchive()));
    expect(page).toMatch(
      /^<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;;/,
    );
    expect(page).not.toMatch(/<script|\bon[a-z]+=|https?:|url\(|@import|\ssrc=|\shref=/i);
    expect(page.match(/<th\b(?![^>]*\bscope=)[^>]*>/g)).toBeNull();
  });
});

describe("a long story", () => {
  it("of errors, sources and statements is cut on the page and whole in report.json", async () => {
    const faults = Array.from({ length: 10 }, (_, i) => ({ offset: i * 8192, length: 4096, errno: "EIO" }));
    const tree: MemoryTree = { bad: { type: "file", content: new Uint8Array(81_920), faults } };
    const sources = Array.from({ length: 60 }, (_, i) => ({ kind: "files", label: `source number ${i}` }) as const);
    const check = await checkOf(await archiveOf(tree, { source: Object.assign(new MemorySource(tree), { sources }) }));
    const [generation] = check.report.generations;
    const later = Array.from({ length: 300 }, () => generation?.statements[0] as StatementReport);
    const generations = [{ ...(generation as GenerationReport), later }];
    const { html: page, json, text } = await reportOf({ ...check, report: { ...check.report, generations } });
    expect(page.match(/a part could not be read: EIO/g)).toHaveLength(8);
    expect(page.match(/source number/g)).toHaveLength(50);
    expect(page.match(/<td>archive created<\/td>/g)).toHaveLength(199);
    for (const file of [page, text]) {
      expect(file).toContain("2 more errors in report.json");
      expect(file).toContain("102 more statements stand in report.json.");
    }
    expect(page).toContain("<dt>more sources</dt><dd>10, in report.json</dd>");
    for (const [part, times] of [
      ['"operation":"read"', 10],
      ["source number", 60],
      ['"action":"created"', 301],
    ] as const)
      expect(json.split(part)).toHaveLength(times + 1);
  });
});

describe("a report that cannot be made", () => {
  it("fails with the disk, and does not call the archive damaged", async () => {
    const bytes = await caseArchive();
    const memory = new MemoryReader(bytes);
    const failure = new PtarError("PTAR_IO_FAILED", "archive: the device reports an error (EIO)");
    const broken = { length: memory.length, read: () => Promise.reject(failure) };
    await expect(openLatest(broken, { engine: native, trust: { keys: [] }, seen: "checked" })).rejects.toBe(failure);
  });

  it("stops on request", async () => {
    const stopped = AbortSignal.abort(new PtarError("PTAR_INTERRUPTED", "stopped on request"));
    await expect(reportOf(await checkOf(await caseArchive()), { signal: stopped })).rejects.toThrow("stopped on request");
  });
});

describe("the digest of a whole archive", () => {
  it("comes from the reads of its check, and from no byte twice", async () => {
    const bytes = await caseArchive();
    let read = 0;
    const memory = new MemoryReader(bytes);
    const counted = {
      length: memory.length,
      read(offset: number, length: number) {
        read += length;
        return memory.read(offset, length);
      },
    };
    const input = digestingReader(counted, native.crypto);
    await verifyArchive(input, { engine: native, trust: { keys: [] } });
    const before = read;
    expect(Buffer.from(await input.sha256()).toString("hex")).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(read).toBe(before);
  });

  it("is right whatever was read before, in any order", async () => {
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => i * 7);
    const input = digestingReader(new MemoryReader(bytes), native.crypto);
    for (const [offset, length] of [
      [50, 10],
      [0, 20],
      [10, 30],
      [5, 5],
      [2_999_999, 1],
      [40, 0],
    ] as const)
      expect(await input.read(offset, length)).toEqual(bytes.subarray(offset, offset + length));
    expect(Buffer.from(await input.sha256()).toString("hex")).toBe(createHash("sha256").update(bytes).digest("hex"));
  });
});

it("names all signers of statements, also of later ones", async () => {
  const bytes = await archiveOf({ a: "b" }, { signers: [author, signerOf(2)] });
  expect((await verifyBytes(bytes)).generations[0]?.statements).toHaveLength(2);
  const { html: page } = await reportOf(await checkOf(bytes));
  expect(page.match(/<td>archive created<\/td>/g)).toHaveLength(2);
  expect(page.match(/<td>snapshot collected<\/td>/g)).toHaveLength(2);
});
