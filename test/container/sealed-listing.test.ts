// What only a key shows: the sealed manifest agrees with the clear one, the container and the generation before. spec/14-encryption.md#sealed-manifest
import { describe, expect, it } from "vitest";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { frameTypes } from "../../src/format/frame.js";
import type { Manifest, SealedManifest } from "../../src/format/generated/types.js";
import { encodeSealedPlaintext } from "../../src/format/sealed.js";
import { author, chunk, type GenerationPlan, signerOf } from "./build.js";
import { refusal } from "./refusal.js";
import { openContainer, openWithSecret, scanned, sealedBuilder, sealedOne } from "./sealed-archives.js";
import { sealAlone, secret } from "./sealing.js";

const hex = "ab".repeat(32);
const other = "cd".repeat(32);
const ok = "nothing was refused";
const unlocked = (bytes: Uint8Array) => refusal(() => openWithSecret(bytes));
const locked = (bytes: Uint8Array) => refusal(async () => scanned(await openContainer(bytes)));
const changed = (change: (own: SealedManifest) => object): GenerationPlan => ({
  sealedManifest: (own) => ({ ...own, ...change(own) }) as SealedManifest,
});
const listed = (...ids: readonly string[]): GenerationPlan => ({
  listing: ({ index }) => ({ index, snapshots: ids.map((id) => ({ id, statements: [] })) }),
});

