// Who opens a sealed archive, in which order keys are tried, and what is said when none fits. spec/14-encryption.md#opening
import { describe, expect, it } from "vitest";
import { findSecret } from "../../src/container/unlock.js";
import type { Manifest } from "../../src/format/generated/types.js";
import { encodeKeysPlaintext } from "../../src/format/keys.js";
import type { KeyRing } from "../../src/keys/key-ring.js";
import { withHeader } from "../crypto/age-files.js";
import { author, type GenerationPlan } from "./build.js";
import { refusal } from "./refusal.js";
import { forOwner, openContainer, sealedBuilder, withTail } from "./sealed-archives.js";
import { archiveId, keysFor, keysForPassphrase, owner, type Party, ringOf, secret, stranger } from "./sealing.js";

const words = "correct horse battery staple";
const forWords = await keysForPassphrase(words);
const forOthers = await keysForPassphrase("somebody else's words");
const forStranger = await keysFor([stranger]);
const wrong = secret.with(0, 1);
const otherSecret = await keysFor([owner], encodeKeysPlaintext(archiveId, wrong));
const otherArchive = await keysFor([owner], encodeKeysPlaintext(archiveId.with(0, 1), secret));
const otherThing = await keysFor([owner], encodeKeysPlaintext(archiveId, secret).with(0, 0));
const damaged = forOwner.with(-1, (forOwner.at(-1) as number) ^ 1);

/** Of an archive with these KEYS frames, the secret or why there is none. */
async function answer(keys: readonly Uint8Array[], ring: KeyRing, after: (builder: ReturnType<typeof sealedBuilder>) => void = () => undefined) {
  const builder = sealedBuilder(keys).generation();
  after(builder);
  const found: { secret?: Uint8Array } = {};
  const refused = await refusal(async () => {
    found.secret = await findSecret(await openContainer(builder.bytes()), ring);
  });
  return found.secret === undefined ? refused : Buffer.from(found.secret).equals(secret) ? "opened" : "another secret";
}

/** A ring that counts how often it is asked for the passphrase. */
function asking(passphrase: string, ...parties: readonly Party[]): KeyRing & { readonly asked: () => number } {
  let count = 0;
  const ask = async () => {
    count++;
    return passphrase;
  };
  return { ...ringOf(...parties), passphrase: ask, asked: () => count };
}

describe("a sealed archive opens", () => {
  it("with an identity of any of its recipients, in any of its frames", async () => {
    expect(await answer([forOwner], ringOf(owner))).toBe("opened");
    expect(await answer([await keysFor([stranger, owner])], ringOf(owner))).toBe("opened");
    expect(await answer([forStranger, forOwner], ringOf(owner))).toBe("opened");
    expect(await answer([forOwner], ringOf(stranger, owner))).toBe("opened");
  });

  it("with a passphrase of any of its frames, which is asked for once", async () => {
    const ring = asking(words);
    expect(await answer([forOthers, forOthers, forWords], ring)).toBe("opened");
    expect(ring.asked()).toBe(1);
  });

  it("with a passphrase when no identity fits", async () => {
    const ring = asking(words, stranger);
    expect(await answer([forOwner, forWords], ring)).toBe("opened");
    expect(ring.asked()).toBe(1);
  });

  it("with an identity before a passphrase, which is then not asked for", async () => {
    const ring = asking(words, owner);
    expect(await answer([forWords, forOwner], ring)).toBe("opened");
    expect(await answer([forWords, forStranger], ringOf(stranger))).toBe("opened");
    expect(ring.asked()).toBe(0);
  });

  it("with keys of a tail that a statement of the tail covers, whoever signed it", async () => {
    expect(await answer([forOwner], ringOf(stranger), (builder) => withTail(builder, [forStranger], [author]))).toBe("opened");
    expect(await answer([forOwner], asking(words), (builder) => withTail(builder, [forStranger, forWords], [author]))).toBe("opened");
  });

  it("with keys of a tail between two statements: the later one covers them", async () => {
    const between = (builder: ReturnType<typeof sealedBuilder>) => {
      builder.frame("statement", builder.statement(author));
      withTail(builder, [forStranger], [author]);
    };
    expect(await answer([forOwner], ringOf(stranger), between)).toBe("opened");
  });

  it("with keys of a later generation, and of a tail before it", async () => {
    expect(await answer([forOwner], ringOf(stranger), (builder) => builder.generation({ keys: [forStranger] }))).toBe("opened");
    const between = (builder: ReturnType<typeof sealedBuilder>) => withTail(builder, [forStranger], [author]).generation();
    expect(await answer([forOwner], ringOf(stranger), between)).toBe("opened");
  });

  it.each([
    ["wraps another secret", otherSecret],
    ["is that of another archive", otherArchive],
    ["wraps something else", otherThing],
    ["is damaged inside", damaged],
  ])("although an earlier frame %s", async (_what, earlier) => {
    expect(await answer([earlier, forOwner], ringOf(owner))).toBe("opened");
    expect(await answer([earlier, forWords], asking(words, owner))).toBe("opened");
  });
});

