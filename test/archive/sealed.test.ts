// Whole archives, sealed: what goes in comes out with a key, and nothing but the file itself without. spec/14-encryption.md
import { describe, expect, it } from "vitest";
import { createArchive } from "../../src/archive/create.js";
import { archiveInfo } from "../../src/archive/info.js";
import { openArchive, openSigned } from "../../src/archive/open.js";
import type { Level } from "../../src/archive/results.js";
import { verifyArchive } from "../../src/archive/verify.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemorySink } from "../../src/connectors/memory/sink.js";
import { MemorySource } from "../../src/connectors/memory/source.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { frameTypes } from "../../src/format/frame.js";
import { encodeKeysPlaintext } from "../../src/format/keys.js";
import type { KeyRing } from "../../src/keys/key-ring.js";
import { author, signerOf } from "../container/build.js";
import { refusal } from "../container/refusal.js";
import { sealedBuilder, withTail } from "../container/sealed-archives.js";
import { archiveId, keysFor, keysForPassphrase, owner, ringOf, stranger } from "../container/sealing.js";
import { codesOf, create, extractedOf, native, noise, portable, trusting, verifyBytes } from "./engines.js";
import { type Forgery, forge, without } from "./forge.js";
import { framesOf } from "./rehashing.js";
import { sealedOf, sealForOwner } from "./sealing.js";

const tree: MemoryTree = {
  d: { type: "directory", children: { "a.txt": "A".repeat(300), "b.txt": "bb", empty: "" } },
  f: { type: "file", content: "same", group: "1" },
  g: { type: "file", content: "same", group: "1" },
  large: noise(1_300_000),
  s: { type: "symlink", destination: "d/a.txt" },
};
const levels: readonly Level[] = ["standard", "full", "deep"];
const withOwner = { keys: ringOf(owner) };

describe("a sealed archive", () => {
  it.each([
    ["portable", portable],
    ["native", native],
  ])("made by the %s engine gives back what went in, by any engine", async (_name, engine) => {
    const expected = await extractedOf((await create(tree)).bytes);
    for (const codec of ["store", "deflate", "zstd"] as const) {
      const bytes = await sealedOf(tree, { engine, codec });
      for (const reading of [portable, native]) expect(await extractedOf(bytes, reading, ringOf(owner))).toEqual(expected);
      expect(await verifyBytes(bytes, { ...withOwner, engine: portable, level: "deep" })).toMatchObject({ exitCode: 0 });
    }
  });

  it("of nothing opens, too", async () => {
    const bytes = await sealedOf({});
    expect(await extractedOf(bytes, native, ringOf(owner))).toEqual([]);
    for (const level of levels) expect((await verifyBytes(bytes, { ...withOwner, level })).exitCode).toBe(0);
  });

  it("has a secret, a salt and an id of its own", async () => {
    const [first, second] = [framesOf(await sealedOf(tree)), framesOf(await sealedOf(tree))];
    expect(first.map(({ type }) => type)).toEqual(second.map(({ type }) => type));
    for (const [i, { type, payload }] of first.entries()) {
      // of these the text is fixed, and the numbers depend on lengths alone
      if (type === frameTypes.about || type === frameTypes.trailer) continue;
      expect(Buffer.from(payload).equals(second[i]?.payload as Uint8Array), `frame ${i + 1}`).toBe(false);
    }
  });

  it("is not reproducible, and is sealed for somebody", async () => {
    const make = (options: object) =>
      createArchive({ source: new MemorySource(tree), sink: new MemorySink(), engine: native, signers: [author], seal: sealForOwner, ...options });
    await expect(make({ reproducible: {} })).rejects.toThrow(new TypeError("an archive is reproducible or sealed, not both"));
    await expect(make({ reproducible: { epoch: 5 } })).rejects.toThrow(TypeError);
    await expect(make({ seal: { recipients: [] } })).rejects.toThrow(new TypeError("nobody to seal the archive for"));
  });

  it("tells the archive's fingerprint and length as they are", async () => {
    const { bytes, fingerprint, archiveBytes } = await create(tree, { seal: sealForOwner });
    const report = await verifyBytes(bytes);
    expect([report.fingerprint, report.integrity.bytes, archiveBytes]).toEqual([fingerprint, bytes.length, bytes.length]);
  });
});

