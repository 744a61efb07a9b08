// The header of an age file comes apart into what it was made of; base64 has one form. spec/14-encryption.md#keys
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { base64Bytes } from "../../src/bytes/base64url.js";
import { decodeAgeFile } from "../../src/format/age-file.js";

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64").replaceAll("=", "");
const word = fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)), minLength: 1, maxLength: 9 });
const stanza = fc.record({ args: fc.array(word, { minLength: 1, maxLength: 4 }), body: fc.uint8Array({ maxLength: 200 }) });

/** Body as the format writes it: lines of 64 characters and a shorter one. */
function lines(body: Uint8Array): string {
  const text = base64(body);
  return `${(text.match(/.{64}/g) ?? []).map((line) => `${line}\n`).join("")}${text.slice(text.length - (text.length % 64))}\n`;
}

describe("an age file", () => {
  it("gives back the stanzas that it was made of, and counts what follows", () => {
    fc.assert(
      fc.property(fc.array(stanza, { minLength: 1, maxLength: 5 }), fc.nat(300), (stanzas, payloadLength) => {
        const text = stanzas.map(({ args, body }) => `-> ${args.join(" ")}\n${lines(body)}`).join("");
        const header = `age-encryption.org/v1\n${text}--- ${base64(new Uint8Array(32))}\n`;
        const bytes = Buffer.concat([Buffer.from(header, "latin1"), Buffer.alloc(payloadLength, "\n")]);
        expect(decodeAgeFile(bytes, 5)).toEqual({ stanzas, payloadLength });
      }),
      { seed: 1 },
    );
  });

  it("never makes the reader throw", () => {
    const piece = fc.constantFrom("age-encryption.org/v1\n", "-> ", "X25519", "\n", "--- ", "A".repeat(43), "A".repeat(64), " ", "\0", "\xff");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const found = decodeAgeFile(Buffer.from(`age-encryption.org/v1\n${pieces.join("")}`, "latin1"), 128);
        expect(typeof found === "string" ? found.length : found.stanzas.length).toBeGreaterThan(0);
      }),
      { seed: 1, numRuns: 2000 },
    );
  });
});

describe("base64", () => {
  it("of any bytes decodes to them, and no other text does", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        expect(base64Bytes(base64(bytes))).toEqual(bytes);
      }),
      { seed: 1 },
    );
    for (const text of ["A", "AA=", "AA==", "AB", "AAB", "-_-_", "AAA-", "A A", "AAAA\n", "\xe4AAA"]) expect(base64Bytes(text)).toBeUndefined();
    expect(base64Bytes("+/+/")).toEqual(Uint8Array.of(0xfb, 0xff, 0xbf));
  });
});
