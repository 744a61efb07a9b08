// KEYS frames: every rule that is checked without a key, and what an opened one must hold. spec/14-encryption.md#keys
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../src/bytes/compare.js";
import { label } from "../../src/bytes/label.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { generateIdentity, recipientOf, wrapForPassphrase, wrapForRecipients } from "../../src/crypto/age.js";
import { decodeKeys, decodeKeysPlaintext, encodeKeysPlaintext } from "../../src/format/keys.js";
import { limits } from "../../src/format/limits.js";
import { refusal } from "../container/refusal.js";

const payload = new Uint8Array(112).fill(1);
const base64 = (length: number, byte = 5) => Buffer.alloc(length, byte).toString("base64").replaceAll("=", "");
const mac = `--- ${base64(32)}\n`;
const share = `-> X25519 ${base64(32)}\n${base64(32, 6)}\n`;
const passphrase = (factor = "18") => `-> scrypt ${base64(16)} ${factor}\n${base64(32, 6)}\n`;

/** An age file of these stanzas, with sound other parts. */
function file(stanzas: string, parts: { readonly version?: string; readonly end?: string; readonly rest?: Uint8Array } = {}): Uint8Array {
  const { version = "age-encryption.org/v1\n", end = mac, rest = payload } = parts;
  return concatBytes(Buffer.from(`${version}${stanzas}${end}`, "latin1"), rest);
}

const decode = (bytes: Uint8Array, lower: Partial<typeof limits> = {}) => refusal(() => decodeKeys(bytes, 3, { ...limits, ...lower }));
const invalid = (problem: string) => `PTAR_KEYS_INVALID: keys (frame 3): ${problem}`;

describe("keys", () => {
  it("that are malformed are named by their frame or file", () => {
    for (const [place, details] of [
      [3, { frame: 3 }],
      ["keys/a.age", { file: "keys/a.age" }],
    ] as const)
      expect(() => decodeKeys(new Uint8Array(3), place, limits)).toThrow(expect.objectContaining({ code: "PTAR_KEYS_INVALID", details }));
  });

  it("tell of whom there are how many, and of which kind", () => {
    expect(decodeKeys(file(share + share), 3, limits)).toEqual({ kind: "recipients", types: ["X25519", "X25519"] });
    expect(decodeKeys(file(passphrase()), 3, limits)).toEqual({ kind: "passphrase", types: ["scrypt"] });
    const foreign = "-> mlkem768x25519 enc==\n\n-> x-grease a ~!b 3\nAAAA\n";
    expect(decodeKeys(file(foreign + share), 3, limits)).toEqual({ kind: "recipients", types: ["mlkem768x25519", "x-grease", "X25519"] });
    expect(decodeKeys(file(foreign), 3, limits).kind).toBe("recipients");
  });

  it("are what age writes", async () => {
    const plaintext = encodeKeysPlaintext(new Uint8Array(32), new Uint8Array(32));
    const [mine, hybrid] = [await recipientOf(await generateIdentity("x25519")), await recipientOf(await generateIdentity("hybrid"))];
    expect(decodeKeys(await wrapForRecipients(plaintext, [mine, hybrid, mine]), 3, limits).types).toEqual(["X25519", "mlkem768x25519", "X25519"]);
    expect(decodeKeys(await wrapForPassphrase(plaintext, "five words", { log2Cost: 10 }), 3, limits)).toEqual({
      kind: "passphrase",
      types: ["scrypt"],
    });
    for (const length of [79, 81])
      expect(await decode(await wrapForRecipients(new Uint8Array(length), [mine]))).toBe(
        invalid(`${length + 32} bytes after the header of the age file, expected 112`),
      );
  });
});

describe("the first line", () => {
  it.each(["age-encryption.org/v2\n", "age-encryption.org/v1\r\n", " age-encryption.org/v1\n", "-----BEGIN AGE ENCRYPTED FILE-----\n", "\n", ""])(
    "must be that of age: %j",
    async (version) => {
      expect(await decode(file(share, { version }))).toBe(invalid("does not start with the line age-encryption.org/v1"));
    },
  );

  it("must be there", async () => {
    for (const bytes of [new Uint8Array(), toUtf8("age-encryption.org/v1"), new Uint8Array(200)])
      expect(await decode(bytes)).toBe(invalid("does not start with the line age-encryption.org/v1"));
  });
});