describe("verification of a sealed archive", () => {
  const made = sealedOf(tree);

  it.each(levels)("at level %s checks everything with a key", async (level) => {
    const plain = await verifyBytes((await create(tree)).bytes, { level });
    const report = await verifyBytes(await made, { ...withOwner, level });
    expect(report).toMatchObject({
      exitCode: 0,
      integrity: { status: "ok", problems: [], warnings: [], objects: plain.integrity.objects, entries: plain.integrity.entries, unreferenced: 0 },
      contents: { status: "checked", problems: [] },
      encryption: { suite: "aes-256-gcm", keySource: "keys", recipients: ["X25519"], passphrases: 0, uncovered: 0, opened: true },
      signature: { status: "trusted" },
      completeness: { status: "complete", counters: { failed: 0 } },
    });
    expect(report.snapshots).toHaveLength(1);
  });

  it.each(levels)("at level %s checks all but the contents without a key", async (level) => {
    expect(await verifyBytes(await made, { level })).toMatchObject({
      exitCode: 0,
      integrity: { status: "ok", objects: 0, entries: 0, problems: [] },
      contents: { status: "sealed", problems: [] },
      encryption: { opened: false },
      signature: { status: "trusted" },
      completeness: { status: "complete" },
      snapshots: [],
    });
  });

  it.each(levels)("at level %s goes on with a wrong key, and says so", async (level) => {
    const bytes = await made;
    const report = await verifyBytes(bytes, { keys: ringOf(stranger), level });
    expect(report).toMatchObject({
      exitCode: 8,
      integrity: { status: "ok", problems: [], bytes: bytes.length, frames: framesOf(bytes).length },
      contents: { status: "refused", problems: [{ code: "PTAR_IDENTITY_WRONG" }] },
      signature: { status: "trusted", problems: [] },
      completeness: { status: "complete" },
      encryption: { opened: false },
    });
    expect((await verifyBytes(bytes, { keys: { identities: [] }, level })).contents.problems).toMatchObject([{ code: "PTAR_KEY_REQUIRED" }]);
  });

  it("looks at every byte with a wrong key, too: damage comes first", async () => {
    const bytes = (await made).slice();
    const block = framesOf(bytes).find(({ type }) => type === frameTypes.blockData)?.payload as Uint8Array;
    block[7] = (block[7] as number) ^ 1;
    for (const [keys, status] of [
      [undefined, "sealed"],
      [ringOf(owner), "unknown"],
      [ringOf(stranger), "refused"],
      [ringOf(), "refused"],
    ] as const) {
      const report = await verifyBytes(bytes, keys && { keys });
      expect(report).toMatchObject({ exitCode: 4, integrity: { status: "damaged", problems: [{ code: "PTAR_FRAME_CHECK" }] }, contents: { status } });
    }
    // what is not read is not seen
    expect((await verifyBytes(bytes, { level: "standard" })).exitCode).toBe(0);
  });

  it("can be told to take keys that do not fit for none, but not those that fit badly", async () => {
    const ignoring = { otherKeys: "ignored" } as const;
    for (const keys of [ringOf(stranger), ringOf()])
      expect(await verifyBytes(await made, { keys, ...ignoring })).toMatchObject({ exitCode: 0, contents: { status: "sealed", problems: [] } });
    expect(await verifyBytes(await made, { ...withOwner, ...ignoring })).toMatchObject({ exitCode: 0, contents: { status: "checked" } });
    const other = sealedBuilder([await keysFor([owner], encodeKeysPlaintext(archiveId, new Uint8Array(32)))]);
    const bytes = (await forge({}, other)).bytes();
    expect(await verifyBytes(bytes, { ...withOwner, ...ignoring })).toMatchObject({
      exitCode: 8,
      contents: { status: "refused", problems: [{ code: "PTAR_KEY_COMMITMENT" }] },
    });
    expect(await verifyBytes(bytes)).toMatchObject({ exitCode: 0, contents: { status: "sealed" } });
  });

  it("judges signers without a key, and puts a wrong key before an unknown signer", async () => {
    const others = { trust: trusting(signerOf(9)) };
    expect(await verifyBytes(await made, others)).toMatchObject({ exitCode: 6, signature: { status: "unknown-key" } });
    const both = await verifyBytes(await made, { ...others, keys: ringOf(stranger) });
    expect(both).toMatchObject({ exitCode: 8, signature: { problems: [{ code: "PTAR_SIGNER_UNTRUSTED" }] } });
    const unsigned = await sealedOf(tree, { signers: [] });
    expect(await verifyBytes(unsigned)).toMatchObject({ exitCode: 5, signature: { status: "unsigned" } });
    expect(await verifyBytes(unsigned, { allowUnsigned: true })).toMatchObject({ exitCode: 0, contents: { status: "sealed" } });
    expect(await verifyBytes(unsigned, { allowUnsigned: true, ...withOwner })).toMatchObject({ exitCode: 0, contents: { status: "checked" } });
  });

  it("compares the fingerprint without a key", async () => {
    expect(await codesOf(await made, { expect: new Uint8Array(32) })).toEqual(["PTAR_VERIFY_UNEXPECTED"]);
    expect(await codesOf(await made, { expect: (await verifyBytes(await made)).fingerprint as Uint8Array })).toEqual([]);
  });

  it("tells of incomplete collections without a key", async () => {
    const failing: MemoryTree = { a: { type: "file", content: "aaaa", openFault: "EACCES" }, b: "b" };
    const bytes = await sealedOf(failing);
    expect(await verifyBytes(bytes)).toMatchObject({ exitCode: 3, completeness: { status: "incomplete" } });
    expect(await verifyBytes(bytes, withOwner)).toMatchObject({ exitCode: 3, completeness: { status: "incomplete", counters: { failed: 1 } } });
    const wrong = await verifyBytes(bytes, { keys: ringOf(stranger) });
    expect(wrong).toMatchObject({ exitCode: 8, completeness: { status: "incomplete" } });
  });

  it("ignores keys where nothing is sealed", async () => {
    const ring: KeyRing = { ...ringOf(stranger), passphrase: () => Promise.reject(new Error("asked")) };
    const report = await verifyBytes((await create(tree)).bytes, { keys: ring });
    expect(report).toMatchObject({ exitCode: 0, contents: { status: "checked" } });
    expect(report.encryption).toBeUndefined();
  });

  it("stops on request, also without a key", async () => {
    const stopped = verifyArchive(new MemoryReader(await made), {
      engine: native,
      trust: trusting(author),
      signal: AbortSignal.abort(new Error("enough")),
    });
    await expect(stopped).rejects.toThrow("enough");
  });
});