describe("without the right key", () => {
  it.each<readonly [string, readonly Uint8Array[], KeyRing, string]>([
    ["no key", [forOwner], ringOf(), "PTAR_KEY_REQUIRED: archive: it is sealed, and opens with the identity of a recipient"],
    ["no key for a passphrase", [forWords], ringOf(), "PTAR_KEY_REQUIRED: archive: it is sealed, and opens with a passphrase"],
    [
      "no key of two kinds",
      [forWords, forOwner],
      ringOf(),
      "PTAR_KEY_REQUIRED: archive: it is sealed, and opens with the identity of a recipient or a passphrase",
    ],
    ["an identity for a passphrase", [forWords], ringOf(owner), "PTAR_KEY_REQUIRED: archive: it is sealed, and opens with a passphrase"],
    ["another identity", [forOwner], ringOf(stranger), "PTAR_IDENTITY_WRONG: archive: it is not sealed for this identity"],
    ["two other identities", [forOwner], ringOf(stranger, stranger), "PTAR_IDENTITY_WRONG: archive: it is not sealed for any of these 2 identities"],
    [
      "another identity and no passphrase",
      [forWords, forOwner],
      ringOf(stranger),
      "PTAR_IDENTITY_WRONG: archive: it is not sealed for this identity",
    ],
  ])("%s: the code says so", async (_what, keys, ring, sentence) => {
    expect(await answer(keys, ring)).toBe(sentence);
  });

  it("a passphrase that does not fit is wrong, beside an identity too, and asked for once", async () => {
    for (const ring of [asking("no"), asking("no", stranger)]) {
      expect(await answer([forOwner, forWords, forOthers], ring)).toBe("PTAR_PASSPHRASE_WRONG: archive: the passphrase does not open it");
      expect(ring.asked()).toBe(1);
    }
  });

  it("a passphrase is not asked for when there is none in the archive", async () => {
    const [alone, beside] = [asking(words), asking(words, stranger)];
    expect(await answer([forOwner], alone)).toContain("PTAR_KEY_REQUIRED: archive: it is sealed, and opens with the identity of a recipient");
    expect(await answer([forOwner], beside)).toContain("PTAR_IDENTITY_WRONG");
    expect([alone.asked(), beside.asked()]).toEqual([0, 0]);
  });

  it("what asking for the passphrase throws is thrown on", async () => {
    const passphrase = () => Promise.reject(new Error("no terminal"));
    await expect(answer([forWords], { identities: [], passphrase })).rejects.toThrow("no terminal");
  });

  it.each<readonly [string, Uint8Array, string]>([
    ["wraps another secret", otherSecret, "PTAR_KEY_COMMITMENT: session (frame 2): was sealed with another secret than the one of this key"],
    ["is of another archive", otherArchive, "PTAR_KEYS_MISMATCH: keys (frame 3): they are those of another archive"],
    ["wraps something else", otherThing, "PTAR_KEYS_INVALID: keys (frame 3): wraps something else than the secret of an archive"],
    ["is damaged inside", damaged, "PTAR_KEYS_INVALID: keys (frame 3): are damaged inside: their stanza, their MAC or what they wrap"],
  ])("a frame that opens and %s is named, whatever else was tried", async (_what, keys, sentence) => {
    expect(await answer([keys], ringOf(owner))).toBe(sentence);
    expect(await answer([keys, forStranger], ringOf(owner))).toBe(sentence);
    expect(await answer([keys, forWords], asking("no", owner))).toBe(sentence);
    expect(await answer([keys], ringOf(stranger))).toContain("PTAR_IDENTITY_WRONG");
    const passed = (builder: ReturnType<typeof sealedBuilder>) => withTail(builder, [forOwner], []);
    expect(await answer([keys], ringOf(owner), passed)).toBe(sentence);
  });

  it("the first such frame is named, recipients before passphrases", async () => {
    expect(await answer([otherArchive, otherSecret], ringOf(owner))).toContain("PTAR_KEYS_MISMATCH: keys (frame 3)");
    expect(await answer([otherSecret, otherArchive], ringOf(owner))).toContain("PTAR_KEY_COMMITMENT");
    expect(await answer([damaged, otherArchive], ringOf(owner))).toContain("PTAR_KEYS_INVALID: keys (frame 3)");
    const lost = await keysForPassphrase(words, encodeKeysPlaintext(archiveId, wrong));
    expect(await answer([lost, otherArchive], asking(words, owner))).toContain("PTAR_KEYS_MISMATCH: keys (frame 4)");
    const later = (builder: ReturnType<typeof sealedBuilder>) => builder.generation({ keys: [otherSecret] });
    expect(await answer([forStranger], ringOf(owner), later)).toContain("PTAR_KEY_COMMITMENT");
  });

  it("a frame of a tail that opens wrongly is one that does not open: anybody can append it", async () => {
    for (const payload of [otherSecret, otherArchive, otherThing, damaged]) {
      const tail = (builder: ReturnType<typeof sealedBuilder>) => withTail(builder, [payload], [author]);
      expect(await answer([forStranger], ringOf(owner), tail)).toMatch(/^PTAR_IDENTITY_WRONG/);
      expect(await answer([forWords], asking("no", owner), tail)).toMatch(/^PTAR_PASSPHRASE_WRONG/);
      expect(await answer([forStranger], ringOf(owner), (builder) => tail(builder).generation())).toMatch(/^PTAR_IDENTITY_WRONG/);
    }
    const both = (builder: ReturnType<typeof sealedBuilder>) => withTail(builder, [otherArchive], [author]).generation({ keys: [otherSecret] });
    expect(await answer([forStranger], ringOf(owner), both)).toContain("PTAR_KEY_COMMITMENT");
  });

  it("a passphrase frame with the secret of another archive is named", async () => {
    const lost = await keysForPassphrase(words, encodeKeysPlaintext(archiveId.with(0, 1), secret));
    expect(await answer([lost], asking(words))).toBe("PTAR_KEYS_MISMATCH: keys (frame 3): they are those of another archive");
  });
});

