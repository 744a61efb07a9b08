// Two repositories that are to hold the same. spec/16-transfer.md#sync
import { describe, expect, it } from "vitest";
import { toHex } from "../../../src/bytes/hex.js";
import type { Repository } from "../../../src/repository/repository.js";
import { lacking, proofOf, takeSnapshots } from "../../../src/repository/transfer/sync.js";
import { noise } from "../../archive/engines.js";
import { refusal } from "../../container/refusal.js";
import { owner, ringOf } from "../../container/sealing.js";
import { backedUp, filesOf, newRepository, pack, reopened, stored } from "../repositories.js";

const tree = { a: noise(100_000), b: noise(3_000_000, 2), c: "text", d: { type: "directory", children: { e: noise(70_000, 3) } } } as const;
const sealed = { seal: { recipients: [owner.recipient] }, keys: ringOf(owner) } as const;

async function synced(a: Repository, b: Repository) {
  const result = await takeSnapshots(a, b, { pack, trust: "any-signer" });
  await b.refresh();
  return result;
}

describe("sync", () => {
  it("takes over what the other side lacks, in both directions, and nothing twice", async () => {
    const [a, b] = [await newRepository(), await newRepository()];
    await backedUp(a, tree);
    await backedUp(b, { ...tree, z: noise(50_000, 7) });
    expect(await synced(a, b)).toMatchObject({ snapshots: [expect.anything()], addedObjects: 2 });
    expect(await synced(b, a)).toMatchObject({ snapshots: [expect.anything()] });
    expect(toHex(proofOf(await reopened(a.storage)))).toBe(toHex(proofOf(await reopened(b.storage))));
    for (const { id } of a.snapshots) expect(await filesOf(b, toHex(id))).toEqual(await filesOf(a, toHex(id)));
    const before = [await stored(b, "packs"), await stored(b, "index"), await stored(b, "snapshots")];
    expect(await synced(a, b)).toEqual({ snapshots: [], addedObjects: 0, addedBytes: 0, invalidStatements: 0 });
    expect([await stored(b, "packs"), await stored(b, "index"), await stored(b, "snapshots")]).toEqual(before);
  });

  it("goes between plain and encrypted repositories, whose files tell nothing", async () => {
    const [plain, encrypted] = [await newRepository(), await newRepository(sealed)];
    await backedUp(plain, tree);
    await synced(plain, encrypted);
    const again = await reopened(encrypted.storage, undefined, sealed.keys);
    expect(await filesOf(again)).toEqual(await filesOf(plain));
    const back = await newRepository();
    await synced(again, back);
    expect(await filesOf(back)).toEqual(await filesOf(plain));
    const [name] = Object.keys(await filesOf(plain));
    expect(name).toBe("a");
    for (const folder of ["packs", "index", "snapshots"] as const) {
      for (const file of (await stored(encrypted, folder)).keys()) {
        const opened = await encrypted.storage.open(`${folder}/${file}`);
        const bytes = Buffer.from((await opened?.read(0, opened.length)) ?? []);
        for (const needle of ["forged", "collected", toHex(encrypted.snapshots[0]?.id ?? new Uint8Array())])
          expect(bytes.includes(needle)).toBe(false);
      }
    }
  });

  it("is refused without the key", async () => {
    const passphrase = "correct horse battery staple nine";
    const keys = { identities: [], passphrase: async () => passphrase };
    const encrypted = await newRepository({ seal: { recipients: [], passphrase }, keys });
    expect(await refusal(() => reopened(encrypted.storage))).toMatch("PTAR_KEY_REQUIRED: repository: it is encrypted");
    const wrong = { identities: [], passphrase: async () => "another one" };
    expect(await refusal(() => reopened(encrypted.storage, undefined, wrong))).toMatch("PTAR_PASSPHRASE_WRONG");
  });

  it("names what the source lacks, and then adds no snapshot", async () => {
    const [a, b] = [await newRepository(), await newRepository()];
    await backedUp(a, tree);
    for (const pack of (await stored(a, "packs")).keys()) await a.storage.remove(`packs/${pack}` as `packs/${string}`);
    expect(await refusal(() => takeSnapshots(a, b, { pack, trust: "any-signer" }))).toMatch("PTAR_PACK_MISSING");
    expect((await stored(b, "snapshots")).size).toBe(0);
    expect(lacking(a, b)).toHaveLength(1);
  });
});

describe("a run that was broken off", () => {
  it("leaves packs that the next one uses", async () => {
    const [a, b] = [await newRepository(), await newRepository()];
    await backedUp(a, tree);
    await synced(a, b);
    // as if it had stopped before the index was published
    for (const folder of ["index", "snapshots"] as const)
      for (const file of (await stored(b, folder)).keys()) await b.storage.remove(`${folder}/${file}` as `index/${string}`);
    const packs = await stored(b, "packs");
    const again = await reopened(b.storage);
    expect(await synced(a, again)).toMatchObject({ snapshots: [expect.anything()], addedObjects: 0, addedBytes: 0 });
    expect(await stored(again, "packs")).toEqual(packs);
    expect(await filesOf(await reopened(b.storage))).toEqual(await filesOf(a));
  });

  it("and left only some packs is completed", async () => {
    const [a, b] = [await newRepository(), await newRepository()];
    await backedUp(a, tree);
    await synced(a, b);
    for (const folder of ["index", "snapshots"] as const)
      for (const file of (await stored(b, folder)).keys()) await b.storage.remove(`${folder}/${file}` as `index/${string}`);
    const [first] = (await stored(b, "packs")).keys();
    await b.storage.remove(`packs/${first}` as `packs/${string}`);
    const again = await reopened(b.storage);
    await synced(a, again);
    expect(await filesOf(await reopened(b.storage))).toEqual(await filesOf(a));
  });
});
