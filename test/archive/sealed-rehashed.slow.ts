// Sealed archives in which a byte was changed and every hash above it made anew: by somebody without the key, and by somebody with it.
import { beforeAll, describe, expect, it } from "vitest";
import { canonicalBytes } from "../../src/bytes/canonical-json.js";
import type { MemoryTree } from "../../src/connectors/memory/tree.js";
import { findSecret } from "../../src/container/unlock.js";
import { aboutText } from "../../src/format/about.js";
import { frameTypeName, frameTypes } from "../../src/format/frame.js";
import type { Manifest, SealedManifest } from "../../src/format/generated/types.js";
import { encodeSealedPlaintext, isSealedType, paddedLength } from "../../src/format/sealed.js";
import { ArchiveBuilder } from "../container/build.js";
import { openContainer, scanned } from "../container/sealed-archives.js";
import { owner, ringOf, sealAlone, secret, sessionAlone } from "../container/sealing.js";
import { exitOf, framesOf, type RawFrame, rehashed } from "./rehashing.js";
import { sealedOf } from "./sealing.js";

const tree: MemoryTree = { d: { type: "directory", children: { a: "A".repeat(70) } }, s: { type: "symlink", destination: "d/a" } };
const keys = ringOf(owner);
const flip = (byte: number, at: number) => byte ^ (1 << (at % 8));

let frames: readonly RawFrame[];
/** Frames as they are inside. */
let inside: readonly RawFrame[];
let archiveId: Uint8Array<ArrayBuffer>;
/** Of the one session. */
let key: Uint8Array;

beforeAll(async () => {
  const bytes = await sealedOf(tree, { signers: [], codec: "store" });
  frames = framesOf(bytes);
  const container = await openContainer(bytes);
  archiveId = container.header.archiveId.slice();
  const own = await findSecret(container, keys);
  key = sessionAlone(own, { archiveId, frame: 2, salt: container.sessions[0]?.session.salt as Uint8Array }).key;
  await container.unlock(own);
  inside = await scanned(container);
});

/** A builder that takes frames as they are. */
const builder = () => new ArchiveBuilder(archiveId, aboutText, { secret, keys: [] });

describe("changed by somebody without the key", () => {
  const remade = (target: number, change: (payload: Uint8Array) => Uint8Array) => rehashed(frames, target, change, builder());

  it("not at all, it is ok", async () => {
    const bytes = remade(-1, (payload) => payload);
    expect([await exitOf(bytes), await exitOf(bytes, keys)]).toEqual([0, 0]);
  });

  it.each([
    ["about", [0], [4]],
    ["session", [0, 4], [4, 8]],
    ["keys", [0, 4], [4, 8]],
    ["blockData", [0], [4]],
    ["blockMeta", [0], [4]],
    ["indexPage", [0], [4]],
    ["indexRoot", [0], [4]],
    ["sealedManifest", [0], [4]],
    ["frameTable", [4], [4]],
    ["manifest", [0, 3, 4, 5, 10], [0, 4, 5, 10]],
    ["trailer", [4], [4]],
  ] as const)("in a byte of %s: the key shows it", async (name, withoutKey, withKey) => {
    const target = frames.findIndex(({ type }) => frameTypeName(type) === name);
    const { payload } = frames[target] as RawFrame;
    const wrong: string[] = [];
    for (let at = 0; at < payload.length; at += Math.max(2, Math.floor(payload.length / 60))) {
      const bytes = remade(target, (made) => made.with(at, flip(made[at] as number, at)));
      const [locked, open] = [await exitOf(bytes), await exitOf(bytes, keys)];
      if (!(withoutKey as readonly number[]).includes(locked)) wrong.push(`byte ${at}, no key: exit ${locked}`);
      if (!(withKey as readonly number[]).includes(open)) wrong.push(`byte ${at}, key: exit ${open}`);
    }
    expect(wrong).toEqual([]);
  });

  it("in the claims of the manifest, the key shows every one that both make", async () => {
    const target = frames.findIndex(({ type }) => type === frameTypes.manifest);
    const claims: readonly Partial<Manifest>[] = [{ complete: false }, { createdAt: "2020-01-01T00:00:00Z" }, { signers: ["ab".repeat(32)] }];
    for (const claim of claims) {
      const bytes = remade(target, (made) => canonicalBytes({ ...JSON.parse(new TextDecoder().decode(made)), ...claim }));
      expect(await exitOf(bytes, keys)).toBe("signers" in claim ? 5 : 4);
    }
  });

  it("in the length of a sealed frame, the key shows it", async () => {
    for (const [target, { type }] of frames.entries()) {
      if (!isSealedType(type)) continue;
      for (const change of [
        (own: Uint8Array) => own.subarray(1),
        (own: Uint8Array) => own.subarray(0, -1),
        (own: Uint8Array) => Uint8Array.of(...own, 0),
      ])
        expect(await exitOf(remade(target, change), keys), frameTypeName(type)).toBe(4);
      expect([await exitOf(remade(target, (own) => own.subarray(0, 20))), await exitOf(remade(target, () => new Uint8Array()))]).toEqual([4, 4]);
    }
  });

  it("by exchanging, repeating or removing sealed frames, the key shows it", async () => {
    const at = (type: number) => frames.findIndex((frame) => frame.type === type);
    const [data, meta] = [at(frameTypes.blockData), at(frameTypes.blockMeta)];
    const exchanged = frames.with(data, frames[meta] as RawFrame).with(meta, frames[data] as RawFrame);
    const payloads = frames
      .with(data, { ...(frames[data] as RawFrame), payload: frames[meta]?.payload as Uint8Array })
      .with(meta, { ...(frames[meta] as RawFrame), payload: frames[data]?.payload as Uint8Array });
    const relabelled = frames.with(data, { ...(frames[data] as RawFrame), type: frameTypes.blockMeta });
    for (const others of [exchanged, payloads, relabelled]) {
      const bytes = rehashed(others, -1, (payload) => payload, builder());
      expect([await exitOf(bytes), await exitOf(bytes, keys)]).toEqual([0, 4]);
    }
    // frames behind get other numbers, which the manifest then names wrongly
    for (const others of [frames.toSpliced(data, 1), frames.toSpliced(data, 0, frames[data] as RawFrame)])
      expect(
        await exitOf(
          rehashed(others, -1, (payload) => payload, builder()),
          keys,
        ),
      ).toBe(4);
  });
});