describe("a sealed archive with its secret", () => {
  it("lists what its generations list, and its frames are what they are inside", async () => {
    const first: GenerationPlan = { ...listed(hex), resumed: [[chunk("resumed")]] };
    const container = await openWithSecret(sealedBuilder().generation(first).generation(listed(hex, other)).bytes());
    expect(container.isOpen).toBe(true);
    expect(container.listings.map(({ snapshots }) => snapshots.map(({ id }) => id))).toEqual([[hex], [hex, other]]);
    expect(container.listing.index.map((root) => [root.first, root.last])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(container.newest.manifest).toMatchObject({ index: [], snapshots: [] });
    const frames = await scanned(container);
    const blocks = frames.filter(({ type }) => type === frameTypes.blockData).map(({ payload }) => new TextDecoder().decode(payload.subarray(20)));
    expect(blocks).toEqual(["generation 1", "resumed", "generation 2"]);
    for (const { number, type, payload } of frames)
      if (type === frameTypes.blockData || type === frameTypes.sealedManifest) expect((await container.frame(number)).payload).toEqual(payload);
  });

  it("does not open with another secret", async () => {
    const container = await openContainer(sealedOne());
    expect(await refusal(() => container.unlock(secret.with(0, 0)))).toBe(
      "PTAR_KEY_COMMITMENT: session (frame 2): was sealed with another secret than the one of this key",
    );
    expect(container.isOpen).toBe(false);
  });

  it.each([0, 1])("does not open when the commitment of session %i is another one", async (at) => {
    let session = 0;
    const plan: GenerationPlan = {
      resumed: [[chunk("resumed")]],
      session: (own) => (session++ === at ? { ...own, commitment: own.commitment.with(5, 0) } : own),
    };
    const bytes = sealedOne(plan);
    expect(await unlocked(bytes)).toBe(`PTAR_KEY_COMMITMENT: session (frame ${[2, 5][at]}): was sealed with another secret than the one of this key`);
    expect(await locked(bytes)).toBe(ok);
  });
});

describe("a sealed manifest that does not agree", () => {
  it.each<readonly [string, GenerationPlan, string]>([
    ["archive id", changed(() => ({ archiveId: hex })), `archiveId ${hex}, the clear one has ${"07".repeat(32)}`],
    ["generation", changed(() => ({ generation: 2 })), "generation 2, the clear one has 1"],
    ["time", changed(() => ({ createdAt: "2026-11-21T09:02:12Z" })), "createdAt 2026-11-21T09:02:12Z, the clear one has 2026-11-21T09:02:11Z"],
    ["completeness", changed(() => ({ complete: false })), "complete false, the clear one has true"],
    ["signers, one more", changed(({ signers }) => ({ signers: [...signers, hex] })), "the clear one has"],
    ["signers, none", changed(() => ({ signers: [] })), "signers none, the clear one has"],
    ["tree size", changed(({ tree }) => ({ tree: { ...tree, size: tree.size - 1 } })), "is not that of the frames before frame 7"],
    ["larger tree size", changed(({ tree }) => ({ tree: { ...tree, size: tree.size + 1 } })), "is not that of the frames before frame 7"],
    ["tree root", changed(({ tree }) => ({ tree: { ...tree, root: hex } })), `tree of size 7 and root ${hex} is not that of`],
  ])("in %s is refused", async (_what, plan, problem) => {
    const bytes = sealedOne(plan);
    const answer = await unlocked(bytes);
    expect(answer).toMatch(/^PTAR_MANIFEST_MISMATCH: sealed manifest \(generation 1\): /);
    expect(answer).toContain(problem);
    expect(await locked(bytes)).toBe(ok);
  });

  it("in the order of signers is refused", async () => {
    const signers = [author, signerOf(2)];
    const plan = changed((own) => ({ signers: own.signers.toReversed() }));
    expect(await unlocked(sealedOne({ signers }))).toBe(ok);
    expect(await unlocked(sealedOne({ signers, ...plan }))).toContain("PTAR_MANIFEST_MISMATCH: sealed manifest (generation 1): signers");
  });

  it("because the clear one was signed anew by somebody without a key is refused", async () => {
    const mallory = signerOf(9);
    const claims: readonly Partial<Manifest>[] = [{ complete: false }, { createdAt: "2020-01-01T00:00:00Z" }, { signers: [] }];
    for (const claim of claims) {
      const bytes = sealedOne({ manifest: (own) => ({ ...own, ...claim }), ...(claim.signers && { statements: () => [] }) });
      expect(await unlocked(bytes)).toContain("PTAR_MANIFEST_MISMATCH: sealed manifest (generation 1)");
    }
    const taken = sealedOne({ signers: [mallory], ...changed(() => ({ signers: [Buffer.from(author.publicKey).toString("hex")] })) });
    expect(await unlocked(taken)).toMatch(/^PTAR_MANIFEST_MISMATCH: sealed manifest \(generation 1\): signers \w{64}, the clear one has \w{64}$/);
    expect(await locked(taken)).toBe(ok);
  });

  it("in a second generation is refused", async () => {
    const second = (plan: GenerationPlan) => unlocked(sealedBuilder().generation().generation(plan).bytes());
    expect(await second({})).toBe(ok);
    expect(await second({ pageUnits: 2 })).toBe(ok);
    expect(await second(changed(() => ({ generation: 1 })))).toContain("sealed manifest (generation 2): generation 1, the clear one has 2");
    expect(await second(changed(({ tree }) => ({ tree: { ...tree, root: hex } })))).toContain("sealed manifest (generation 2): tree of size 16");
  });

  it("with the tree of a table that has pages is refused, and a right one is not", async () => {
    expect(await unlocked(sealedOne({ pageUnits: 2 }))).toBe(ok);
    // its own frame is the first that stands in no page
    expect(await unlocked(sealedOne({ pageUnits: 7 }))).toBe(ok);
    expect(await unlocked(sealedOne({ pageUnits: 2, ...changed(({ tree }) => ({ tree: { ...tree, root: hex } })) }))).toContain("tree of size 7");
  });
});

describe("what a sealed manifest lists", () => {
  const index = (change: (root: Manifest["index"][number]) => object) =>
    changed((own) => ({ index: own.index.map((root) => ({ ...root, ...change(root) })) }));

  it.each<readonly [string, GenerationPlan, string]>([
    ["no index root", changed(() => ({ index: [] })), "index roots cover generations up to 0, expected 1"],
    ["a root that starts late", index(() => ({ first: 2, last: 2 })), "an index root covers generations from 2, expected 1"],
    ["a root that ends late", index(() => ({ last: 2 })), "index roots cover generations up to 2, expected 1"],
    ["a root that is itself", index(() => ({ frame: 7 })), "an index root in frame 7, expected one before 7"],
  ])("is refused with %s", async (_what, plan, problem) => {
    expect(await unlocked(sealedOne(plan))).toBe(`PTAR_MANIFEST_MISMATCH: manifest (generation 1): ${problem}`);
    expect(await locked(sealedOne(plan))).toBe(ok);
  });

  it("keeps the snapshots of the generation before", async () => {
    const then = (...ids: readonly string[]) =>
      sealedBuilder()
        .generation(listed(hex))
        .generation(listed(...ids))
        .bytes();
    expect(await unlocked(then(hex, other))).toBe(ok);
    for (const bytes of [then(), then(other), then(other, hex)]) {
      expect(await unlocked(bytes)).toBe("PTAR_GENERATION_CHAIN: generation 2: does not list the snapshots of generation 1");
      expect(await locked(bytes)).toBe(ok);
    }
  });

  it("keeps those of the generation before it, not only those of the first", async () => {
    const then = (...ids: readonly string[]) =>
      sealedBuilder()
        .generation(listed(hex))
        .generation(listed(hex, other))
        .generation(listed(...ids))
        .bytes();
    expect(await unlocked(then(hex, other))).toBe(ok);
    expect(await unlocked(then(hex))).toBe("PTAR_GENERATION_CHAIN: generation 3: does not list the snapshots of generation 2");
  });

  it("is refused in any form but the canonical one, and with members of its own", async () => {
    const written = (text: (own: string) => string): GenerationPlan => ({
      seal: ({ type, payload, ...frame }) => {
        if (type !== frameTypes.sealedManifest) return undefined;
        const changedPayload = toUtf8(text(new TextDecoder().decode(payload)));
        return sealAlone({ ...frame, type, plaintext: encodeSealedPlaintext(changedPayload, changedPayload.length + 4) });
      },
    });
    expect(await unlocked(sealedOne(written((own) => own)))).toBe(ok);
    expect(await unlocked(sealedOne(written((own) => own.replace(":", ": "))))).toContain("PTAR_DOCUMENT_NOT_CANONICAL: sealed manifest");
    expect(await unlocked(sealedOne(written((own) => own.replace("{", '{"a":1,'))))).toContain("PTAR_DOCUMENT_INVALID: sealed manifest");
    const critical = changed(() => ({ ext: [{ critical: true, data: "", id: "org.example/x" }] }));
    expect(await unlocked(sealedOne(critical))).toContain("PTAR_UNSUPPORTED_EXTENSION: sealed manifest: unknown critical extension org.example/x");
  });
});

describe("a sealed manifest that does not open", () => {
  const damaged: GenerationPlan = {
    seal: ({ type, plaintext }) => (type === frameTypes.sealedManifest ? new Uint8Array(plaintext.length + 16).fill(7) : undefined),
  };

  it("is damage to whoever has the key, and opens nothing", async () => {
    const bytes = sealedOne(damaged);
    const container = await openContainer(bytes);
    expect(await refusal(() => container.unlock(secret))).toMatch(/^PTAR_FRAME_SEAL: frame 7 at offset \d+: sealedManifest does not open/);
    expect(container.isOpen).toBe(false);
    expect(await locked(bytes)).toBe(ok);
  });
});
