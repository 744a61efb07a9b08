// A repository, or an archive, that lies to whoever takes snapshots from it. spec/16-transfer.md
import { describe, expect, it } from "vitest";
import { openArchive } from "../../../src/archive/open.js";
import { objectId } from "../../../src/block/object-id.js";
import { ObjectTable } from "../../../src/block/object-table.js";
import { mustHex, toHex } from "../../../src/bytes/hex.js";
import { MemoryReader } from "../../../src/connectors/memory/reader.js";
import { MemorySink } from "../../../src/connectors/memory/sink.js";
import { MemorySource } from "../../../src/connectors/memory/source.js";
import type { MemoryTree } from "../../../src/connectors/memory/tree.js";
import { PtarError } from "../../../src/errors/ptar-error.js";
import type { Snapshot } from "../../../src/format/generated/types.js";
import { encodePage, entryText, itemText } from "../../../src/format/page.js";
import { decodeContent, encodeContent, encodeSnapshot } from "../../../src/format/snapshot.js";
import type { Trust } from "../../../src/keys/trust.js";
import { checkRepository } from "../../../src/repository/check/check.js";
import { CheckFindings } from "../../../src/repository/check/findings.js";
import { affectedPaths } from "../../../src/repository/check/paths.js";
import { ownParent } from "../../../src/repository/parent.js";
import { forgottenBy } from "../../../src/repository/prune/forget.js";
import type { Repository } from "../../../src/repository/repository.js";
import { authorsOf } from "../../../src/repository/stored-statements.js";
import { importArchives } from "../../../src/repository/transfer/import.js";
import { takeSnapshots } from "../../../src/repository/transfer/sync.js";
import { readWants, writeWants } from "../../../src/repository/transfer/wants.js";
import { judgeListed, judgeStored } from "../../../src/repository/view.js";
import { Writing } from "../../../src/repository/writing.js";
import { signSnapshot } from "../../../src/statement/sign.js";
import { checkTree } from "../../../src/tree/check-tree.js";
import { native, noise, trusting, verifyBytes } from "../../archive/engines.js";
import { author, signerOf, type TestSigner } from "../../container/build.js";
import { refusal } from "../../container/refusal.js";
import { backedUp, exported, newRepository, pack, reopened, stored } from "../repositories.js";

const mallory = signerOf(66);
const tree: MemoryTree = { a: noise(100_000), c: "text" };
const time = "2026-11-21T09:02:11Z";

/** What the other side holds after it took all that it was offered; a refusal is as good. */
async function taken(from: Repository, to: Repository, trust: Trust | "any-signer" = "any-signer"): Promise<Repository> {
  await refusal(async () => takeSnapshots(await reopened(from.storage), to, { pack, trust }));
  return reopened(to.storage);
}

/** Judges all snapshots, as `repo snapshots` does. */
const judged = (repository: Repository) => repository.snapshots.map((one) => judgeStored(repository, one, trusting(author)));

/** A statement of `signer` about the latest snapshot. */
function statementOf(repository: Repository, signer: TestSigner, at = time): Promise<Uint8Array> {
  const { id, snapshot } = repository.snapshot("latest");
  return signSnapshot(signer, { id, items: snapshot.items }, { role: "author", time: at });
}

const spoiled = (statement: Uint8Array) => Uint8Array.from(statement, (byte, i) => (i === 10 ? byte ^ 1 : byte));

/** Puts another snapshot in the place of the latest, unsigned. */
async function forged(repository: Repository, change: Partial<Snapshot>): Promise<Repository> {
  const { snapshot, files } = repository.snapshot("latest");
  for (const file of files) await repository.storage.remove(`snapshots/${file}.ptar`);
  await repository.snapshotFiles.publish({ bytes: encodeSnapshot({ ...snapshot, ...change }), statements: [] });
  return reopened(repository.storage);
}

