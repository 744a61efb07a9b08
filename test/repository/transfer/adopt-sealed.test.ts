// Sealed archives that an encrypted repository keeps as they are. spec/15-repository.md#adopted
import { describe, expect, it } from "vitest";
import { openArchive, openSigned } from "../../../src/archive/open.js";
import { rewrapArchive } from "../../../src/archive/rewrap.js";
import { wrapSecret } from "../../../src/archive/wrap.js";
import { ArchiveWriter } from "../../../src/archive/writer.js";
import { concatBytes } from "../../../src/bytes/compare.js";
import { toHex } from "../../../src/bytes/hex.js";
import { MemoryReader } from "../../../src/connectors/memory/reader.js";
import { MemorySink } from "../../../src/connectors/memory/sink.js";
import { encodeCatalogue } from "../../../src/format/catalogue.js";
import { encodeLocations } from "../../../src/format/locations.js";
import { prune } from "../../../src/repository/prune/prune.js";
import type { Repository } from "../../../src/repository/repository.js";
import { importArchives } from "../../../src/repository/transfer/import.js";
import { originalsOf } from "../../../src/repository/transfer/original.js";
import { archiveOf, codesOf, extractedOf, native, noise, trusting, verifyBytes } from "../../archive/engines.js";
import { sealedOf } from "../../archive/sealing.js";
import { author, signerOf } from "../../container/build.js";
import { refusal } from "../../container/refusal.js";
import { owner, ringOf, stranger } from "../../container/sealing.js";
import { backedUp, digestOf, exported, filesOf, newRepository, pack, reopened, stored } from "../repositories.js";
import { adopted, allStored, changed, checkedDeep, countStored, opened, originalOf } from "./adopting.js";

const tree = { a: noise(100_000), b: noise(600_000, 2), c: "text", d: { type: "directory", children: { e: noise(70_000, 3) } } } as const;
// sealed for somebody else than the repository
const bytes = await sealedOf(tree);
const { fingerprint } = await opened(bytes, ringOf(owner));
const path = `adopted/${toHex(fingerprint)}.ptar` as const;
const encrypted = () => newRepository({ seal: { recipients: [stranger.recipient] }, keys: ringOf(stranger) });
const again = ({ storage }: Repository) => reopened(storage, native, ringOf(stranger));

async function filled(): Promise<Repository> {
  const repository = await encrypted();
  expect(await adopted(repository, bytes, { keys: ringOf(owner) })).toMatchObject({ addedObjects: 0, adopted: [{ outcome: "kept" }] });
  return repository;
}

describe("a sealed archive", () => {
  it("is read with the key of the repository alone", async () => {
    const repository = await filled();
    expect(await countStored(repository)).toEqual([0, 1, 1, 1]);
    expect(Object.keys(await filesOf(await again(repository)))).toEqual(["a", "b", "c", "d/e"]);
    expect(await checkedDeep(repository.storage, ringOf(stranger))).toMatchObject({ problemCount: 0, orphans: 0, packs: 1 });
    const before = await allStored(repository);
    await adopted(await again(repository), bytes, { keys: ringOf(owner) });
    expect(await allStored(repository)).toEqual(before);
  });

  it("is given back to whoever has no key at all", async () => {
    const { storage } = await filled();
    expect(digestOf(await originalOf({ storage }, fingerprint))).toBe(digestOf(bytes));
    const reader = await again({ storage } as Repository);
    expect(originalsOf(reader, reader.snapshot("latest"))).toEqual([fingerprint]);
  });

  it("keeps the keys that were added to it", async () => {
    const sink = new MemorySink();
    const signed = await openSigned(new MemoryReader(bytes), { engine: native, trust: "any-signer" });
    await rewrapArchive(signed, { keys: ringOf(owner), add: { recipients: [stranger.recipient] }, signer: signerOf(3), sink });
    const longer = concatBytes(bytes, sink.bytes());
    const repository = await encrypted();
    await adopted(repository, longer, { keys: ringOf(stranger) });
    const given = await originalOf(repository, fingerprint);
    expect(digestOf(given)).toBe(digestOf(longer));
    expect(await extractedOf(given, native, ringOf(stranger))).toEqual(await extractedOf(bytes, native, ringOf(owner)));
    expect(await checkedDeep(repository.storage, ringOf(stranger))).toMatchObject({ problemCount: 0 });
    expect(await refusal(() => adopted(repository, bytes, { keys: ringOf(owner) }))).toMatch("PTAR_TARGET_EXISTS");
  });

  it("gives its snapshots to a new archive, sealed for others", async () => {
    const repository = await filled();
    const carried = await exported(await again(repository), { signers: [signerOf(5)], seal: { recipients: [stranger.recipient] } });
    const report = await verifyBytes(carried, { level: "deep", trust: trusting(author, signerOf(5)), keys: ringOf(stranger) });
    expect(report).toMatchObject({ exitCode: 0, contents: { status: "checked" }, snapshots: [{ vouched: true }] });
    expect(await extractedOf(carried, native, ringOf(stranger))).toEqual(await extractedOf(bytes, native, ringOf(owner)));
  });

  it("can still be read when the index was written anew", async () => {
    const repository = await filled();
    await backedUp(repository, { z: noise(300_000, 9) });
    for (const file of repository.snapshot("latest").files) await repository.storage.remove(`snapshots/${file}.ptar`);
    await repository.refresh();
    await prune(repository, { pack, owner: { host: "here", user: "me", process: 1 }, grace: 0 });
    expect(await countStored(repository)).toEqual([0, 1, 1, 1]);
    expect(Object.keys(await filesOf(await again(repository)))).toEqual(["a", "b", "c", "d/e"]);
  });

  it("is not adopted by who cannot open it", async () => {
    const repository = await encrypted();
    const archive = await opened(bytes, ringOf(owner));
    const before = await allStored(repository);
    expect(await refusal(() => importArchives(repository, [archive], { pack, adopt: { identities: [] } }))).toMatch("PTAR_KEY_REQUIRED");
    expect(await allStored(repository)).toEqual(before);
  });
});

