// A sealed frame opens at its own place, with its own type and length, in its own session, and nowhere else. spec/14-encryption.md#seal
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../src/bytes/compare.js";
import type { Frame } from "../../src/container/frame-reader.js";
import type { FoundSession } from "../../src/container/generation.js";
import { checkSealedLength, Unsealer } from "../../src/container/unsealer.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { frameTypes } from "../../src/format/frame.js";
import { encodeSealedPlaintext } from "../../src/format/sealed.js";
import { nativeCrypto } from "../../src/native/crypto.js";
import { refusal } from "./refusal.js";
import { archiveId, sealAlone, secret, sessionAlone } from "./sealing.js";

const { blockData, blockMeta } = frameTypes;
const content = Uint8Array.of(1, 2, 3, 4, 5);

function sessionAt(frame: number, fill: number): FoundSession & { readonly key: Uint8Array } {
  const salt = new Uint8Array(32).fill(fill);
  const { key, commitment } = sessionAlone(secret, { archiveId, frame, salt });
  return { number: frame, session: { keySource: "keys", salt, repositoryKey: new Uint8Array(16), commitment }, key };
}

const [first, second, third] = [sessionAt(2, 1), sessionAt(10, 2), sessionAt(11, 3)];
const sessions = [first, second, third];

/** A frame as it is read, sealed by node:crypto as one of `sealedAs`. */
function frame(as: Partial<Pick<Frame, "type" | "number">> = {}, sealedAs: Partial<Parameters<typeof sealAlone>[0]> = {}): Frame {
  const { type = blockData, number = 5 } = as;
  const payload = sealAlone({ type, number, plaintext: encodeSealedPlaintext(content, 40), key: first.key, ...sealedAs });
  return { type, number, offset: 1000, end: 1000 + 32 + payload.length, payload, leaf: new Uint8Array(32) };
}

const flipped = (own: Frame, at: number): Frame => {
  const payload = own.payload.slice();
  payload[at] = (payload[at] as number) ^ 1;
  return { ...own, payload };
};