/** A snapshot of few pages that describe `fan` to the power of `levels` files. */
async function bombed(levels: number, fan: number): Promise<Repository> {
  const repository = await newRepository();
  await backedUp(repository, { f: noise(100) }, { signers: [] });
  const content = decodeContent(await repository.objects.get("content", mustHex(repository.snapshot("latest").snapshot.content)));
  const writing = await Writing.start(repository, pack);
  let page = content.root as string;
  let counters = { bytes: 100, entries: 1, failed: 0, newest: "0", unstable: 0 };
  for (let level = 0; level < levels; level++) {
    const rows = Array.from({ length: fan }, (_, i) =>
      entryText(itemText({ type: "directory", name: `d${i}`, mode: 0o755, mtime: "0" }), { page, counters }),
    );
    page = toHex(writing.packs.put("page", encodePage(0, rows)));
    counters = { ...counters, bytes: counters.bytes * fan, entries: fan * (counters.entries + 1) };
  }
  const id = writing.packs.put("content", encodeContent({ ...content, root: page }));
  await writing.publishPacks();
  await writing.end();
  return forged(repository, { content: toHex(id) });
}

async function loseLargePacks({ storage }: Repository): Promise<void> {
  for await (const { name, length } of storage.list("packs")) if (length > 1_000_000) await storage.remove(`packs/${name}` as `packs/${string}`);
}

/** A signal that fails a work of more than so many steps: time tells less. */
function patience(steps: number): AbortSignal {
  let left = steps;
  const throwIfAborted = () => {
    if (--left < 0) throw new PtarError("PTAR_INTERRUPTED", `more than ${steps} steps`);
  };
  return Object.assign(new AbortController().signal, { throwIfAborted });
}

async function imported(repository: Repository, ...archives: readonly Uint8Array[]) {
  const opened = archives.map((bytes) => openArchive(new MemoryReader(bytes), { engine: native, trust: "any-signer" }));
  const result = await importArchives(repository, await Promise.all(opened), { pack });
  await repository.refresh();
  return result;
}

