// What verification makes of signers, tails and generations. spec/09-trust.md#vouching, spec/10-verify.md#verdicts
import { describe, expect, it } from "vitest";
import { openArchive } from "../../src/archive/open.js";
import { toHex } from "../../src/bytes/hex.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { compareKeys, type IndexRow } from "../../src/format/index-page.js";
import { type ArchiveBuilder, author, signerOf } from "../container/build.js";
import { refusal } from "../container/refusal.js";
import { codesOf, extractedOf, native, trusting, verifyBytes } from "./engines.js";
import { type Forgery, forge, forged, isChunk, without } from "./forge.js";

const other = "ab".repeat(32);

describe("signatures and trust", () => {
  const expired = { keys: [{ publicKey: author.publicKey, name: "old", validBefore: "2020-01-01T00:00:00Z" }] };

  it("report an unknown, an expired and a missing signer with their exit codes", async () => {
    const bytes = await forged();
    const unknown = await verifyBytes(bytes, { trust: trusting(signerOf(9)) });
    expect(unknown).toMatchObject({
      exitCode: 6,
      signature: { status: "unknown-key", problems: [{ code: "PTAR_SIGNER_UNTRUSTED" }] },
      integrity: { status: "ok" },
    });
    expect(await verifyBytes(bytes, { trust: { keys: [] } })).toMatchObject({ exitCode: 6, snapshots: [{ vouched: false }] });
    expect(await verifyBytes(bytes, { trust: expired })).toMatchObject({
      exitCode: 6,
      snapshots: [{ statements: [{ status: "expired", name: "old" }] }],
    });
    const unsigned = await forged({ plan: { signers: [] } });
    expect(await verifyBytes(unsigned)).toMatchObject({
      exitCode: 5,
      signature: { status: "unsigned", problems: [{ code: "PTAR_SIGNATURE_MISSING" }] },
    });
    expect(await verifyBytes(unsigned, { allowUnsigned: true })).toMatchObject({ exitCode: 0, signature: { status: "unsigned", problems: [] } });
    const stripped = await forged({ plan: { statements: () => [] } });
    expect(await verifyBytes(stripped, { allowUnsigned: true })).toMatchObject({ exitCode: 5, signature: { status: "invalid" } });
  });

  it("let no carrier vouch for contents", async () => {
    const carried = await forged({ role: "carrier" });
    expect(await verifyBytes(carried)).toMatchObject({
      exitCode: 6,
      snapshots: [{ vouched: false }],
      signature: { problems: [{ code: "PTAR_SIGNER_UNTRUSTED" }] },
    });
    const witnessed = await forged({ role: "witness" });
    expect(await verifyBytes(witnessed)).toMatchObject({ exitCode: 0, snapshots: [{ vouched: true }] });
    const fileOnly = await forged({ role: "witness", about: async () => [] });
    expect(await verifyBytes(fileOnly)).toMatchObject({ exitCode: 6, snapshots: [{ vouched: false }] });
    const byAuthor = await forged({ about: async () => [] });
    expect(await verifyBytes(byAuthor)).toMatchObject({ exitCode: 0, snapshots: [{ vouched: true, statements: [] }] });
  });

  it("let no tail make a signer", async () => {
    const stranger = signerOf(9);
    const received = (await forge({ plan: { signers: [stranger] } })).tail([author]).bytes();
    expect(await verifyBytes(received)).toMatchObject({
      exitCode: 6,
      signature: { status: "unknown-key" },
      custody: { status: "recorded", statements: [{ status: "trusted", role: "custodian" }] },
    });
    const asAuthor = (await forge({ plan: { signers: [stranger] } })).tail([author], (own) => ({ ...own, role: "author" })).bytes();
    expect(await verifyBytes(asAuthor)).toMatchObject({ exitCode: 6, snapshots: [{ vouched: false }] });
    expect(await verifyBytes(asAuthor, { trust: trusting(stranger) })).toMatchObject({ exitCode: 0 });
  });

  it("hold in tails: about everything before them, and not for another place", async () => {
    const tail = async (change: Parameters<ArchiveBuilder["tail"]>[1]) => codesOf((await forge()).tail([signerOf(2)], change).bytes());
    expect(await tail(undefined)).toEqual([]);
    expect(await tail((own) => ({ ...own, tree: { ...own.tree, size: own.tree.size - 1 } }))).toEqual(["PTAR_STATEMENT_MISMATCH"]);
    expect(await tail((own) => ({ ...own, tree: { ...own.tree, root: other } }))).toEqual(["PTAR_STATEMENT_MISMATCH"]);
    expect(await tail((own) => ({ ...own, action: "created" }))).toEqual(["PTAR_STATEMENT_MISMATCH"]);
    expect(await tail((own) => ({ ...own, publicKey: toHex(author.publicKey) }))).toEqual(["PTAR_SIGNATURE_INVALID"]);
  });

  it("hold by the hundred", async () => {
    const builder = await forge();
    const signers = Array.from({ length: 60 }, () => author);
    for (let tail = 0; tail < 3; tail++) builder.tail(signers);
    const report = await verifyBytes(builder.bytes(), { level: "standard" });
    expect(report).toMatchObject({ exitCode: 0, generations: [{ tails: 3 }], custody: { status: "recorded" } });
    expect(report.custody.statements).toHaveLength(180);
  });

  it("take the newest generation for the view, and name the last trusted one", async () => {
    const stranger = signerOf(9);
    const newer = async (signers: readonly (typeof stranger)[]) =>
      (await forge({ plan: { signers }, write: (tree) => void tree.file("later", ["new"]) }, await forge())).bytes();
    const bytes = await newer([stranger]);
    const { signature, exitCode } = await verifyBytes(bytes);
    const named = /generation 2 is signed by [0-9a-f]{64}, which is not trusted here; the last trusted generation is 1 \(manifest [0-9a-f]{64}\)/;
    expect([exitCode, signature.problems[0]?.message]).toEqual([6, expect.stringMatching(named)]);
    expect(await verifyBytes(bytes, { trust: trusting(author, stranger) })).toMatchObject({ exitCode: 0, integrity: { status: "ok", entries: 7 } });
    expect(await verifyBytes(bytes, { trust: trusting(stranger) })).toMatchObject({
      exitCode: 6,
      snapshots: [{ vouched: false }, { vouched: true }],
    });
    expect(await codesOf(await newer([]))).toEqual(["PTAR_SIGNATURE_MISSING"]);
    const open = () => openArchive(new MemoryReader(bytes), { engine: native, trust: trusting(author) });
    expect(await refusal(open)).toMatch(/^PTAR_SIGNER_UNTRUSTED/);
    expect(await extractedOf(bytes)).toEqual([expect.stringMatching(/^file later 3 /)]);
  });

  it("come last: a damaged archive is damaged whoever signed it", async () => {
    const bytes = await forged({ objects: without("chunk", "aaa") });
    expect(await verifyBytes(bytes, { trust: { keys: [] } })).toMatchObject({
      exitCode: 4,
      integrity: { status: "damaged" },
      signature: { problems: [] },
    });
  });

  it("that are invalid leave integrity open: nothing behind them was looked at", async () => {
    const bytes = await forged({ plan: { statement: (own) => ({ ...own, publicKey: toHex(signerOf(9).publicKey) }), signers: [author] } });
    const swapped = await verifyBytes(bytes);
    expect(swapped).toMatchObject({ exitCode: 5, integrity: { status: "unknown", problems: [] }, signature: { status: "invalid" } });
  });

  it("do not cover frames that were added later, and verify names them", async () => {
    const noted = await forge();
    noted.frame("note", toUtf8("added by anybody"));
    const report = await verifyBytes(noted.tail([]).bytes());
    expect(report).toMatchObject({ exitCode: 0, signature: { status: "trusted" } });
    expect(report.integrity.warnings).toEqual(["added later and covered by no signature: note"]);
    const received = (await forge()).tail([author]).bytes();
    expect((await verifyBytes(received)).integrity.warnings).toEqual([]);
  });

  it("do not replace the fingerprint that is expected", async () => {
    const bytes = await forged();
    const { fingerprint } = await verifyBytes(bytes);
    expect(await codesOf(bytes, { expect: fingerprint as Uint8Array })).toEqual([]);
    expect(await codesOf(bytes, { expect: new Uint8Array(32) })).toEqual(["PTAR_VERIFY_UNEXPECTED"]);
    expect(await codesOf(bytes, { expect: new Uint8Array(32), trust: { keys: [] } })).toEqual(["PTAR_VERIFY_UNEXPECTED", "PTAR_SIGNER_UNTRUSTED"]);
    expect((await verifyBytes(bytes, { expect: new Uint8Array(32) })).exitCode).toBe(4);
  });
});