describe("stanzas", () => {
  it("are 1 to 128", async () => {
    expect(await decode(file(""))).toBe(invalid("has no stanza"));
    expect(await decode(file(share.repeat(128)))).toBe("nothing was refused");
    expect(await decode(file(share.repeat(129)))).toBe(invalid("more than 128 stanzas"));
    expect(await decode(file(share.repeat(3)), { keysStanzas: 2 } as never)).toBe(invalid("more than 2 stanzas"));
  });

  it.each([
    ["no arrow", `X25519 ${base64(32)}\n${base64(32)}\n`],
    ["another arrow", "--> x a\n\n"],
    ["nothing behind the arrow", "->\n\n"],
    ["an empty type", "-> \n\n"],
    ["two spaces", "-> x  a\n\n"],
    ["a space at the end", "-> x a \n\n"],
    ["a tab", "-> x\ta\n\n"],
    ["a carriage return", "-> x a\r\n\n"],
    ["DEL in an argument", "-> x \x7f\n\n"],
    ["a byte over 127 in an argument", "-> x \xe9\n\n"],
    ["NUL in an argument", "-> x \0\n\n"],
  ])("with %s are refused", async (_what, stanza) => {
    expect(await decode(file(stanza))).toBe(invalid("stanza 0 is malformed"));
    expect(await decode(file(share + stanza))).toBe(invalid("stanza 1 is malformed"));
  });

  it("may have any characters from 0x21 to 0x7E", async () => {
    const all = String.fromCharCode(...Array.from({ length: 0x7e - 0x20 }, (_, i) => 0x21 + i));
    expect(await decode(file(`-> ${all} ${all}\n\n`))).toBe("nothing was refused");
  });

  it.each([
    ["nothing", "\n"],
    ["a byte", "AA\n"],
    ["48 bytes and an empty line", `${base64(48)}\n\n`],
    ["49 bytes", `${base64(48)}\nAA\n`],
    ["96 bytes and an empty line", `${base64(48)}\n${base64(48)}\n\n`],
    ["plus and slash", "+/+/\n"],
  ])("may have a body of %s", async (_what, body) => {
    expect(await decode(file(`-> x\n${body}`))).toBe("nothing was refused");
  });

  it.each([
    ["base64 with padding", "AA==\n"],
    ["trailing bits", "AB\n"],
    ["one character", "A\n"],
    ["base64url", "-_-_\n"],
    ["a space", "AA AA\n"],
    ["a byte over 127", "AA\xc1A\n"],
    ["a carriage return", "AAAA\r\n"],
    ["a line of 65 characters", `${"A".repeat(65)}\n\n`],
    ["a line of 68 characters", `${"A".repeat(68)}\n`],
    ["a line of 68 characters and an empty one", `${"A".repeat(68)}\n\n`],
    ["full lines without an end", `${base64(48)}\n`],
  ])("with a body of %s are refused", async (_what, body) => {
    expect(await decode(file(`-> x\n${body}`))).toBe(invalid("stanza 0 is malformed"));
  });

  it("with a line too much, of any length, are refused", async () => {
    expect(await decode(file(`${share}AAAA\n`))).toBe(invalid("stanza 1 is malformed"));
    expect(await decode(file(`${share}\n`))).toBe(invalid("stanza 1 is malformed"));
  });
});

describe("the end of the header", () => {
  it.each([
    ["42 characters", `--- ${base64(32).slice(1)}\n`],
    ["44 characters", `--- ${base64(32)}A\n`],
    ["padding", `--- ${base64(32)}=\n`],
    ["trailing bits", `--- ${base64(32).slice(0, -1)}V\n`],
    ["base64url", `--- ${"_".repeat(42)}8\n`],
    ["two spaces", `---  ${base64(32)}\n`],
    ["a carriage return", `--- ${base64(32)}\r\n`],
    ["nothing", "--- \n"],
  ])("must hold a MAC: %s", async (_what, end) => {
    expect(await decode(file(share, { end }))).toBe(invalid("the MAC of its header is malformed"));
  });

  it("must be there", async () => {
    expect(await decode(file(share, { end: "" }))).toBe(invalid("its header has no end"));
    expect(await decode(file(share, { end: `---\n` }))).toBe(invalid("stanza 1 is malformed"));
    expect(await decode(toUtf8(`age-encryption.org/v1\n${share}--- ${base64(32)}`))).toBe(invalid("its header has no end"));
    expect(await decode(toUtf8(`age-encryption.org/v1\n-> x a`))).toBe(invalid("its header has no end"));
  });

  it.each([0, 111, 113, 200])("must be followed by 112 bytes, not %i", async (length) => {
    expect(await decode(file(share, { rest: new Uint8Array(length) }))).toBe(
      invalid(`${length} bytes after the header of the age file, expected 112`),
    );
  });
});