describe("sync with a repository that lies", () => {
  it("takes no statement whose signature is wrong, which nobody could list afterwards", async () => {
    const [peer, own] = [await newRepository(), await newRepository()];
    await backedUp(peer, tree, { signers: [] });
    const { bytes } = peer.snapshot("latest");
    await peer.snapshotFiles.publish({ bytes, statements: [spoiled(await statementOf(peer, author))] });
    const after = await taken(peer, own);
    expect(await refusal(() => judged(after))).toBe("nothing was refused");
  });

  it("takes no wrong statement about a snapshot that was there and sound", async () => {
    const [peer, own] = [await newRepository(), await newRepository()];
    await backedUp(own, tree);
    const copy = await taken(own, peer);
    const { bytes } = copy.snapshot("latest");
    await copy.snapshotFiles.publish({ bytes, statements: [spoiled(await statementOf(copy, mallory))] });
    const after = await taken(copy, own);
    expect(await refusal(() => judged(after))).toBe("nothing was refused");
  });

  it("does not let a wrong statement of an earlier time stand in for the right one of the same key", async () => {
    const [peer, own] = [await newRepository(), await newRepository()];
    await backedUp(peer, tree);
    const { bytes } = peer.snapshot("latest");
    await peer.snapshotFiles.publish({ bytes, statements: [spoiled(await statementOf(peer, author, "2001-01-01T00:00:00Z"))] });
    await taken(peer, own);
    const honest = await newRepository();
    await backedUp(honest, tree);
    const after = await taken(honest, own);
    expect(judged(after).every(({ vouched }) => vouched)).toBe(true);
  });

  it("takes no statement about another snapshot", async () => {
    const [peer, own] = [await newRepository(), await newRepository()];
    await backedUp(peer, tree, { signers: [] });
    const { bytes, snapshot } = peer.snapshot("latest");
    const replayed = await signSnapshot(author, { id: new Uint8Array(32).fill(3), items: snapshot.items }, { role: "author", time });
    await peer.snapshotFiles.publish({ bytes, statements: [replayed] });
    const after = await taken(peer, own);
    expect(await refusal(() => judged(after))).toBe("nothing was refused");
  });

  it("takes no snapshot whose item tree is another than its pages have", async () => {
    const [peer, own] = [await newRepository(), await newRepository()];
    await backedUp(peer, tree, { signers: [] });
    const { items } = peer.snapshot("latest").snapshot;
    const liar = await forged(peer, { items: { ...items, root: "ab".repeat(32) } });
    expect((await taken(liar, own)).snapshots).toEqual([]);
  });

  it("is no defect of the program when more keys signed than a snapshot archive has room for", async () => {
    const [peer, own] = [await newRepository(), await newRepository()];
    await backedUp(peer, tree);
    const { bytes } = peer.snapshot("latest");
    for (const first of [100, 140]) {
      const statements = Array.from({ length: 40 }, (_, i) => statementOf(peer, signerOf(first + i)));
      await peer.snapshotFiles.publish({ bytes, statements: await Promise.all(statements) });
    }
    // refusal throws on what is no PtarError
    expect(await refusal(async () => takeSnapshots(await reopened(peer.storage), own, { pack, trust: "any-signer" }))).toBe("nothing was refused");
    expect(await verifyBytes(await exported(await reopened(own.storage)), { allowUnsigned: true })).toMatchObject({ exitCode: 0 });
  });

  it("leaves rules of keeping to the snapshots of the same signers", async () => {
    const [peer, own] = [await newRepository(), await newRepository()];
    await backedUp(own, { a: "1" });
    await backedUp(peer, { a: "2" }, { signers: [mallory] });
    const future = "2099-01-01T00:00:00Z";
    const after = await taken(await forged(peer, { times: { started: future, finished: future } }), own);
    // the one snapshot of ours is the last one that we made
    const mine = after.snapshots.filter(({ statements }) => statements.length > 0);
    expect(forgottenBy({ last: 1 }, after.snapshots, (one) => authorsOf(after.archives, one)).filter((one) => mine.includes(one))).toEqual([]);
  });

  it("takes nothing of ten pages that describe 10^10 files, and does not walk them", async () => {
    const [from, own] = [await bombed(10, 10), await newRepository()];
    const options = { pack, trust: "any-signer", signal: patience(2_000) } as const;
    expect(await refusal(() => takeSnapshots(from, own, options))).toMatch(/^PTAR_(SNAPSHOT|TREE|LIMIT)_/);
    expect((await reopened(own.storage)).snapshots).toHaveLength(0);
  });

  it("does not keep check from reporting what else is wrong", async () => {
    const own = await bombed(10, 10);
    await backedUp(own, { z: noise(2_000_000, 5) });
    await loseLargePacks(own);
    const report = await checkRepository(await reopened(own.storage), new CheckFindings(), { level: "standard" });
    expect(report.problems.map(({ code }) => code)).toEqual(expect.arrayContaining(["PTAR_SNAPSHOT_ITEMS", "PTAR_PACK_MISSING"]));
  });

  it("is not walked page by page to say what a lost object affects", async () => {
    const own = await bombed(10, 10);
    const missing = new ObjectTable();
    missing.add("chunk", new Uint8Array(32));
    expect(await refusal(() => affectedPaths(own, missing, patience(2_000)))).toBe("nothing was refused");
  });

  it("is not walked beyond the number of items that its snapshot gives", async () => {
    const own = await bombed(3, 10);
    const { snapshot } = own.snapshot("latest");
    let steps = 0;
    const check = {
      objects: own.objects,
      idOf: (kind: "page" | "list", bytes: Uint8Array) => objectId(native.crypto, kind, bytes),
      chunk: () => ({ length: undefined }),
      level: "standard" as const,
      onEntry: () => void steps++,
    };
    const content = decodeContent(await own.objects.get("content", mustHex(snapshot.content)));
    expect(await refusal(() => checkTree(check, snapshot, content))).toMatch(/^PTAR_(SNAPSHOT|TREE)_/);
    expect(snapshot.items.count).toBe(1);
    expect(steps).toBeLessThan(100);
  });
});