describe.each([
  ["portable", portableCrypto],
  ["native", nativeCrypto],
])("%s", (_name, crypto) => {
  const unsealer = Unsealer.of(crypto, secret, { archiveId, sessions });
  const open = (sealed: Frame) => refusal(() => unsealer.open(sealed));
  const seal = "PTAR_FRAME_SEAL: frame 5 at offset 1000: blockData does not open with the key of its session";

  it("a frame opens to its payload, and stays the frame that it is", async () => {
    const sealed = frame();
    expect(await unsealer.open(sealed)).toEqual({ ...sealed, payload: content });
    const far = frame({ number: 2 ** 32 + 5 }, { key: third.key });
    expect((await unsealer.open(far)).payload).toEqual(content);
  });

  it("frames that are not sealed stay as they are", async () => {
    for (const type of [frameTypes.session, frameTypes.note, frameTypes.manifest, 0x90]) {
      const clear = { ...frame(), type, payload: content };
      expect(await unsealer.open(clear)).toBe(clear);
    }
  });

  it.each([
    [3, first],
    [9, first],
    [12, third],
    [1000, third],
  ])("frame %i belongs to the last session before it", async (number, { key }) => {
    expect((await unsealer.open(frame({ number }, { key }))).payload).toEqual(content);
    for (const other of sessions.filter((session) => session.key !== key))
      expect(await open(frame({ number }, { key: other.key }))).toContain("PTAR_FRAME_SEAL");
  });

  it("between two sessions the number decides", async () => {
    const close = Unsealer.of(crypto, secret, { archiveId, sessions: [first, second] });
    expect((await close.open(frame({ number: 11 }, { key: second.key }))).payload).toEqual(content);
    expect(await refusal(() => close.open(frame({ number: 11 }, { key: first.key })))).toContain("PTAR_FRAME_SEAL");
  });

  it.each<readonly [string, Frame]>([
    ["moved from another number", frame({}, { number: 6 })],
    ["given another type", frame({}, { type: blockMeta })],
    ["taken from another session", frame({}, { key: second.key })],
    ["sealed with another key", frame({}, { key: new Uint8Array(32) })],
    ["with a byte of ciphertext flipped", flipped(frame(), 0)],
    ["with the last byte of ciphertext flipped", flipped(frame(), 39)],
    ["with the first byte of the tag flipped", flipped(frame(), 40)],
    ["with the last byte of the tag flipped", flipped(frame(), 55)],
    ["that was cut", { ...frame(), payload: frame().payload.subarray(0, -1) }],
    ["with a byte more", { ...frame(), payload: concatBytes(frame().payload, Uint8Array.of(0)) }],
    ["that is all zero", { ...frame(), payload: new Uint8Array(56) }],
    ["of 21 bytes of noise", { ...frame(), payload: new Uint8Array(21).fill(7) }],
  ])("a frame %s is refused", async (_what, sealed) => {
    expect(await open(sealed)).toBe(seal);
  });

  it("a frame before the first session is refused", async () => {
    expect(await open(frame({ number: 1 }))).toContain("PTAR_FRAME_SEAL: frame 1 at offset 1000");
  });

  it("a frame whose inside is malformed is refused for that", async () => {
    const inside = (plaintext: Uint8Array) => open(frame({}, { plaintext }));
    expect(await inside(Uint8Array.of(6, 0, 0, 0, 1, 1, 1, 1, 1))).toBe(
      "PTAR_FRAME_LENGTH: frame 5 at offset 1000: a payload of 6 bytes in 5 sealed ones",
    );
    expect(await inside(Uint8Array.of(3, 0, 0, 0, 1, 1, 1, 0, 1))).toBe("PTAR_FRAME_RESERVED: frame 5 at offset 1000: padding is not zero");
    expect(await inside(Uint8Array.of(0, 0, 0, 0, 0))).toBe("nothing was refused");
  });

  it.each([0, 15, 16, 19, 20])("a frame of %i bytes is refused, with a key and without", async (length) => {
    const sentence = `PTAR_FRAME_LENGTH: frame 5 at offset 1000: ${length} bytes are too few for a sealed payload`;
    const short = { ...frame(), payload: new Uint8Array(length) };
    expect(await open(short)).toBe(sentence);
    expect(await refusal(() => checkSealedLength(short))).toBe(sentence);
    expect(await refusal(() => checkSealedLength({ ...short, payload: new Uint8Array(21) }))).toBe("nothing was refused");
    expect(await refusal(() => checkSealedLength({ ...short, type: frameTypes.note }))).toBe("nothing was refused");
  });

  it.each([0, 1, 2])("another secret than that of session %i is refused before anything is opened", async (at) => {
    const { number, session } = sessions[at] as FoundSession;
    const altered = sessions.with(at, { ...sessions[at], number, session: { ...session, commitment: session.commitment.with(31, 0) } } as never);
    const sentence = `PTAR_KEY_COMMITMENT: session (frame ${number}): was sealed with another secret than the one of this key`;
    expect(await refusal(() => Unsealer.of(crypto, secret, { archiveId, sessions: altered }))).toBe(sentence);
    const otherId = { archiveId: archiveId.with(0, 1), sessions };
    expect(await refusal(() => Unsealer.of(crypto, secret, otherId))).toContain("PTAR_KEY_COMMITMENT: session (frame 2)");
    expect(await refusal(() => Unsealer.of(crypto, secret.with(0, 0), { archiveId, sessions }))).toContain("PTAR_KEY_COMMITMENT");
  });
});

it("of many sessions each is found", async () => {
  const many = Array.from({ length: 50 }, (_, i) => sessionAt(2 + 3 * i, i + 1));
  const unsealer = Unsealer.of(nativeCrypto, secret, { archiveId, sessions: many });
  for (const { number, key } of many)
    for (const after of [1, 2]) expect((await unsealer.open(frame({ number: number + after }, { key }))).payload).toEqual(content);
});
