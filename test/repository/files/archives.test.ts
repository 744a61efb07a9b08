// Archives are what their folder and name say, and open with the key of their repository. spec/15-repository.md#layout
import { describe, expect, it } from "vitest";
import { mustHex, toHex } from "../../../src/bytes/hex.js";
import { MemoryReader } from "../../../src/connectors/memory/reader.js";
import { MemoryStorage } from "../../../src/connectors/memory/storage.js";
import { Container } from "../../../src/container/container.js";
import { PtarError } from "../../../src/errors/ptar-error.js";
import { limits } from "../../../src/format/limits.js";
import type { StoragePath } from "../../../src/repository/files/storage.js";
import { archiveOf, native } from "../../archive/engines.js";
import { sealedOf } from "../../archive/sealing.js";
import { refusal } from "../../container/refusal.js";
import { archivesOf, CountingStorage, publishPack } from "../stored-archives.js";

const key = { keyId: new Uint8Array(16).fill(1), secret: new Uint8Array(32).fill(2) };
const other = "ab".repeat(32);

async function put(storage: MemoryStorage, path: StoragePath, bytes: Uint8Array): Promise<void> {
  const file = await storage.create(path);
  await file.write(bytes);
  await file.publish();
}

async function bytesOf(storage: MemoryStorage, path: StoragePath): Promise<Uint8Array> {
  const file = await storage.open(path);
  const bytes = (await file?.read(0, file.length)) as Uint8Array;
  await file?.close();
  return bytes;
}

/** A pack in a storage of its own. */
async function packOf(sealedWith?: typeof key) {
  const storage = new CountingStorage();
  const archives = archivesOf(storage, sealedWith);
  const { archive } = await publishPack(archives, "one");
  return { storage, archives, archive, path: `packs/${toHex(archive.name)}.ptar` as const };
}

describe("an archive of a repository's own", () => {
  it("opens, closed again by whoever opened it", async () => {
    const { archives, archive, storage } = await packOf();
    const opened = await archives.open("packs", archive.name);
    expect(opened?.container.header.archiveId).toEqual(archive.name);
    await opened?.close();
    expect(storage.held).toBe(0);
  });

  it("that is not there is no failure", async () => {
    const { archives } = await packOf();
    expect(await archives.open("packs", mustHex(other))).toBeUndefined();
    expect(await archives.openAdopted({ name: mustHex(other) })).toBeUndefined();
  });

  it("has its archive id for a name", async () => {
    const { archives, storage, path, archive } = await packOf();
    await put(storage, `packs/${other}.ptar`, await bytesOf(storage, path));
    expect(await refusal(() => archives.open("packs", mustHex(other)))).toBe(
      `PTAR_REPOSITORY_INVALID: repository: packs/${other}.ptar: its header has the archive id ${toHex(archive.name)}`,
    );
    expect(storage.held).toBe(0);
  });

  it.each([
    ["sealed in a plain repository", key, undefined, "it is sealed, and the repository is plain"],
    ["plain in an encrypted repository", undefined, key, "it is plain, and the repository is encrypted"],
    ["sealed with the key of another repository", key, { ...key, keyId: new Uint8Array(16) }, "it is not sealed with the key of this repository"],
  ] as const)("is not %s", async (_what, written, read, problem) => {
    const { storage, archive } = await packOf(written);
    expect(await refusal(() => archivesOf(storage, read).open("packs", archive.name))).toBe(
      `PTAR_REPOSITORY_INVALID: repository: packs/${toHex(archive.name)}.ptar: ${problem}`,
    );
    expect(storage.held).toBe(0);
  });

  it("is not sealed for recipients, also where the key id is zero as in their sessions", async () => {
    const storage = new CountingStorage();
    const bytes = await sealedOf({ a: "a" });
    const name = bytes.slice(16, 48);
    await put(storage, `packs/${toHex(name)}.ptar`, bytes);
    const zero = { ...key, keyId: new Uint8Array(16) };
    expect(await refusal(() => archivesOf(storage, zero).open("packs", name))).toMatch("it is not sealed with the key of this repository");
  });

  it("is not of the secret of another repository", async () => {
    const { storage, archive } = await packOf(key);
    const lie = { ...key, secret: new Uint8Array(32).fill(9) };
    expect(await refusal(() => archivesOf(storage, lie).open("packs", archive.name))).toMatch("PTAR_KEY_COMMITMENT");
    expect(storage.held).toBe(0);
  });
});

describe("an adopted archive", () => {
  /** An archive among adopted ones, under its fingerprint unless `name` says otherwise. */
  async function adopted(kind: "plain" | "sealed", name?: string) {
    const storage = new CountingStorage();
    const bytes = await (kind === "sealed" ? sealedOf : archiveOf)({ a: "a" });
    const { fingerprint } = await Container.open(new MemoryReader(bytes), native.crypto, limits);
    const path = name ?? toHex(fingerprint);
    await put(storage, `adopted/${path}.ptar`, bytes);
    return { storage, name: mustHex(path), fingerprint };
  }

  it("has its fingerprint for a name", async () => {
    const { storage, name } = await adopted("plain");
    const opened = await archivesOf(storage).openAdopted({ name });
    expect(opened?.container.fingerprint).toEqual(name);
    await opened?.close();
    const lie = await adopted("plain", other);
    expect(await refusal(() => archivesOf(lie.storage).openAdopted(lie))).toBe(
      `PTAR_REPOSITORY_INVALID: repository: adopted/${other}.ptar: its fingerprint is ${toHex(lie.fingerprint)}`,
    );
    expect([storage.held, lie.storage.held]).toEqual([0, 0]);
  });

  it("is as plain or as sealed as its repository", async () => {
    const [plain, sealed] = [await adopted("plain"), await adopted("sealed")];
    expect(await refusal(() => archivesOf(plain.storage, key).openAdopted(plain))).toMatch("it is plain, and the repository is encrypted");
    expect(await refusal(() => archivesOf(sealed.storage).openAdopted(sealed))).toMatch("it is sealed, and the repository is plain");
    expect([plain.storage.held, sealed.storage.held]).toEqual([0, 0]);
  });

  it("opens with its own secret, which must be the right one", async () => {
    const { storage, name } = await adopted("sealed");
    const secret = new Uint8Array(32).fill(9);
    expect(await refusal(() => archivesOf(storage, key).openAdopted({ name, secret }))).toMatch("PTAR_KEY_COMMITMENT");
    expect(storage.held).toBe(0);
  });
});

it("an archive that cannot be begun leaves nothing behind", async () => {
  const storage = new MemoryStorage();
  const create = storage.create.bind(storage);
  storage.create = async (path) => ({ ...(await create(path)), write: () => Promise.reject(new PtarError("PTAR_IO_NO_SPACE", "disk: it is full")) });
  expect(await refusal(() => publishPack(archivesOf(storage), "one"))).toMatch("PTAR_IO_NO_SPACE");
  expect(await storage.sweep(Number.MAX_SAFE_INTEGER)).toBe(0);
});

it("a name that random numbers gave twice is a defect, and overwrites nothing", async () => {
  const storage = new MemoryStorage();
  const archives = archivesOf(storage);
  const stuck = Object.assign(archivesOf(storage), {
    engine: { ...native, crypto: { ...native.crypto, randomBytes: (length: number) => new Uint8Array(length).fill(3) } },
  });
  await publishPack(stuck, "one");
  await expect(publishPack(stuck, "two")).rejects.toThrow(TypeError);
  const opened = await archives.open("packs", new Uint8Array(32).fill(3));
  expect(opened).toBeDefined();
  await opened?.close();
});
