import { createECDH, ECDH } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { concatBytes } from "../../src/bytes/compare.js";
import {
  generateIdentity,
  isIdentity,
  recipientKind,
  recipientOf,
  unwrapWithIdentity,
  unwrapWithPassphrase,
  wrapForPassphrase,
  wrapForRecipients,
} from "../../src/crypto/age.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import { countTables, headerOf, withHeader } from "./age-files.js";
import { age, ageKeygen, noAge, tempFolder } from "./age-program.js";
import { bech32 } from "./bech32.js";

afterEach(() => vi.unstubAllGlobals());

const secret = Uint8Array.from({ length: 80 }, (_, i) => 200 - i);
const opened = { kind: "opened", plaintext: secret };
const wrongKey = { kind: "wrong-key" };
const damaged = { kind: "damaged" };
const cheap = 2;

const mine = await generateIdentity("x25519");
const yours = await generateIdentity("x25519");
const hybrid = await generateIdentity("hybrid");
const [toMe, toYou, toHybrid] = [await recipientOf(mine), await recipientOf(yours), await recipientOf(hybrid)];
const forMe = await wrapForRecipients(secret, [toMe]);
const forPassphrase = await wrapForPassphrase(secret, "five words", { log2Cost: cheap });

const point = new Uint8Array(createECDH("prime256v1").generateKeys());
const toTag = bech32("age1tag", new Uint8Array(ECDH.convertKey(point, "prime256v1", undefined, undefined, "compressed") as Buffer));
// a key of ML-KEM may be any numbers below its modulus, zeros too
const toHybridTag = bech32("age1tagpq", concatBytes(new Uint8Array(1184), point));

