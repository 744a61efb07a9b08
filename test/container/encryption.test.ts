// The clear manifest of a sealed archive and its SESSION and KEYS frames agree, with a key and without. spec/14-encryption.md#manifest
import { describe, expect, it } from "vitest";
import { frameTypes } from "../../src/format/frame.js";
import type { Manifest } from "../../src/format/generated/types.js";
import { limits } from "../../src/format/limits.js";
import { encodeSession } from "../../src/format/session.js";
import { leafHash } from "../../src/merkle/tree.js";
import { nativeCrypto } from "../../src/native/crypto.js";
import { ArchiveBuilder, author, chunk, type GenerationPlan } from "./build.js";
import { refusal } from "./refusal.js";
import { forOwner, openContainer, scanned, sealedBuilder, sealedOne, withTail } from "./sealed-archives.js";
import { keysFor, keysForPassphrase, owner, stranger } from "./sealing.js";

const opened = (bytes: Uint8Array) => refusal(() => openContainer(bytes));
const read = (bytes: Uint8Array) => refusal(async () => scanned(await openContainer(bytes)));
const ok = "nothing was refused";
const hex = "ab".repeat(32);

type Lists = NonNullable<Manifest["encryption"]>;
const listing = (change: (lists: Lists) => Partial<Lists>) => (manifest: Manifest) => {
  const encryption = manifest.encryption as Lists;
  return { ...manifest, encryption: { ...encryption, ...change(encryption) } };
};

describe("a sealed archive", () => {
  it("opens and is read without a key, with all that it may have", async () => {
    const builder = sealedBuilder([forOwner, forOwner]).generation({ resumed: [[chunk("resumed")]] });
    const bytes = withTail(builder, [forOwner], [author])
      .generation()
      .generation({ keys: [forOwner], pageUnits: 4 })
      .tail([author])
      .bytes();
    const container = await openContainer(bytes);
    expect(container.sessions.map(({ number }) => number)).toEqual([2, 6, 18, 27]);
    expect(container.generations.map(({ keys, tails }) => [keys.length, ...tails.map((tail) => tail.keys.length)])).toEqual([[2, 1], [0], [1, 0]]);
    expect([container.keySource, container.isOpen]).toEqual(["keys", false]);
    expect(await scanned(container)).toHaveLength(container.lastFrame);
  });

  it("shows its sealed frames as they are, and its contents to nobody", async () => {
    const container = await openContainer(sealedOne());
    const frames = await scanned(container);
    const block = frames.find(({ type }) => type === frameTypes.blockData);
    expect(Buffer.from(block?.payload as Uint8Array).includes("generation 1")).toBe(false);
    expect(await refusal(() => container.frame(block?.number as number))).toBe("PTAR_KEY_REQUIRED: archive: it is sealed, and no key was given");
    expect(await refusal(() => container.listing)).toContain("PTAR_KEY_REQUIRED");
    expect((await container.frame(3)).type).toBe(frameTypes.keys);
  });
});