describe("of the other kind", () => {
  it("a sealed archive is not adopted by a plain repository, nor a plain one by an encrypted one", async () => {
    const [plain, sealed] = [await newRepository(), await encrypted()];
    expect(await refusal(() => adopted(plain, bytes, { keys: ringOf(owner) }))).toMatch(
      /^PTAR_USAGE: archive \w+: it is sealed, and the repository is plain/,
    );
    const clear = await archiveOf(tree);
    expect(await refusal(() => adopted(sealed, clear))).toMatch(/^PTAR_USAGE: archive \w+: it is plain, and the repository is encrypted/);
    for (const repository of [plain, sealed]) expect((await countStored(repository)).slice(0, 3)).toEqual([0, 0, 0]);
    // what it holds can be imported all the same
    await importArchives(plain, [await opened(bytes, ringOf(owner))], { pack });
    await plain.refresh();
    expect(Object.keys(await filesOf(plain))).toEqual(["a", "b", "c", "d/e"]);
  });

  it("a file in adopted/ is refused", async () => {
    const repository = await filled();
    const clear = await archiveOf(tree);
    const storage = await changed(repository.storage, path, () => clear);
    expect((await checkedDeep(storage, ringOf(stranger))).problems).toContainEqual(
      expect.objectContaining({ code: "PTAR_REPOSITORY_INVALID", file: path }),
    );
  });
});

describe("a catalogue", () => {
  it("without the secret of an adopted archive is refused", async () => {
    const repository = await filled();
    const { archives, index } = repository;
    const [packed] = index.archives();
    const sections = [...index.sections([fingerprint])];
    expect(packed?.secret).toHaveLength(32);
    const file = await archives.create("index", { pack });
    const locations = [toHex(file.writer.put("locations", encodeLocations(sections)))];
    const supersedes = index.sources().map(({ name }) => toHex(name));
    const id = file.writer.put("catalogue", encodeCatalogue({ type: "catalogue", locations, supersedes, secrets: [], ext: [] }));
    await file.publish({ snapshots: [], complete: true, subject: { kind: "catalogue", id } });
    expect(await refusal(() => again(repository))).toMatch(
      new RegExp(`^PTAR_CATALOGUE_INVALID: .*: it has no secret of adopted archive ${toHex(fingerprint)}`),
    );
  });

  it.each([
    ["a secret", [{ archive: toHex(fingerprint), secret: "ee".repeat(32) }], []],
    ["none", [], ["PTAR_CATALOGUE_INVALID"]],
  ] as const)("with %s of an adopted archive is verified", async (_what, secrets, codes) => {
    const repository = await filled();
    const [crypto, archiveId, secret] = [native.crypto, new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const keys = await wrapSecret({ crypto, secret, archiveId }, { recipients: [owner.recipient] });
    const sink = new MemorySink();
    const writer = await ArchiveWriter.start({ sink, engine: native, archiveId, pack, seal: { secret, keys } });
    const locations = [toHex(writer.put("locations", encodeLocations([...repository.index.sections([fingerprint])])))];
    const id = writer.put("catalogue", encodeCatalogue({ type: "catalogue", locations, supersedes: [], secrets, ext: [] }));
    const closing = { snapshots: [], complete: true, subject: { kind: "catalogue", id }, createdAt: "2026-01-01T00:00:00Z" } as const;
    await writer.finish({ ...closing, signers: [author], role: "author", writer: { name: "test", version: "1" } });
    expect(await codesOf(sink.bytes(), { keys: ringOf(owner) })).toEqual(codes);
  });

  it("holds secrets in sealed index archives alone", async () => {
    const repository = await filled();
    const [name] = (await stored(repository, "index")).keys();
    const stored1 = await repository.storage.open(`index/${name as string}` as `index/${string}`);
    const archive = await stored1?.read(0, stored1.length);
    const secret = repository.index.archives()[0]?.secret as Uint8Array;
    expect(Buffer.from(archive as Uint8Array).includes(Buffer.from(secret))).toBe(false);
    expect(Buffer.from(archive as Uint8Array).includes(toHex(secret))).toBe(false);
    expect(await refusal(() => openArchive(new MemoryReader(archive as Uint8Array), { engine: native, trust: "any-signer" }))).toMatch(
      "PTAR_KEY_REQUIRED",
    );
    expect(await codesOf(archive as Uint8Array, { allowUnsigned: true })).toEqual([]);
  });
});