describe("recipients and identities", () => {
  test.each([
    ["x25519", toMe],
    ["hybrid", toHybrid],
    ["tag", toTag],
    ["hybrid-tag", toHybridTag],
  ] as const)("a recipient of kind %s is known", (kind, recipient) => {
    expect(recipientKind(recipient)).toBe(kind);
  });

  test.each([
    ["nothing", ""],
    ["a space before it", ` ${toMe}`],
    ["a line break behind it", `${toMe}\n`],
    ["capitals", toMe.toUpperCase()],
    ["a character exchanged", toMe.slice(0, -1) + (toMe.endsWith("q") ? "p" : "q")],
    ["31 bytes", bech32("age", new Uint8Array(31))],
    ["another prefix", bech32("ptar", new Uint8Array(32))],
    ["the prefix of a plugin", bech32("age1yubikey", new Uint8Array(33))],
    ["a short hybrid", bech32("age1pq", new Uint8Array(1215))],
    ["a short tag", bech32("age1tag", new Uint8Array(32))],
    ["a short hybrid tag", bech32("age1tagpq", new Uint8Array(1248))],
    ["a key of ssh", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDnrJP"],
    ["an identity", mine],
  ])("%s is no recipient", (_, text) => {
    expect(recipientKind(text)).toBeUndefined();
  });

  test("identities are known by their checksum", () => {
    expect([mine, hybrid].map(isIdentity)).toEqual([true, true]);
    const broken = mine.slice(0, -1) + (mine.endsWith("Q") ? "P" : "Q");
    const others = ["", toMe, broken, mine.toLowerCase(), `${mine} `, bech32("age-secret-key-", new Uint8Array(31)).toUpperCase()];
    expect(others.map(isIdentity)).toEqual(others.map(() => false));
  });

  test("new ones look as age writes them, and differ", async () => {
    expect(mine).toMatch(/^AGE-SECRET-KEY-1[0-9A-Z]{58}$/);
    expect(hybrid).toMatch(/^AGE-SECRET-KEY-PQ-1[0-9A-Z]{58}$/);
    expect(toMe).toMatch(/^age1[0-9a-z]{58}$/);
    expect(toHybrid).toMatch(/^age1pq1[0-9a-z]{1952}$/);
    expect(await generateIdentity("hybrid")).not.toBe(hybrid);
    expect(mine).not.toBe(yours);
  });

  test("nothing of a malformed identity is in what is thrown", async () => {
    const broken = mine.slice(0, -3);
    for (const attempt of [recipientOf(broken), unwrapWithIdentity(forMe, broken)]) {
      const error = await attempt.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(TypeError);
      expect((error as TypeError).message).toBe("identity: malformed");
      expect((error as TypeError).cause).toBeUndefined();
    }
  });
});

describe("a file for recipients", () => {
  test("opens for each of them, old and hybrid, and for nobody else", async () => {
    const file = await wrapForRecipients(secret, [toMe, toHybrid]);
    expect(await unwrapWithIdentity(file, mine)).toEqual(opened);
    expect(await unwrapWithIdentity(file, hybrid)).toEqual(opened);
    expect(await unwrapWithIdentity(file, yours)).toEqual(wrongKey);
    expect(await unwrapWithIdentity(file, await generateIdentity("hybrid"))).toEqual(wrongKey);
  });

  test("names the kinds in its header, those of hardware keys too", async () => {
    const file = await wrapForRecipients(secret, [toYou, toHybrid, toTag, toHybridTag]);
    const types = [...headerOf(file).matchAll(/^-> (\S+)/gm)].map(([, type]) => type);
    expect(types).toEqual(["X25519", "mlkem768x25519", "p256tag", "mlkem768p256tag"]);
    expect(await unwrapWithIdentity(file, yours)).toEqual(opened);
  });

  test("has 112 bytes behind its header, and is never the same", async () => {
    expect(headerOf(forMe)).toMatch(/\n--- [A-Za-z0-9+/]{43}\n$/);
    expect(await wrapForRecipients(secret, [toMe])).not.toEqual(forMe);
  });

  test.each([
    ["a point of small order", bech32("age", new Uint8Array(32))],
    ["no point of P-256", bech32("age1tag", new Uint8Array(33).fill(255).fill(2, 0, 1))],
    ["a hybrid with a point of small order", bech32("age1pq", new Uint8Array(1216))],
  ])("is not made for %s, though it is spelled well", async (_, recipient) => {
    expect(recipientKind(recipient)).toBeDefined();
    const error = await wrapForRecipients(secret, [toMe, recipient]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(PtarError);
    expect(error).toMatchObject({ code: "PTAR_KEY_INVALID", message: "recipients: one of 2 is not a usable public key" });
    expect((error as PtarError).cause).toBeUndefined();
  });

  test("is not made for nobody, or for what is no recipient", async () => {
    await expect(wrapForRecipients(secret, [])).rejects.toThrow(TypeError);
    const error = await wrapForRecipients(secret, [toMe, mine]).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).not.toContain(mine.slice(20, 30));
    expect((error as TypeError).cause).toBeUndefined();
  });
});

describe("a page without WebCrypto", () => {
  test("is told so before any key is tried, and has passphrases", async () => {
    vi.stubGlobal("crypto", { getRandomValues: globalThis.crypto.getRandomValues.bind(globalThis.crypto) });
    const refusal = { code: "PTAR_KEY_INVALID", message: "identities and recipients: they need WebCrypto, and there is none" };
    expect(() => isIdentity(mine)).toThrow(expect.objectContaining(refusal));
    await expect(recipientOf(mine)).rejects.toMatchObject(refusal);
    await expect(wrapForRecipients(secret, [toMe])).rejects.toMatchObject(refusal);
    await expect(unwrapWithIdentity(forMe, mine)).rejects.toMatchObject(refusal);
    expect(await unwrapWithPassphrase(await wrapForPassphrase(secret, "five words", { log2Cost: cheap }), "five words")).toEqual(opened);
  });
});

describe("a file for a passphrase", () => {
  test("opens with it alone", async () => {
    expect(await unwrapWithPassphrase(forPassphrase, "five words")).toEqual(opened);
    expect(await unwrapWithPassphrase(forPassphrase, "five  words")).toEqual(wrongKey);
    expect(await unwrapWithPassphrase(forPassphrase, "")).toEqual(wrongKey);
  });

  test("names its cost", () => {
    expect(headerOf(forPassphrase)).toMatch(/^age-encryption.org\/v1\n-> scrypt [A-Za-z0-9+/]{22} 2\n/);
  });

  test("costs 256 MiB where no cost is said", async () => {
    countTables(2 ** 28, () => {
      throw new RangeError("that was asked for");
    });
    const sentence = "passphrase: work factor 18 takes 256 MiB of memory, which cannot be had";
    await expect(wrapForPassphrase(secret, "five words")).rejects.toThrow(sentence);
  });

  test.each([0, 21, 1.5, -1, Number.NaN])("is not made at the cost of 2 to the %d", async (log2Cost) => {
    await expect(wrapForPassphrase(secret, "five words", { log2Cost })).rejects.toThrow(TypeError);
  });

  test("costs one scrypt to open, whether it opens or not, and none without a passphrase", async () => {
    const file = await wrapForPassphrase(secret, "five words", { log2Cost: 10 });
    const tables = countTables(2 ** 20);
    const counts = [];
    for (const [given, passphrase] of [
      [file, "five words"],
      [file, "four words"],
      [forMe, "five words"],
    ] as const) {
      await unwrapWithPassphrase(given, passphrase);
      counts.push(tables());
    }
    expect(counts).toEqual([1, 2, 2]);
  });

  test("that memory does not suffice for is not called damaged", async () => {
    const file = await wrapForPassphrase(secret, "five words", { log2Cost: 10 });
    countTables(2 ** 20, () => {
      throw new RangeError("Array buffer allocation failed");
    });
    await expect(unwrapWithPassphrase(file, "five words")).rejects.toMatchObject({ code: "PTAR_IO_FAILED" });
  });

  test.each(["21", "99", "018", "0", "-1", "1e1"])("of cost %s is damaged, without any work", async (cost) => {
    const file = withHeader(forPassphrase, (header) => header.replace(/ 2\n/, ` ${cost}\n`));
    expect(await unwrapWithPassphrase(file, "five words")).toEqual(damaged);
  });
});

describe.skipIf(noAge)("the programs of age", () => {
  test("open what is wrapped for a key of age-keygen, and wrap what opens here", async () => {
    const { file, identity, recipient } = ageKeygen(tempFolder());
    expect(recipientKind(recipient)).toBe("x25519");
    expect(await recipientOf(identity)).toBe(recipient);
    expect(age(["-d", "-i", file], await wrapForRecipients(secret, [toMe, recipient]))).toEqual(secret);
    expect(await unwrapWithIdentity(age(["-r", toYou, "-r", recipient], secret), identity)).toEqual(opened);
  });

  test("take an identity that was made here", async () => {
    const file = join(tempFolder(), "identity");
    writeFileSync(file, `${mine}\n`);
    expect(age(["-d", "-i", file], forMe)).toEqual(secret);
    expect(await unwrapWithIdentity(age(["-r", toMe], secret), mine)).toEqual(opened);
  });
});