it("an interrupted search ends before the next identity, and after a passphrase, whether it fits or not", async () => {
  const open = (keys: readonly Uint8Array[]) => openContainer(sealedBuilder(keys).generation().bytes());
  const stop = new AbortController();
  const passphrase = async () => {
    stop.abort(new Error("enough"));
    return words;
  };
  await expect(findSecret(await open([forWords]), { identities: [], passphrase }, stop.signal)).rejects.toThrow("enough");
  await expect(findSecret(await open([forOwner]), ringOf(owner), stop.signal)).rejects.toThrow("enough");
});

describe("a search", () => {
  const open = async () => openContainer(sealedBuilder([forOwner, forWords]).generation().bytes());

  it("is made once for an archive, and what was found is not lost when it is wiped", async () => {
    const ring = { ...asking(words), found: new Map<string, Uint8Array>() };
    for (let time = 0; time < 2; time++) {
      const found = await findSecret(await open(), ring);
      expect(found).toEqual(secret);
      found.fill(0);
    }
    expect(ring.asked()).toBe(1);
  });

  it("is made for each archive, also when one has the id of another", async () => {
    const ring = { ...ringOf(owner), found: new Map<string, Uint8Array>() };
    await findSecret(await open(), ring);
    const plan: GenerationPlan = { session: (own) => ({ ...own, commitment: own.commitment.with(0, 1) }) };
    const copied = await openContainer(sealedBuilder().generation(plan).bytes());
    expect(await refusal(() => findSecret(copied, ring))).toContain("PTAR_KEY_COMMITMENT");
    expect(await refusal(async () => findSecret(await open(), { ...ringOf(stranger), found: new Map() }))).toContain("PTAR_IDENTITY_WRONG");
  });

  it("stops on request", async () => {
    const stopped = AbortSignal.abort(new Error("enough"));
    await expect(findSecret(await open(), ringOf(owner), stopped)).rejects.toThrow("enough");
    await expect(findSecret(await open(), asking(words), stopped)).rejects.toThrow("enough");
  });

  it("takes a passphrase that may be one", async () => {
    for (const text of ["", "two\nlines", "x".repeat(4097)])
      expect(await refusal(async () => findSecret(await open(), asking(text)))).toMatch(/^PTAR_PASSPHRASE_INVALID: passphrase: /);
  });
});

