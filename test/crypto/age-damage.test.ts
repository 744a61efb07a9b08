import { afterEach, describe, expect, test, vi } from "vitest";
import { concatBytes } from "../../src/bytes/compare.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import {
  generateIdentity,
  recipientOf,
  unwrapWithIdentity,
  unwrapWithPassphrase,
  wrapForPassphrase,
  wrapForRecipients,
} from "../../src/crypto/age.js";
import { countTables, payloadLength, stanzasOf, withHeader } from "./age-files.js";

afterEach(() => vi.unstubAllGlobals());

const secret = Uint8Array.from({ length: 80 }, (_, i) => 200 - i);
const opened = { kind: "opened", plaintext: secret };
const wrongKey = { kind: "wrong-key" };
const damaged = { kind: "damaged" };
const cheap = 2;

const mine = await generateIdentity("x25519");
const hybrid = await generateIdentity("hybrid");
const [toMe, toHybrid] = [await recipientOf(mine), await recipientOf(hybrid)];
const toYou = await recipientOf(await generateIdentity("x25519"));
const forMe = await wrapForRecipients(secret, [toMe]);
const forPassphrase = await wrapForPassphrase(secret, "five words", { log2Cost: cheap });

const flipped = (file: Uint8Array, at: number) => Uint8Array.from(file, (byte, i) => (i === at ? byte ^ 1 : byte));

describe("a wrong key is no damage, and damage no wrong key", () => {
  const files = [
    ["identity", forMe, (file: Uint8Array) => unwrapWithIdentity(file, mine)],
    ["passphrase", forPassphrase, (file: Uint8Array) => unwrapWithPassphrase(file, "five words")],
  ] as const;

  test("a key of another kind is wrong", async () => {
    expect(await unwrapWithPassphrase(forMe, "five words")).toEqual(wrongKey);
    expect(await unwrapWithIdentity(forPassphrase, mine)).toEqual(wrongKey);
    expect(await unwrapWithIdentity(forMe, hybrid)).toEqual(wrongKey);
    expect(await unwrapWithIdentity(await wrapForRecipients(secret, [toHybrid]), mine)).toEqual(wrongKey);
  });

  test("a stanza that opens behind one of somebody else, or of a kind nobody knows, is enough", async () => {
    expect(await unwrapWithIdentity(await wrapForRecipients(secret, [toYou, toMe]), mine)).toEqual(opened);
    const greased = withHeader(forMe, (header) => header.replace("-> X25519", "-> x-grease a b\nAAAA\n-> X25519"));
    // the MAC covers the stanza that was added; reaching it takes the file key
    expect(await unwrapWithIdentity(greased, mine)).toEqual(damaged);
  });

  test.each(files)("each byte flipped: MAC and payload are damaged, and nothing opens (%s)", async (_, file, open) => {
    const macAt = file.length - payloadLength - 44;
    for (let at = 0; at < file.length; at++) {
      const { kind } = await open(flipped(file, at));
      expect(kind, `byte ${at}`).not.toBe("opened");
      if (at >= macAt) expect(kind, `byte ${at}`).toBe("damaged");
    }
  });

  test.each(files)("cut anywhere, or longer, it is damaged (%s)", async (_, file, open) => {
    for (let length = 0; length < file.length; length += length < file.length - payloadLength ? 7 : 1)
      expect(await open(file.subarray(0, length)), `${length} bytes`).toEqual(damaged);
    expect(await open(concatBytes(file, Uint8Array.of(0)))).toEqual(damaged);
  });

  test.each(files)("a share or body exchanged for one of another file is a wrong key (%s)", async (kind, file, open) => {
    const other = kind === "identity" ? await wrapForRecipients(secret, [toMe]) : await wrapForPassphrase(secret, "five words", { log2Cost: cheap });
    const [line, body] = stanzasOf(other).split("\n") as [string, string];
    expect(await open(withHeader(file, (header) => header.replace(/-> .*/, line)))).toEqual(wrongKey);
    expect(await open(withHeader(file, (header) => header.replace(/(-> .*\n).*/, `$1${body}`)))).toEqual(wrongKey);
    // all of it opens, and gives the key of another file
    expect(await open(withHeader(file, (header) => header.replace(/-> .*\n.*/, `${line}\n${body}`)))).toEqual(damaged);
  });

  test.each([
    ["a third argument", (header: string) => header.replace(/(-> .*)/, "$1 x")],
    ["a share of 31 bytes", (header: string) => header.replace(/(-> X25519 ).*/, `$1${"A".repeat(42)}`)],
    ["a share of small order", (header: string) => header.replace(/(-> X25519 ).*/, `$1${"A".repeat(43)}`)],
    ["a body of 31 bytes", (header: string) => header.replace(/(-> .*\n).*/, `$1${"A".repeat(42)}`)],
    ["base64 that ends in bits", (header: string) => header.replace(/(-> .*\n.*).\n/, "$1/\n")],
    ["another version", (header: string) => header.replace("/v1", "/v2")],
  ])("a stanza with %s is damaged", async (_, change) => {
    expect(await unwrapWithIdentity(withHeader(forMe, change), mine)).toEqual(damaged);
  });

  test("two passphrases, or one beside a recipient, are damaged without any work", async () => {
    const double = withHeader(forPassphrase, (header) => header.replace("---", `${stanzasOf(forPassphrase)}---`));
    const beside = withHeader(forPassphrase, (header) => header.replace("---", `${stanzasOf(forMe)}---`));
    const tables = countTables(1024 * 2 ** cheap);
    expect([await unwrapWithPassphrase(double, "five words"), await unwrapWithPassphrase(beside, "five words")]).toEqual([damaged, damaged]);
    expect(tables()).toBe(0);
  });

  test("what is no age file is damaged", async () => {
    for (const bytes of [new Uint8Array(), toUtf8("-----BEGIN AGE ENCRYPTED FILE-----\n"), new Uint8Array(300)]) {
      expect(await unwrapWithIdentity(bytes, mine)).toEqual(damaged);
      expect(await unwrapWithPassphrase(bytes, "five words")).toEqual(damaged);
    }
  });
});