describe("header and manifest", () => {
  const plainly = (manifest: Manifest): Manifest => ({ ...manifest, encryption: null, sealed: null });

  it.each<readonly [string, (manifest: Manifest) => Manifest]>([
    ["that it is plain", plainly],
    ["nothing of keys and sessions", (manifest) => ({ ...manifest, encryption: null })],
    ["nothing of a sealed manifest", (manifest) => ({ ...manifest, sealed: null })],
  ])("do not agree when a manifest says %s and the header that it is sealed", async (_what, manifest) => {
    const sentence = "PTAR_MANIFEST_MISMATCH: manifest: does not say how it is sealed, and the header says that it is";
    expect(await opened(sealedOne({ manifest }))).toBe(sentence);
    expect(await opened(sealedBuilder().generation().generation({ manifest }).bytes())).toBe(sentence);
  });

  it.each([
    ["both", { encryption: { keys: [3], sessions: [2], suite: "aes-256-gcm" }, sealed: { frame: 4 } }],
    ["keys", { encryption: { keys: [], sessions: [2], suite: "aes-256-gcm" } }],
    ["a sealed manifest", { sealed: { frame: 4 } }],
  ] as const)("do not agree when a manifest has %s and the header says that it is plain", async (_what, change) => {
    const bytes = new ArchiveBuilder().generation({ manifest: (manifest) => ({ ...manifest, ...(change as Partial<Manifest>) }) }).bytes();
    expect(await opened(bytes)).toBe("PTAR_MANIFEST_MISMATCH: manifest: says that it is sealed, and the header that it is plain");
  });

  it.each<readonly [string, Partial<Manifest>]>([
    ["a snapshot", { snapshots: [{ id: hex, statements: [] }] }],
    ["an index root", { index: [{ first: 1, frame: 5, last: 1, rows: 1 }] }],
  ])("are refused when the clear manifest lists %s", async (_what, change) => {
    const bytes = sealedOne({ manifest: (manifest) => ({ ...manifest, ...change }) });
    expect(await opened(bytes)).toBe("PTAR_MANIFEST_MISMATCH: manifest: lists snapshots or index roots of a sealed archive");
  });

  it("are refused when the clear manifest shows a subject", async () => {
    const bytes = sealedOne({ manifest: (manifest) => ({ ...manifest, subject: { id: hex, kind: "catalogue" } }) });
    expect(await opened(bytes)).toBe("PTAR_MANIFEST_MISMATCH: manifest: shows the subject catalogue of a sealed archive");
  });
});