describe("a stanza X25519", () => {
  const stanza = (args: string, body = base64(32)) => decode(file(`-> X25519${args}\n${body}\n`));

  it.each([
    ["no share", stanza("")],
    ["a share of 31 bytes", stanza(` ${base64(31)}`)],
    ["a share of 33 bytes", stanza(` ${base64(33)}`)],
    ["a share with trailing bits", stanza(` ${base64(32).slice(0, -1)}V`)],
    ["a share with padding", stanza(` ${base64(32)}=`)],
    ["a share in base64url", stanza(` ${"_".repeat(42)}8`)],
    ["a third argument", stanza(` ${base64(32)} x`)],
    ["a body of 31 bytes", stanza(` ${base64(32)}`, base64(31))],
    ["a body of 33 bytes", stanza(` ${base64(32)}`, base64(33))],
    ["no body", stanza(` ${base64(32)}`, "")],
  ])("with %s is refused", async (_what, answer) => {
    expect(await answer).toBe(invalid("a malformed stanza X25519"));
  });

  it("is known by its whole name", async () => {
    for (const name of ["x25519", "X25519x", "X2551"]) expect(await decode(file(`-> ${name}\n\n`))).toBe("nothing was refused");
  });
});

describe("a stanza scrypt", () => {
  const salt = base64(16);
  const stanza = (args: string, body = base64(32)) => decode(file(`-> scrypt${args}\n${body}\n`));

  it.each([
    ["no salt", stanza("")],
    ["no work factor", stanza(` ${salt}`)],
    ["a salt of 15 bytes", stanza(` ${base64(15)} 18`)],
    ["a salt of 17 bytes", stanza(` ${base64(17)} 18`)],
    ["a salt with trailing bits", stanza(` ${salt.slice(0, -1)}R 18`)],
    ["a work factor with a leading zero", stanza(` ${salt} 08`)],
    ["a work factor of zero", stanza(` ${salt} 0`)],
    ["a work factor of three digits", stanza(` ${salt} 100`)],
    ["a work factor with a sign", stanza(` ${salt} +8`)],
    ["a work factor that is no number", stanza(` ${salt} 1e`)],
    ["another argument", stanza(` ${salt} 18 x`)],
    ["a body of 31 bytes", stanza(` ${salt} 18`, base64(31))],
    ["a body of 33 bytes", stanza(` ${salt} 18`, base64(33))],
  ])("with %s is refused", async (_what, answer) => {
    expect(await answer).toBe(invalid("a malformed stanza scrypt"));
  });

  it("is alone", async () => {
    for (const stanzas of [passphrase() + passphrase(), passphrase() + share, share + passphrase(), `${passphrase()}-> x\n\n`])
      expect(await decode(file(stanzas))).toBe(invalid("a passphrase among 2 stanzas"));
  });

  it("costs no more than the limit", async () => {
    for (const factor of ["1", "9", "10", "20"]) expect(await decode(file(passphrase(factor)))).toBe("nothing was refused");
    for (const factor of ["21", "22", "63", "99"])
      expect(await decode(file(passphrase(factor)))).toBe(`PTAR_KEYS_WORK_FACTOR: keys (frame 3): a passphrase of work factor ${factor}, limit 20`);
    expect(await decode(file(passphrase("11")), { scryptLog2: 10 } as never)).toContain("work factor 11, limit 10");
  });
});

describe("what is wrapped", () => {
  const archiveId = new Uint8Array(32).fill(2);
  const secret = new Uint8Array(32).fill(3);
  const plaintext = encodeKeysPlaintext(archiveId, secret);
  const open = (bytes: Uint8Array) => refusal(() => decodeKeysPlaintext(bytes, 3, archiveId));

  it("is label, archive id and secret", () => {
    expect(plaintext).toEqual(concatBytes(label("ptar1/keys"), archiveId, secret));
    expect(decodeKeysPlaintext(plaintext, 3, archiveId)).toEqual(secret);
  });

  it("can be wiped, and the secret stays", () => {
    const copy = plaintext.slice();
    const found = decodeKeysPlaintext(copy, 3, archiveId);
    copy.fill(0);
    expect(found).toEqual(secret);
  });

  it.each([0, 79, 81])("has 80 bytes, not %i", async (length) => {
    expect(await open(concatBytes(plaintext, plaintext).subarray(0, length))).toBe(invalid(`wraps ${length} bytes, expected 80`));
  });

  it("must have the label, which comes first", async () => {
    for (const at of [0, 9, 10, 15]) expect(await open(plaintext.with(at, 77))).toBe(invalid("wraps something else than the secret of an archive"));
    expect(await open(plaintext.with(0, 77).with(20, 77))).toContain("PTAR_KEYS_INVALID");
  });

  it.each([16, 47])("must be of this archive (byte %i)", async (at) => {
    expect(await open(plaintext.with(at, 77))).toBe("PTAR_KEYS_MISMATCH: keys (frame 3): they are those of another archive");
  });
});