describe("trust in a sync", () => {
  const trust = trusting(author);

  it.each([
    ["nobody", [], /^PTAR_SIGNATURE_MISSING: .*nobody signed it/],
    ["a key that is not known", [mallory], /^PTAR_SIGNER_UNTRUSTED/],
  ])("refuses what %s signed, before anything is written, unless that is wished", async (_who, signers, problem) => {
    const [peer, own] = [await newRepository(), await newRepository()];
    await backedUp(peer, { b: "1" });
    await backedUp(peer, tree, { signers });
    expect(await refusal(() => takeSnapshots(peer, own, { pack, trust }))).toMatch(problem);
    for (const folder of ["packs", "index", "snapshots"] as const) expect((await stored(own, folder)).size).toBe(0);
    expect((await taken(peer, own)).snapshots).toHaveLength(2);
  });

  it("tells what is wrong with the only statement", async () => {
    const [peer, own] = [await newRepository(), await newRepository()];
    await backedUp(peer, tree, { signers: [] });
    const { bytes } = peer.snapshot("latest");
    await peer.snapshotFiles.publish({ bytes, statements: [spoiled(await statementOf(peer, author))] });
    const from = await reopened(peer.storage);
    expect(await refusal(() => takeSnapshots(from, own, { pack, trust }))).toMatch("PTAR_SIGNATURE_INVALID");
    expect(await takeSnapshots(from, own, { pack, trust: "any-signer" })).toMatchObject({ invalidStatements: 1 });
  });

  it("goes for statements about what is there, and asks nothing where none is new", async () => {
    const [peer, own] = [await newRepository(), await newRepository()];
    await backedUp(own, tree, { signers: [] });
    const copy = await taken(own, peer);
    expect((await taken(copy, own, trust)).snapshots).toHaveLength(1);
    const { bytes } = copy.snapshot("latest");
    await copy.snapshotFiles.publish({ bytes, statements: [await statementOf(copy, mallory)] });
    const from = await reopened(copy.storage);
    expect(await refusal(() => takeSnapshots(from, own, { pack, trust }))).toMatch("PTAR_SIGNER_UNTRUSTED");
    await copy.snapshotFiles.publish({ bytes, statements: [await statementOf(copy, author)] });
    expect((await taken(copy, own, trust)).snapshot("latest").statements).toHaveLength(2);
  });
});

describe("a statement that somebody spoiled in the repository", () => {
  async function defaced() {
    const repository = await newRepository();
    await backedUp(repository, { a: "1" });
    await backedUp(repository, tree);
    const { bytes } = repository.snapshot("latest");
    const statements = [spoiled(await statementOf(repository, mallory)), new Uint8Array(300).fill(7)];
    for (const statement of statements) await repository.snapshotFiles.publish({ bytes, statements: [statement] });
    return reopened(repository.storage);
  }

  it("is told in lists, and keeps nobody from seeing the rest", async () => {
    const repository = await defaced();
    const listed = repository.snapshots.map((one) => judgeListed(repository, one, trusting(author)));
    expect(listed.map(({ report }) => [report.vouched, report.statements.length])).toEqual([
      [true, 1],
      [true, 1],
    ]);
    expect(listed.map(({ invalid }) => invalid.map(({ code }) => code).toSorted())).toEqual([
      [],
      ["PTAR_DOCUMENT_NOT_CANONICAL", "PTAR_SIGNATURE_INVALID"],
    ]);
  });

  it("is left out of what is exported", async () => {
    const repository = await defaced();
    expect(await verifyBytes(await exported(repository, { signers: [author] }), { trust: trusting(author) })).toMatchObject({ exitCode: 0 });
  });
});

describe("the parent of a backup", () => {
  const sources = new MemorySource(tree).sources;
  const parentOf = (repository: Repository, ...signers: readonly TestSigner[]) => ownParent(repository, { sources, signers });

  it("is the latest snapshot of these sources that one of the signers made", async () => {
    const repository = await newRepository();
    await backedUp(repository, tree);
    const mine = repository.snapshot("latest");
    await backedUp(repository, tree, { signers: [mallory] });
    expect(parentOf(repository, author)?.id).toEqual(mine.id);
    expect(parentOf(repository, signerOf(7), author)?.id).toEqual(mine.id);
    expect(parentOf(repository, mallory)?.id).not.toEqual(mine.id);
    expect(parentOf(repository, signerOf(7))).toBeUndefined();
    expect(parentOf(repository)).toBeUndefined();
    expect(ownParent(repository, { sources: [{ kind: "files", label: "other" }], signers: [author] })).toBeUndefined();
  });

  it.each([
    ["is spoiled", "author", true],
    ["is of a mere carrier", "carrier", false],
  ] as const)("is none of which the statement %s", async (_what, role, isSpoiled) => {
    const repository = await newRepository();
    await backedUp(repository, tree, { signers: [] });
    const { id, snapshot, bytes } = repository.snapshot("latest");
    const statement = await signSnapshot(author, { id, items: snapshot.items }, { role, time });
    await repository.snapshotFiles.publish({ bytes, statements: [isSpoiled ? spoiled(statement) : statement] });
    expect(parentOf(await reopened(repository.storage), author)).toBeUndefined();
  });
});