describe("the lists of a manifest", () => {
  const two: GenerationPlan = { keys: [forOwner, forOwner], resumed: [[chunk("resumed")]] };
  const outOf = (name: string, frame: number) =>
    `PTAR_MANIFEST_MISMATCH: manifest: its ${name} name frame ${frame}, out of order or out of its generation`;

  it("are right as they are", async () => {
    const numbers: Partial<Manifest> = {};
    const manifest = (own: Manifest) => Object.assign(numbers, own);
    expect(await read(sealedOne({ ...two, manifest }))).toBe(ok);
    expect(numbers).toMatchObject({ encryption: { keys: [3, 4], sessions: [2, 6] }, sealed: { frame: 10 }, frameTable: 11 });
  });

  it.each<readonly [string, (lists: Lists) => Partial<Lists>, string]>([
    [
      "a first session that is not the first",
      () => ({ sessions: [6] }),
      "PTAR_MANIFEST_MISMATCH: manifest: its first session is frame 6, expected 2",
    ],
    [
      "an earlier frame as first session",
      () => ({ sessions: [1, 2, 6] }),
      "PTAR_MANIFEST_MISMATCH: manifest: its first session is frame 1, expected 2",
    ],
    ["a session twice", () => ({ sessions: [2, 2, 6] }), outOf("sessions", 2)],
    ["sessions that do not increase", () => ({ sessions: [2, 7, 6] }), outOf("sessions", 6)],
    ["a session in the frame table", () => ({ sessions: [2, 11] }), outOf("sessions", 11)],
    ["a session behind the frame table", () => ({ sessions: [2, 12] }), outOf("sessions", 12)],
    ["keys twice", () => ({ keys: [3, 3, 4] }), outOf("keys", 3)],
    ["keys that do not increase", () => ({ keys: [4, 3] }), outOf("keys", 3)],
    ["keys before the generation", () => ({ keys: [1, 3, 4] }), outOf("keys", 1)],
    ["keys in the frame table", () => ({ keys: [3, 4, 11] }), outOf("keys", 11)],
    ["keys that are far away", () => ({ keys: [3, 4, 2 ** 40] }), outOf("keys", 2 ** 40)],
    ["a block as keys", () => ({ keys: [3, 4, 5] }), "PTAR_MANIFEST_MISMATCH: manifest: lists frame 5 as keys, which is blockData"],
    ["a block as a session", () => ({ sessions: [2, 5, 6] }), "PTAR_MANIFEST_MISMATCH: manifest: lists frame 5 as session, which is blockData"],
    ["keys as a session", () => ({ sessions: [2, 3, 6] }), "PTAR_MANIFEST_MISMATCH: manifest: lists frame 3 as session, which is keys"],
    ["a session as keys", () => ({ keys: [2, 3, 4] }), "PTAR_MANIFEST_MISMATCH: manifest: lists frame 2 as keys, which is session"],
    [
      "the sealed manifest as keys",
      () => ({ keys: [3, 4, 10] }),
      "PTAR_MANIFEST_MISMATCH: manifest: lists frame 10 as keys, which is sealedManifest",
    ],
  ])("with %s are refused on opening", async (_what, change, sentence) => {
    expect(await opened(sealedOne({ ...two, manifest: listing(change) }))).toBe(sentence);
  });

  it.each<readonly [string, (lists: Lists) => Partial<Lists>, string]>([
    ["a session", () => ({ sessions: [2] }), "PTAR_MANIFEST_MISMATCH: manifest (generation 1): does not list frame 6, session"],
    ["all keys", () => ({ keys: [] }), "PTAR_MANIFEST_MISMATCH: manifest (generation 1): does not list frame 3, keys"],
    ["keys", () => ({ keys: [3] }), "PTAR_MANIFEST_MISMATCH: manifest (generation 1): does not list frame 4, keys"],
  ])("that leave out %s are refused when the frames are read", async (_what, change, sentence) => {
    expect(await read(sealedOne({ ...two, manifest: listing(change) }))).toBe(sentence);
  });

  it("that leave out keys which are malformed are refused for those", async () => {
    const bytes = sealedOne({ keys: [forOwner, forOwner.subarray(1)], manifest: listing(() => ({ keys: [3] })) });
    expect(await read(bytes)).toMatch(/^PTAR_KEYS_INVALID: keys \(frame 4\): does not start with/);
  });

  it("of a second generation are its own", async () => {
    const second = (change: (lists: Lists) => Partial<Lists>) =>
      sealedBuilder()
        .generation()
        .generation({ ...two, manifest: listing(change) })
        .bytes();
    expect(await read(second(() => ({})))).toBe(ok);
    expect(await opened(second(({ keys }) => ({ keys: [3, ...keys] })))).toBe(outOf("keys", 3));
    expect(await opened(second(({ sessions }) => ({ sessions: [2, ...sessions] })))).toContain("its first session is frame 2, expected 12");
    expect(await read(second(({ keys }) => ({ keys: keys.slice(1) })))).toContain("manifest (generation 2): does not list frame 13, keys");
    expect(await read(second(({ sessions }) => ({ sessions: sessions.slice(0, 1) })))).toContain("does not list frame 16, session");
  });

  it.each([
    ["in the frame table", (manifest: Manifest) => manifest.frameTable],
    ["behind it", (manifest: Manifest) => manifest.frameTable + 1],
    ["before the generation", () => 1],
  ])("are refused when the sealed manifest is %s", async (_what, frameOf) => {
    const bytes = sealedOne({ manifest: (manifest) => ({ ...manifest, sealed: { frame: frameOf(manifest) } }) });
    expect(await opened(bytes)).toMatch(/^PTAR_MANIFEST_MISMATCH: manifest: its sealed manifest is frame \d+, out of its generation/);
  });

  it.each([
    [2, "session"],
    [3, "keys"],
    [4, "blockData"],
    [5, "indexPage"],
    [6, "indexRoot"],
  ])("are refused without a key too when the sealed manifest is frame %i, which is %s", async (frame, type) => {
    const bytes = sealedOne({ manifest: (manifest) => ({ ...manifest, sealed: { frame } }) });
    expect(await opened(bytes)).toBe(`PTAR_MANIFEST_MISMATCH: manifest: lists frame ${frame} as sealedManifest, which is ${type}`);
  });

  it("are refused when they lead to a frame that was exchanged for one whose check is right", async () => {
    const builder = sealedBuilder([forOwner]).generation();
    const bytes = builder.bytes();
    const [start, end] = [builder.rows[2]?.end as number, builder.rows[3]?.end as number];
    bytes[end - 9] = (bytes[end - 9] as number) ^ 1;
    bytes.set(leafHash(nativeCrypto, bytes.subarray(start, end - 8)).subarray(0, 8), end - 8);
    expect(await opened(bytes)).toBe(`PTAR_FRAME_HASH: frame 3 at offset ${start}: not the one in the frame table`);
  });
});