describe("opening a sealed archive", () => {
  it("takes a key", async () => {
    const bytes = await sealedOf(tree);
    const open = (keys?: KeyRing) => openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer", ...(keys && { keys }) });
    expect(await refusal(() => open())).toMatch(/^PTAR_KEY_REQUIRED/);
    expect(await refusal(() => open(ringOf(stranger)))).toMatch(/^PTAR_IDENTITY_WRONG/);
    expect((await open(ringOf(owner))).snapshotIds).toHaveLength(1);
  });

  it("is judged for its signer after its key", async () => {
    const bytes = await sealedOf(tree, { signers: [signerOf(9)] });
    const open = (keys: KeyRing) => openArchive(new MemoryReader(bytes), { engine: native, trust: trusting(author), keys });
    expect(await refusal(() => open(ringOf(stranger)))).toMatch(/^PTAR_IDENTITY_WRONG/);
    expect(await refusal(() => open(ringOf(owner)))).toMatch(/^PTAR_SIGNER_UNTRUSTED/);
  });

  it("takes an identity or the passphrase, when it has both", async () => {
    const keys = [await keysFor([owner]), await keysForPassphrase("five words")];
    const bytes = (await forge({}, sealedBuilder(keys))).bytes();
    const saying = (words: string): KeyRing => ({ identities: [], passphrase: async () => words });
    for (const ring of [ringOf(owner), saying("five words")]) expect(await extractedOf(bytes, native, ring)).toHaveLength(6);
    const report = await verifyBytes(bytes, { keys: saying("six words"), level: "standard" });
    expect(report).toMatchObject({ exitCode: 8, contents: { problems: [{ code: "PTAR_PASSPHRASE_WRONG" }] }, encryption: { passphrases: 1 } });
  });
});