describe("several generations", () => {
  const later: Forgery = { write: (tree) => void tree.file("later", ["aaa"]), objects: without("chunk") };

  it("share objects, and a row that stands in two roots is refused", async () => {
    const kept: { row?: IndexRow } = {};
    const first = () =>
      forge({
        plan: {
          index: (rows) => {
            Object.assign(kept, { row: rows.find((row) => isChunk(row, "aaa")) });
            return rows;
          },
        },
      });
    expect(await codesOf((await forge(later, await first())).bytes(), { level: "deep" })).toEqual([]);
    const index = (rows: readonly IndexRow[]) => [...rows, kept.row as IndexRow].toSorted(compareKeys);
    expect(await codesOf((await forge({ ...later, plan: { index } }, await first())).bytes())).toEqual(["PTAR_INDEX_INVALID"]);
  });

  it("stay incomplete when an earlier one was", async () => {
    const failing: Forgery = {
      write: ({ tree }) => {
        tree.add(toUtf8("f"), { name: "f", type: "file", size: 1, sha256: null, errors: [{ code: "EIO", operation: "open" }] }, {});
      },
    };
    expect(await verifyBytes(await forged(failing))).toMatchObject({ exitCode: 3, completeness: { status: "incomplete", counters: { failed: 1 } } });
    expect(await verifyBytes((await forge({}, await forge(failing))).bytes())).toMatchObject({ exitCode: 3, completeness: { status: "incomplete" } });
  });
});

describe("a run", () => {
  it("stops on request, and reports how far it is", async () => {
    const bytes = await forged();
    await expect(verifyBytes(bytes, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
    const phases = new Set<string>();
    await verifyBytes(bytes, { onProgress: ({ phase }) => phases.add(phase) });
    expect([...phases]).toEqual(["verify"]);
  });
});