describe("sessions", () => {
  const salted = (fill: number): GenerationPlan => ({ session: (own) => ({ ...own, salt: new Uint8Array(32).fill(fill) }) });

  it("have salts of their own, in one generation and in all", async () => {
    const within = sealedOne({ ...salted(5), resumed: [[chunk("resumed")]] });
    expect(await opened(within)).toBe("PTAR_SESSION_INVALID: session (frame 5): has the salt of the session in frame 2");
    const first = () => sealedBuilder().generation(salted(5)).generation();
    expect(await opened(first().generation(salted(6)).bytes())).toBe(ok);
    expect(await opened(first().generation(salted(5)).bytes())).toBe(
      "PTAR_SESSION_INVALID: session (frame 21): has the salt of the session in frame 2",
    );
    expect(await opened(sealedOne(salted(0)))).toBe("PTAR_SESSION_INVALID: session (frame 2): its salt is zero");
  });

  it("have one key source", async () => {
    const repository: GenerationPlan = { session: (own) => ({ ...own, keySource: "repository" }) };
    const mixed = sealedBuilder().generation().generation(repository).bytes();
    expect(await opened(mixed)).toBe("PTAR_SESSION_INVALID: session (frame 12): its key source is repository, that of the first session keys");
    const keyed: GenerationPlan = { session: (own) => ({ ...own, keySource: "keys" }) };
    expect(await opened(sealedBuilder([]).generation().generation(keyed).bytes())).toContain(
      "its key source is keys, that of the first session repository",
    );
    expect(await read(sealedBuilder([]).generation().generation().bytes())).toBe(ok);
  });

  it("that are malformed are refused on opening", async () => {
    const named: GenerationPlan = { session: (own) => ({ ...own, repositoryKey: new Uint8Array(16).fill(1) }) };
    expect(await opened(sealedOne(named))).toContain("PTAR_SESSION_INVALID: session (frame 2): names the key of a repository");
  });
});