describe("facts of a sealed archive", () => {
  it("are those of the file without a key, and of its contents with one", async () => {
    const bytes = await sealedOf(tree);
    const signed = await openSigned(new MemoryReader(bytes), { engine: native, trust: "any-signer" });
    const locked = await archiveInfo(signed, native);
    expect(locked).toMatchObject({
      features: ["sealed"],
      bytes: bytes.length,
      encryption: { opened: false, recipients: ["X25519"], passphrases: 0 },
    });
    expect(["objects" in locked, "snapshots" in locked]).toEqual([false, false]);
    const archive = await openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer", ...withOwner });
    const open = await archiveInfo(archive, native, archive);
    expect(open).toMatchObject({ features: ["sealed"], encryption: { opened: true }, snapshots: [{ id: archive.snapshotIds[0] }] });
    expect(open.objects).toBeGreaterThan(5);
    const plain = await openArchive(new MemoryReader((await create(tree)).bytes), { engine: native, trust: "any-signer" });
    expect("encryption" in (await archiveInfo(plain, native, plain))).toBe(false);
  });

  it("count keys that no statement covers apart", async () => {
    const builder = withTail(await forge({}, sealedBuilder()), [await keysFor([stranger, owner])], [author]);
    const bytes = withTail(builder, [await keysFor([stranger])], []).bytes();
    const { encryption, integrity } = await verifyBytes(bytes);
    expect(encryption).toMatchObject({ recipients: ["X25519", "X25519", "X25519"], passphrases: 0, uncovered: 1 });
    expect(integrity.warnings).toEqual([
      "added later and covered by no signature: keys",
      expect.stringMatching(/^keys \(frame \d+\): no statement of their tail covers them/),
    ]);
  });

  it("warn of such keys wherever they stand", async () => {
    const early = withTail(await forge({}, sealedBuilder()), [await keysFor([stranger])], []);
    const warned = [expect.stringMatching(/^keys \(frame \d+\): no statement of their tail covers them/)];
    expect((await verifyBytes((await forge({}, early)).bytes())).integrity.warnings).toEqual(warned);
    const received = withTail(await forge({}, sealedBuilder()), [await keysFor([stranger])], []).tail([author]);
    expect((await verifyBytes(received.bytes(), withOwner)).integrity.warnings).toEqual(warned);
    const covered = withTail(await forge({}, sealedBuilder()), [await keysFor([stranger])], [author]);
    expect(await verifyBytes(covered.bytes(), withOwner)).toMatchObject({ exitCode: 0, integrity: { warnings: [] } });
  });
});

describe("a lie inside a sealed archive", () => {
  const forged = async (forgery: Forgery) => (await forge(forgery, sealedBuilder())).bytes();

  it("is not there in an honest one", async () => {
    const bytes = await forged({});
    expect(await verifyBytes(bytes, { ...withOwner, level: "deep" })).toMatchObject({ exitCode: 0, contents: { status: "checked" } });
    const second = (await forge({ write: ({ file }) => void file("later", ["new"]) }, await forge({}, sealedBuilder()))).bytes();
    expect(await verifyBytes(second, { ...withOwner, level: "deep" })).toMatchObject({ exitCode: 0, integrity: { entries: 7 } });
  });

  it.each<readonly [string, Forgery, string]>([
    ["a missing chunk", { objects: without("chunk", "aaa") }, "PTAR_OBJECT_MISSING"],
    ["an incomplete snapshot", { plan: { complete: true }, write: failed }, "PTAR_MANIFEST_MISMATCH"],
    ["another size", { write: ({ file }) => void file("a", ["aaa"], { size: 4 }) }, "PTAR_"],
  ])("%s is damage to whoever has the key, and nobody else sees it", async (_what, forgery, code) => {
    const bytes = await forged(forgery);
    const found = await codesOf(bytes, { ...withOwner, level: "deep" });
    expect(found[0]).toContain(code);
    expect((await verifyBytes(bytes, withOwner)).exitCode).toBe(4);
    expect((await verifyBytes(bytes, { level: "deep" })).exitCode).toBe(0);
  });
});

function failed({ tree: own }: Parameters<NonNullable<Forgery["write"]>>[0]): void {
  own.add(Buffer.from("f"), { name: "f", type: "file", size: 1, sha256: null, errors: [{ code: "EIO", operation: "open" }] }, {});
}
