// Statements: about this subject, signed by this key, and what trust makes of them. spec/08-manifest.md#statement, spec/09-trust.md
import { describe, expect, it } from "vitest";
import { portableCrypto } from "../../src/crypto/portable.js";
import type { Role } from "../../src/format/statement.js";
import type { Trust } from "../../src/keys/trust.js";
import { nativeCrypto } from "../../src/native/crypto.js";
import { type ArchiveSubject, type SnapshotSubject, signArchive, signSnapshot } from "../../src/statement/sign.js";
import { type JudgedStatement, judge, vouches } from "../../src/statement/verdict.js";
import { verifyArchiveStatement, verifySnapshotStatement } from "../../src/statement/verify.js";
import { author, signerOf } from "../container/build.js";
import { refusal } from "../container/refusal.js";

const hash = (fill: number) => new Uint8Array(32).fill(fill);
const claim = { role: "author", time: "2026-11-21T09:02:11Z" } as const;
const archive: ArchiveSubject = { archiveId: hash(1), generation: 2, manifest: hash(3), tree: { size: 4, root: hash(5) } };
const snapshot: SnapshotSubject = { id: hash(6), items: { count: 1, hiding: true, root: "07".repeat(32), rule: "ptar1/item" } };

describe.each([
  ["portable", portableCrypto],
  ["native", nativeCrypto],
])("%s crypto", (_name, crypto) => {
  it("verifies what was signed, and gives the body", async () => {
    const body = verifyArchiveStatement(crypto, await signArchive(author, archive, claim), archive, "generation");
    expect(body).toMatchObject({ type: "archive", action: "created", role: "author", generation: 2, time: claim.time, ext: [] });
    const witnessed = await signArchive(author, archive, { ...claim, role: "witness", action: "witnessed" });
    expect(verifyArchiveStatement(crypto, witnessed, archive, "tail")).toMatchObject({ role: "witness", action: "witnessed" });
    const about = verifySnapshotStatement(crypto, await signSnapshot(author, snapshot, { ...claim, role: "witness" }), snapshot);
    expect(about).toMatchObject({ type: "snapshot", action: "collected", role: "witness", items: { count: 1 } });
  });

  it("refuses a signature with any bit changed, and a body of another key", async () => {
    const stored = await signArchive(author, archive, claim);
    for (let at = 0; at < 64; at += 9) {
      const changed = stored.with(at, (stored[at] as number) ^ (1 << (at % 8)));
      expect(await refusal(() => verifyArchiveStatement(crypto, changed, archive, "generation"))).toMatch(
        /^PTAR_SIGNATURE_INVALID: archive statement: the signature is not valid under the key [0-9a-f]{64}/,
      );
    }
    const other = Uint8Array.of(...stored.subarray(0, 64), ...(await signArchive(signerOf(2), archive, claim)).subarray(64));
    expect(await refusal(() => verifyArchiveStatement(crypto, other, archive, "generation"))).toMatch(/^PTAR_SIGNATURE_INVALID/);
    const about = await signSnapshot(author, snapshot, claim);
    const swapped = Uint8Array.of(...stored.subarray(0, 64), ...about.subarray(64));
    expect(await refusal(() => verifySnapshotStatement(crypto, swapped, snapshot))).toMatch(/^PTAR_SIGNATURE_INVALID: snapshot statement/);
  });

  it.each<readonly [string, Partial<ArchiveSubject>, string]>([
    ["archive", { archiveId: hash(9) }, "archive id 01"],
    ["generation", { generation: 3 }, "generation 2, expected 3"],
    ["manifest", { manifest: hash(9) }, "manifest 03"],
    ["tree size", { tree: { ...archive.tree, size: 5 } }, "tree size 4, expected 5"],
    ["tree root", { tree: { ...archive.tree, root: hash(9) } }, "tree root 05"],
  ])("refuses a statement about another %s before it looks at the signature", async (_what, change, sentence) => {
    const stored = (await signArchive(author, archive, claim)).with(0, 0);
    const answer = await refusal(() => verifyArchiveStatement(crypto, stored, { ...archive, ...change }, "generation"));
    expect(answer).toContain(`PTAR_STATEMENT_MISMATCH: archive statement: ${sentence}`);
  });

  it("refuses an action that may not stand where it does before it looks at the signature", async () => {
    for (const [action, place] of [
      ["witnessed", "generation"],
      ["created", "tail"],
    ] as const) {
      const stored = (await signArchive(author, archive, { ...claim, action })).with(0, 0);
      expect(await refusal(() => verifyArchiveStatement(crypto, stored, archive, place))).toBe(
        `PTAR_STATEMENT_MISMATCH: archive statement: action ${action} in a ${place}`,
      );
    }
  });

  it.each<readonly [string, Partial<SnapshotSubject>, string]>([
    ["snapshot", { id: hash(9) }, "snapshot 06"],
    ["count", { items: { ...snapshot.items, count: 2 } }, "items 1 items, root 07"],
    ["root", { items: { ...snapshot.items, root: "08".repeat(32) } }, "items 1 items, root 07"],
  ])("refuses a snapshot statement about another %s", async (_what, change, sentence) => {
    const stored = await signSnapshot(author, snapshot, claim);
    const answer = await refusal(() => verifySnapshotStatement(crypto, stored, { ...snapshot, ...change }));
    expect(answer).toContain(`PTAR_STATEMENT_MISMATCH: snapshot statement: ${sentence}`);
  });
});

describe("trust", () => {
  const body = async () => verifyArchiveStatement(nativeCrypto, await signArchive(author, archive, claim), archive, "generation");
  const key = { publicKey: author.publicKey, name: "Ada" };

  it.each<readonly [string, Trust, Partial<JudgedStatement>]>([
    ["trusted", { keys: [key] }, { status: "trusted", name: "Ada" }],
    ["trusted at the last second", { keys: [{ ...key, validBefore: claim.time }] }, { status: "trusted" }],
    ["unknown", { keys: [{ publicKey: signerOf(2).publicKey, name: "Bob" }] }, { status: "unknown-key" }],
    ["expired", { keys: [{ ...key, validBefore: "2026-11-21T09:02:10Z" }] }, { status: "expired", name: "Ada" }],
    ["not yet valid", { keys: [{ ...key, validAfter: "2026-11-21T09:02:12Z" }] }, { status: "expired", name: "Ada" }],
  ])("finds a key %s", async (_what, trust, expected) => {
    expect(judge(await body(), trust)).toMatchObject({
      subject: "archive",
      role: "author",
      action: "created",
      publicKey: author.publicKey,
      ...expected,
    });
  });

  it("lets an author vouch by either statement, others by one about the snapshot, a carrier by none", () => {
    const judged = (subject: JudgedStatement["subject"], role: Role, status: JudgedStatement["status"] = "trusted"): JudgedStatement[] => [
      { subject, role, status, action: "created", publicKey: hash(1), time: claim.time },
    ];
    for (const role of ["author", "co-signer", "witness", "custodian"] as const) {
      expect([role, vouches(judged("snapshot", role))]).toEqual([role, true]);
      expect([role, vouches(judged("archive", role))]).toEqual([role, role === "author"]);
      expect([role, vouches(judged("snapshot", role, "expired")), vouches(judged("snapshot", role, "unknown-key"))]).toEqual([role, false, false]);
    }
    expect([vouches(judged("snapshot", "carrier")), vouches(judged("archive", "carrier")), vouches([])]).toEqual([false, false, false]);
  });
});
