// The writer's side of sealing: the bytes of the specification, and never one number twice. spec/14-encryption.md#seal
import { describe, expect, it } from "vitest";
import { Sealer } from "../../src/container/sealer.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { encodeFrameHeader, frameTypes } from "../../src/format/frame.js";
import { limits } from "../../src/format/limits.js";
import { encodeSealedPlaintext } from "../../src/format/sealed.js";
import { nativeCrypto } from "../../src/native/crypto.js";
import { archiveId, sealAlone, secret, sessionAlone } from "./sealing.js";

const facts = { archiveId, frame: 2, salt: new Uint8Array(32).fill(9) };
const { key, commitment } = sessionAlone(secret, facts);
const payload = Uint8Array.from({ length: 200 }, (_, i) => i);

describe.each([
  ["portable", portableCrypto],
  ["native", nativeCrypto],
])("%s", (_name, crypto) => {
  const sealer = () => new Sealer(crypto, secret, facts);

  it.each(["blockData", "blockMeta", "indexRoot", "sealedManifest"] as const)("seals %s as node:crypto does", async (type) => {
    const { head, sealed } = await sealer().seal({ type, number: 7, payload });
    // 204 bytes become 208
    const plaintext = encodeSealedPlaintext(payload, 208);
    expect(sealed).toEqual(sealAlone({ type: frameTypes[type], number: 7, plaintext, key }));
    expect(head).toEqual(encodeFrameHeader({ type: frameTypes[type], payloadLength: 224, number: 7 }));
  });

  it("seals beyond 2^32 frames and 4 KiB", async () => {
    const long = new Uint8Array(10_000).fill(4);
    const { sealed } = await sealer().seal({ type: "blockData", number: 2 ** 32 + 9, payload: long, padTo: 12_000 });
    const plaintext = encodeSealedPlaintext(long, 12_000);
    expect(sealed).toEqual(sealAlone({ type: frameTypes.blockData, number: 2 ** 32 + 9, plaintext, key }));
  });

  it("tells the commitment of its session", () => {
    expect(sealer().commitment).toEqual(commitment);
  });
});

describe("a sealer", () => {
  const sealer = () => new Sealer(portableCrypto, secret, facts);
  const frame = (number: number) => ({ type: "blockData", number, payload }) as const;

  it("takes each number once, and only in order", async () => {
    const one = sealer();
    await one.seal(frame(3));
    await expect(one.seal(frame(3))).rejects.toThrow(new TypeError("frame 3: sealed once already, or after frame 3"));
    await one.seal(frame(5));
    await expect(one.seal(frame(4))).rejects.toThrow(TypeError);
    await one.seal(frame(6));
  });

  it("takes no number at or before its session's", async () => {
    for (const number of [0, 1, 2]) await expect(sealer().seal(frame(number))).rejects.toThrow(TypeError);
  });

  it("takes a number once even when nobody waits for it, or when it failed", async () => {
    const one = sealer();
    const both = await Promise.allSettled([one.seal(frame(3)), one.seal(frame(3))]);
    expect(both.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    await expect(one.seal({ ...frame(4), padTo: 10 })).rejects.toThrow("10 bytes are too few for a payload of 200");
    await expect(one.seal(frame(4))).rejects.toThrow("frame 4: sealed once already");
  });

  it("pads no frame beyond its limit, and cuts none to fit", async () => {
    const most = limits.manifestBytes - 20;
    const { sealed } = await sealer().seal({ type: "sealedManifest", number: 3, payload: new Uint8Array(most) });
    expect(sealed).toHaveLength(limits.manifestBytes);
    // Padmé would take it to a mebibyte and the tag beyond the limit
    const near = await sealer().seal({ type: "sealedManifest", number: 3, payload: new Uint8Array(most - 100) });
    expect(near.sealed).toHaveLength(limits.manifestBytes);
    await expect(sealer().seal({ type: "sealedManifest", number: 3, payload: new Uint8Array(most + 1) })).rejects.toThrow(TypeError);
  });

  it("gives every index page the length of a full one", async () => {
    for (const rows of [1, 2, 500, 1024]) {
      const { sealed } = await sealer().seal({ type: "indexPage", number: 3, payload: new Uint8Array(16 + 48 * rows) });
      expect(sealed).toHaveLength(51_200 + 16);
    }
  });
});