describe("stanzas", () => {
  const forBoth = keysFor([owner, stranger]);

  it("of kinds that nobody knows are tried by every identity, and are no reason to ask for one", async () => {
    const foreign = withHeader(forOwner, () => `age-encryption.org/v1\n-> mlkem768x25519 AAAA\nAAAA\n--- ${"A".repeat(43)}\n`);
    expect(await answer([foreign], ringOf(owner))).toMatch(/^PTAR_IDENTITY_WRONG/);
    expect(await answer([foreign], ringOf())).toContain("PTAR_KEY_REQUIRED: archive: it is sealed, and opens with the identity of a recipient");
    expect(await answer([foreign, forOwner], ringOf(owner))).toBe("opened");
  });

  // spec/14-encryption.md#opening
  it("with a share of small order are damage to whoever tries them, and end their frame but not the search", async () => {
    const zeroFirst = withHeader(await forBoth, (header) => header.replace(/(-> X25519 ).*/, `$1${"A".repeat(43)}`));
    for (const party of [owner, stranger]) {
      expect(await answer([zeroFirst], ringOf(party))).toBe(
        "PTAR_KEYS_INVALID: keys (frame 3): are damaged inside: their stanza, their MAC or what they wrap",
      );
      expect(await answer([zeroFirst, await forBoth], ringOf(party))).toBe("opened");
    }
  });
});

it("an archive that lists no keys opens with none", async () => {
  const ring = asking(words, owner);
  const manifest = (own: Manifest): Manifest => ({ ...own, encryption: own.encryption && { ...own.encryption, keys: [] } });
  const container = await openContainer(sealedBuilder().generation({ manifest }).bytes());
  expect(await refusal(() => findSecret(container, ring))).toMatch(/^PTAR_KEY_REQUIRED: archive: .*holds no wrapped keys$/);
  expect(ring.asked()).toBe(0);
});

describe("keys in a tail that no statement covers", () => {
  const sentence = /^PTAR_KEYS_UNSIGNED: archive: no key opens it; frame \d+ holds wrapped keys that no signature covers/;
  const unsigned = (builder: ReturnType<typeof sealedBuilder>) => withTail(builder, [forStranger], []);

  it("do not open, and are named instead of a wrong key", async () => {
    expect(await answer([forOwner], ringOf(stranger), unsigned)).toMatch(sentence);
    expect(await answer([forOwner, forWords], asking("no"), unsigned)).toMatch(sentence);
    expect(await answer([forOwner], ringOf(owner), unsigned)).toBe("opened");
    expect(await answer([forOwner], ringOf(), unsigned)).toMatch(/^PTAR_KEY_REQUIRED/);
    expect(await answer([forWords], ringOf(stranger), unsigned)).toMatch(/^PTAR_KEY_REQUIRED/);
  });

  it("are never asked a passphrase for", async () => {
    const ring = asking(words);
    const tail = (builder: ReturnType<typeof sealedBuilder>) => withTail(builder, [forWords], []);
    expect(await answer([forOwner], ring, tail)).toMatch(/^PTAR_KEY_REQUIRED/);
    expect(ring.asked()).toBe(0);
  });

  it("do not count when a statement stands before them, in a later tail, or in a later generation", async () => {
    const behind = (builder: ReturnType<typeof sealedBuilder>) => {
      builder.frame(
        "statement",
        builder.statement(author, (body) => ({ ...body, action: "received", role: "custodian" })),
      );
      withTail(builder, [forStranger], []);
    };
    expect(await answer([forOwner], ringOf(stranger), behind)).toMatch(sentence);
    expect(await answer([forOwner], ringOf(stranger), (builder) => unsigned(builder).tail([author]))).toMatch(sentence);
    expect(await answer([forOwner], ringOf(stranger), (builder) => unsigned(builder).generation())).toMatch(sentence);
  });
});

describe("an archive whose key is a repository's", () => {
  it("opens with no key, and names the one that it would take", async () => {
    const ring = asking(words, owner);
    expect(await answer([], ring)).toBe("PTAR_KEY_REQUIRED: archive: its key is kept with a repository (key unnamed)");
    expect(ring.asked()).toBe(0);
    const named = sealedBuilder([]).generation({ session: (own) => ({ ...own, repositoryKey: new Uint8Array(16).fill(0xab) }) });
    const container = await openContainer(named.bytes());
    expect(await refusal(() => findSecret(container, ring))).toContain(`(key ${"ab".repeat(16)})`);
  });
});