describe("changed by somebody with the key", () => {
  /** Seals everything anew, one plaintext changed. */
  function resealed(target: number, change: (plaintext: Uint8Array) => Uint8Array): Uint8Array {
    const own = builder();
    const sealed = inside.map((frame, i) => {
      if (!isSealedType(frame.type)) return frame;
      const seal = () => {
        const payload = frame.type === frameTypes.sealedManifest ? withTree(frame.payload, own) : frame.payload;
        const plaintext = encodeSealedPlaintext(payload, paddedLength(payload.length, 1 << 20));
        return sealAlone({ type: frame.type, number: frame.number, plaintext: i === target ? change(plaintext) : plaintext, key });
      };
      return {
        type: frame.type,
        number: frame.number,
        get payload() {
          return seal();
        },
      };
    });
    return rehashed(sealed, -1, (payload) => payload, own);
  }

  function withTree(payload: Uint8Array, own: ArchiveBuilder): Uint8Array {
    const manifest: SealedManifest = JSON.parse(new TextDecoder().decode(payload));
    return canonicalBytes({ ...manifest, tree: own.head() });
  }

  it("not at all, it is ok", async () => {
    const bytes = resealed(-1, (plaintext) => plaintext);
    expect([await exitOf(bytes), await exitOf(bytes, keys)]).toEqual([0, 0]);
  });

  it.each(["blockData", "blockMeta", "indexPage", "indexRoot", "sealedManifest"])(
    "in a byte inside %s: refused with the key, whole without",
    async (name) => {
      const target = inside.findIndex(({ type }) => frameTypeName(type) === name);
      const length = paddedLength((inside[target] as RawFrame).payload.length, 1 << 20);
      const step = Math.max(2, Math.floor(length / 100));
      const wrong: string[] = [];
      for (let at = 0; at < length; at += step) {
        const bytes = resealed(target, (plaintext) => plaintext.with(at, flip(plaintext[at] as number, at)));
        const [locked, open] = [await exitOf(bytes), await exitOf(bytes, keys)];
        if (locked !== 0) wrong.push(`byte ${at}, no key: exit ${locked}`);
        // zeros of the padding that become padding of a block are read as such. spec/03-block.md#block
        const harmless = at < 4 && name.startsWith("block");
        if (![4, 5, 10, ...(harmless ? [0] : [])].includes(open)) wrong.push(`byte ${at}, key: exit ${open}`);
      }
      expect(wrong).toEqual([]);
    },
  );
});
