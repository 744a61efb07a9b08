// The secret of an archive is wrapped for everybody who was named, in as many frames as it takes. spec/14-encryption.md#keys
import { beforeAll, describe, expect, it } from "vitest";
import { wrapSecret } from "../../src/archive/wrap.js";
import { generateIdentity, recipientOf, unwrapWithIdentity, unwrapWithPassphrase } from "../../src/crypto/age.js";
import { decodeKeys, decodeKeysPlaintext, encodeKeysPlaintext } from "../../src/format/keys.js";
import { limits } from "../../src/format/limits.js";
import { nativeCrypto as crypto } from "../../src/native/crypto.js";
import { refusal } from "../container/refusal.js";
import { archiveId, owner, secret, stranger } from "../container/sealing.js";

const wrap = (recipients: readonly string[], passphrase?: string) =>
  wrapSecret({ crypto, secret, archiveId }, { recipients, ...(passphrase !== undefined && { passphrase }) });
const kinds = (payloads: readonly Uint8Array[]) => payloads.map((payload) => decodeKeys(payload, 3, limits));

describe("a secret", () => {
  it("is wrapped with label and archive id for each recipient", async () => {
    const [payload] = await wrap([owner.recipient, stranger.recipient]);
    for (const { identity } of [owner, stranger]) {
      const unwrapped = await unwrapWithIdentity(payload as Uint8Array, identity);
      expect(unwrapped).toEqual({ kind: "opened", plaintext: encodeKeysPlaintext(archiveId, secret) });
    }
  });

  it("is wrapped for 32 recipients a frame", async () => {
    const many = Array.from({ length: 33 }, () => stranger.recipient);
    const payloads = await wrap([...many, owner.recipient]);
    expect(kinds(payloads).map(({ types }) => types.length)).toEqual([32, 2]);
    const opened = await unwrapWithIdentity(payloads[1] as Uint8Array, owner.identity);
    expect(opened.kind === "opened" && decodeKeysPlaintext(opened.plaintext, 3, archiveId)).toEqual(secret);
    expect(kinds(await wrap(many.slice(0, 32))).map(({ types }) => types.length)).toEqual([32]);
  });

  it("stays as it is, so that blocks can be sealed with it", async () => {
    const own = secret.slice();
    await wrapSecret({ crypto, secret: own, archiveId }, { recipients: [owner.recipient] });
    expect(own).toEqual(secret);
  });

  it("is wrapped for somebody", async () => {
    await expect(wrap([])).rejects.toThrow(new TypeError("nobody to seal the archive for"));
    await expect(wrap(["age1nobody"])).rejects.toThrow(TypeError);
  });

  it("is wrapped for no more than an archive can hold", async () => {
    const most = 63 * 32;
    const sentence = `PTAR_LIMIT_EXCEEDED: recipients: ${most + 1} of them, at most ${most} are possible`;
    expect(await refusal(() => wrap(Array.from({ length: most + 1 }, () => "age1")))).toBe(sentence);
  });
});

describe("32 recipients that withstand quantum computers", () => {
  let payload: Uint8Array;

  beforeAll(async () => {
    const recipient = await recipientOf(await generateIdentity("hybrid"));
    [payload] = (await wrap(Array.from({ length: 32 }, () => recipient))) as [Uint8Array];
  });

  it("fit into one frame", () => {
    expect(payload.length).toBeLessThanOrEqual(limits.keysBytes);
    expect(decodeKeys(payload, 3, limits).types).toHaveLength(32);
  });
});

describe("a passphrase", () => {
  it("has a frame of its own, behind those of the recipients", async () => {
    const payloads = await wrap([owner.recipient], "five words");
    expect(kinds(payloads).map(({ kind }) => kind)).toEqual(["recipients", "passphrase"]);
    expect(Buffer.from(payloads[1] as Uint8Array).toString("latin1")).toMatch(/^age-encryption.org\/v1\n-> scrypt \S{22} 18\n/);
    expect((await unwrapWithPassphrase(payloads[1] as Uint8Array, "five words")).kind).toBe("opened");
  });
});