describe("the latest snapshot", () => {
  it("is none that claims to have finished after it was written, unless all do", async () => {
    const [peer, own] = [await newRepository(), await newRepository()];
    await backedUp(own, { a: "1" });
    const mine = own.snapshot("latest").id;
    await backedUp(peer, { a: "2" });
    const at = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
    const claimed = async (finished: string) => taken(await forged(peer, { times: { started: finished, finished } }), own);
    const after = await claimed("2099-01-01T00:00:00Z");
    expect(after.snapshots.at(-1)?.id).not.toEqual(mine);
    expect(after.snapshot("latest").id).toEqual(mine);
    // clocks that differ by hours are no lie
    expect((await claimed(at(Date.now() + 20 * 3_600_000))).snapshot("latest").id).not.toEqual(mine);
    expect((await forged(peer, { times: { started: at(0), finished: "2099-01-01T00:00:00Z" } })).snapshot("latest")).toBeDefined();
  });
});

describe("an import", () => {
  it("judges the bytes that it takes, also when they were exchanged after they were verified", async () => {
    const [good, bad] = [await newRepository(), await newRepository()];
    await backedUp(good, tree);
    await backedUp(bad, { a: "other" }, { signers: [mallory] });
    const [first, second] = [await exported(good, { signers: [author] }), await exported(bad, { signers: [mallory] })];
    let reader = new MemoryReader(first);
    const changing = {
      get length() {
        return reader.length;
      },
      read: (offset: number, length: number) => reader.read(offset, length),
    };
    expect(await verifyBytes(first, { trust: trusting(author) })).toMatchObject({ exitCode: 0 });
    reader = new MemoryReader(second);
    expect(await refusal(() => openArchive(changing, { engine: native, trust: trusting(author) }))).toMatch("PTAR_SIGNER_UNTRUSTED");
  });

  it("refuses a statement that was spoiled", async () => {
    const [from, to] = [await newRepository(), await newRepository()];
    await backedUp(from, tree, { signers: [] });
    const { bytes } = from.snapshot("latest");
    await from.snapshotFiles.publish({ bytes, statements: [spoiled(await statementOf(from, author))] });
    // by a program that lets everything pass
    const careless = { ...native, crypto: { ...native.crypto, verify: () => true } };
    const bytesOf = await exported(await reopened(from.storage, careless));
    expect(await refusal(() => imported(to, bytesOf))).toMatch("PTAR_SIGNATURE_INVALID");
    expect((await reopened(to.storage)).snapshots).toEqual([]);
  });

  it("takes the statements of every archive that brings one snapshot", async () => {
    const [from, to] = [await newRepository(), await newRepository()];
    await backedUp(from, tree);
    const first = await exported(from);
    const { bytes } = from.snapshot("latest");
    await from.snapshotFiles.publish({ bytes, statements: [await statementOf(from, mallory)] });
    const second = await exported(await reopened(from.storage));
    await imported(to, first, second);
    expect((await reopened(to.storage)).snapshot("latest").statements).toHaveLength(2);
  });
});

describe("a want-list", () => {
  it("is given nothing that only other snapshots than those exported have", async () => {
    const repository = await newRepository();
    await backedUp(repository, { secret: noise(50_000, 8) });
    const chunks = [...repository.index.sections(repository.index.archives().map(({ name }) => name))].flatMap(({ rows }) =>
      Array.from({ length: rows.length / 48 }, (_, i) => rows.slice(48 * i, 48 * i + 48)).filter((row) => row[44] === 1),
    );
    await backedUp(repository, { harmless: "text" });
    const sink = new MemorySink();
    await writeWants(
      chunks.map((row) => ({ kind: "chunk" as const, id: row.slice(0, 32) })),
      { sink, engine: native },
    );
    const want = await readWants(await openArchive(new MemoryReader(sink.bytes()), { engine: native, trust: "any-signer" }));
    expect(want.length).toBeGreaterThan(0);
    const answer = await exported(repository, { want });
    expect(answer.length).toBeLessThan(20_000);
  });

  it("that is none is refused", async () => {
    const repository = await newRepository();
    await backedUp(repository, tree);
    const whole = await openArchive(new MemoryReader(await exported(repository)), { engine: native, trust: "any-signer" });
    expect(await refusal(() => readWants(whole))).not.toBe("nothing was refused");
  });
});