describe("keys", () => {
  it("stand where the key source wants them", async () => {
    const withRepository = sealedBuilder([])
      .generation({ keys: [forOwner] })
      .bytes();
    expect(await read(withRepository)).toMatch(/^PTAR_FRAME_ORDER: frame 3 at offset \d+: keys may not stand after session/);
    expect(await read(sealedOne({ keys: [] }))).toMatch(/^PTAR_FRAME_ORDER: frame 3 at offset \d+: blockData may not stand after first session/);
    const late = sealedOne({ frames: [["keys", forOwner]] });
    expect(await read(late)).toMatch(/^PTAR_FRAME_ORDER: frame 5 at offset \d+: keys may not stand after blocks/);
    const plain = new ArchiveBuilder().generation({ keys: [forOwner] }).bytes();
    expect(await read(plain)).toMatch(/^PTAR_FRAME_ORDER: frame 3 at offset \d+: keys may not stand after session/);
  });

  it("in tails of an archive that has none are refused on opening", async () => {
    for (const builder of [sealedBuilder([]), new ArchiveBuilder()])
      expect(await opened(withTail(builder.generation(), [forOwner], [author]).bytes())).toMatch(
        /^PTAR_FRAME_ORDER: .* keys may not stand after trailer/,
      );
  });

  it.each([
    ["malformed", forOwner.subarray(0, -1), /^PTAR_KEYS_INVALID: keys \(frame (3|12)\): 111 bytes after the header/],
    ["too costly", Buffer.from(forOwner.toString()), /^PTAR_KEYS_INVALID/],
  ])("that are %s are refused on opening, in tails too", async (_what, payload, sentence) => {
    expect(await opened(sealedOne({ keys: [payload] }))).toMatch(sentence);
    expect(await opened(withTail(sealedBuilder().generation(), [payload], [author]).bytes())).toMatch(sentence);
  });

  it("whose passphrase costs too much are refused on opening, in tails too", async () => {
    const text = Buffer.from(await keysForPassphrase("words")).toString("latin1");
    const costly = new Uint8Array(Buffer.from(text.replace(/^(-> scrypt \S+) 10$/m, "$1 21"), "latin1"));
    expect(await opened(sealedOne({ keys: [costly] }))).toBe("PTAR_KEYS_WORK_FACTOR: keys (frame 3): a passphrase of work factor 21, limit 20");
    expect(await opened(withTail(sealedBuilder().generation(), [costly], []).bytes())).toContain("PTAR_KEYS_WORK_FACTOR: keys (frame 12)");
  });

  const times = (count: number, payload = forOwner) => Array.from({ length: count }, () => payload);
  const tooMany = "PTAR_LIMIT_EXCEEDED: archive: more than 64 frames of wrapped keys";

  it("are 64 at most, generations and tails together, covered or not", async () => {
    expect(await read(sealedOne({ keys: times(64) }))).toBe(ok);
    expect(await opened(withTail(sealedBuilder(times(32)).generation(), times(32), [author]).bytes())).toBe(ok);
    expect(await opened(withTail(sealedBuilder(times(64)).generation(), times(1), [author]).bytes())).toBe(tooMany);
    expect(await opened(withTail(sealedBuilder(times(64)).generation(), times(1), []).bytes())).toBe(tooMany);
    expect(await opened(withTail(sealedBuilder().generation(), times(64), []).bytes())).toBe(tooMany);
    expect(
      await opened(
        sealedBuilder(times(64))
          .generation()
          .generation({ keys: times(1) })
          .bytes(),
      ),
    ).toBe(tooMany);
    const tails = withTail(withTail(sealedBuilder(times(60)).generation(), times(3), []), times(2), [author]);
    expect(await opened(tails.bytes())).toBe(tooMany);
    expect(
      await opened(
        withTail(sealedBuilder(times(60)).generation(), times(3), [])
          .generation({ keys: times(2) })
          .bytes(),
      ),
    ).toBe(tooMany);
  });

  it("of a tail are counted before the next is read: what follows is not looked at", async () => {
    const builder = withTail(sealedBuilder(times(60)).generation(), [...times(5), new Uint8Array(10)], []);
    expect(await opened(builder.bytes())).toBe(tooMany);
  });

  it("for passphrases are 4 at most", async () => {
    const words = await keysForPassphrase("words");
    const sentence = "PTAR_LIMIT_EXCEEDED: archive: 5 passphrases, limit 4";
    expect(await opened(sealedOne({ keys: times(4, words) }))).toBe(ok);
    expect(await opened(sealedOne({ keys: [forOwner, ...times(5, words)] }))).toBe(sentence);
    expect(await opened(withTail(sealedBuilder(times(4, words)).generation(), [words], []).bytes())).toBe(sentence);
    expect(await opened(withTail(sealedBuilder(times(4, words)).generation(), [forOwner], []).bytes())).toBe(ok);
    expect(
      await opened(
        sealedBuilder(times(3, words))
          .generation()
          .generation({ keys: times(2, words) })
          .bytes(),
      ),
    ).toBe(sentence);
  });

  it("are counted by lower limits when a reader has them", async () => {
    const bytes = sealedBuilder(times(3)).generation().bytes();
    expect(await refusal(() => openContainer(bytes, { keysFrames: 2 }))).toContain("more than 2 frames of wrapped keys");
    const two = sealedBuilder([await keysFor([owner, stranger])])
      .generation()
      .bytes();
    expect(await refusal(() => openContainer(two, { keysStanzas: 1 }))).toContain("PTAR_KEYS_INVALID: keys (frame 3): more than 1 stanzas");
    expect(limits.keysFrames).toBe(64);
  });
});

describe("a session of the other kind", () => {
  it("is refused where it is not listed, too", async () => {
    const sealed = encodeSession({
      keySource: "keys",
      salt: new Uint8Array(32).fill(1),
      repositoryKey: new Uint8Array(16),
      commitment: new Uint8Array(32),
    });
    expect(await read(new ArchiveBuilder().generation({ frames: [["session", sealed]] }).bytes())).toContain(
      "PTAR_SESSION_INVALID: session (frame 4): not zero",
    );
    expect(await read(sealedOne({ frames: [["session", new Uint8Array(96)]] }))).toContain("PTAR_SESSION_INVALID: session (frame 5): key source 0");
  });
});
