// More recipients for a sealed archive: what is appended is read by everybody, or nothing is appended. spec/14-encryption.md#rewrap
import { describe, expect, it } from "vitest";
import { openSigned } from "../../src/archive/open.js";
import { type RewrapOptions, rewrapArchive } from "../../src/archive/rewrap.js";
import { concatBytes } from "../../src/bytes/compare.js";
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { MemorySink } from "../../src/connectors/memory/sink.js";
import { signerOf } from "../container/build.js";
import { owner, ringOf, stranger } from "../container/sealing.js";
import { native, verifyBytes } from "./engines.js";
import { sealedOf } from "./sealing.js";

const bytes = await sealedOf({ a: "first", b: "second" });
const opened = () => openSigned(new MemoryReader(bytes), { engine: native, trust: "any-signer" });
const wishes = (sink: MemorySink): RewrapOptions => ({ keys: ringOf(owner), add: { recipients: [stranger.recipient] }, signer: signerOf(3), sink });

describe("a tail with recipients", () => {
  it("lets them open the archive", async () => {
    const sink = new MemorySink();
    await rewrapArchive(await opened(), wishes(sink));
    const report = await verifyBytes(concatBytes(bytes, sink.bytes()), { keys: ringOf(stranger), level: "deep" });
    expect(report).toMatchObject({ exitCode: 0, contents: { status: "checked" }, encryption: { recipients: ["X25519", "X25519"] } });
  });

  it("is not written by a key that cannot sign", async () => {
    const sink = new MemorySink();
    const signer = { ...signerOf(3), sign: async () => new Uint8Array(64) };
    await expect(rewrapArchive(await opened(), { ...wishes(sink), signer })).rejects.toMatchObject({ code: "PTAR_KEY_INVALID" });
    expect(sink.bytes()).toHaveLength(0);
  });

  it("is written once for an opened archive, whose tree has grown then", async () => {
    const signed = await opened();
    await rewrapArchive(signed, wishes(new MemorySink()));
    await expect(rewrapArchive(signed, wishes(new MemorySink()))).rejects.toThrow(TypeError);
  });

  it.each(["", "two\nlines", "\ud800"])("is not sealed with %j, which is no passphrase", async (passphrase) => {
    const sink = new MemorySink();
    const add = { recipients: [], passphrase };
    await expect(rewrapArchive(await opened(), { ...wishes(sink), add })).rejects.toMatchObject({ code: "PTAR_PASSPHRASE_INVALID" });
    expect(sink.bytes()).toHaveLength(0);
  });
});

it("a key that cannot be read is no damage of the archive", async () => {
  const { PtarError } = await import("../../src/errors/ptar-error.js");
  const withWords = await sealedOf({ a: "first" }, { seal: { recipients: [], passphrase: "five words" } });
  const passphrase = () => Promise.reject(new PtarError("PTAR_KEY_NOT_FOUND", "--passphrase-file: no such file"));
  await expect(verifyBytes(withWords, { keys: { identities: [], passphrase } })).rejects.toMatchObject({ code: "PTAR_KEY_NOT_FOUND" });
});
