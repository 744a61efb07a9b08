// Whom an archive is sealed for. spec/14-encryption.md#keys
import { createECDH, ECDH } from "node:crypto";
import { describe, expect, it } from "vitest";
import { generateIdentity, recipientKind, recipientOf, wrapForRecipients } from "../../src/crypto/age.js";
import type { PtarError } from "../../src/errors/ptar-error.js";
import { countPostQuantum, parseRecipients, refuseTooManyRecipients } from "../../src/keys/recipients.js";
import { bech32Text, fives } from "./bech32-text.js";
import { refusal } from "./fixtures.js";

const identity = await generateIdentity("x25519");
const classical = await recipientOf(identity);
const hybrid = await recipientOf(await generateIdentity("hybrid"));
/** Keys in hardware: P-256, alone and beside one of ML-KEM-768 whose numbers are all zero. */
const point = createECDH("prime256v1").generateKeys();
const compressed = ECDH.convertKey(point, "prime256v1", undefined, undefined, "compressed") as Buffer;
const tag = bech32Text("age1tag", fives(compressed));
const hybridTag = bech32Text("age1tagpq", fives(Buffer.concat([Buffer.alloc(1184), point])));

describe("a file of recipients", () => {
  it("is read with comments, empty lines and line ends of any system, in its order", () => {
    expect(parseRecipients(`\ufeff# the lab\r\n${hybrid}\r\n\r\n ${classical}`, "f")).toEqual([hybrid, classical]);
  });

  it("may hold recipients of keys in hardware", () => {
    expect([tag, hybridTag].map(recipientKind)).toEqual(["tag", "hybrid-tag"]);
    expect(parseRecipients(`${tag}\n${hybridTag}\n`, "f")).toEqual([tag, hybridTag]);
  });

  const askForOne = /age1…, which ptar keygen --identity and age-keygen print$/;
  it.each([
    ["nothing", "", "lab: has no recipient", askForOne],
    ["comments alone", "# nobody\n\n", "lab: has no recipient", askForOne],
    ["an identity", `#\n${identity}\n`, "lab line 2: is an identity (a private key), a recipient was expected", /^age-keygen -y FILE/],
    ["it in small letters", identity.toLowerCase(), "lab line 1: is an identity (a private key), a recipient was expected", /^age-keygen -y FILE/],
    ["that of a plugin", "AGE-PLUGIN-YUBIKEY-1QQPQ", "lab line 1: is an identity (a private key), a recipient was expected", /^age-keygen -y FILE/],
    ["an SSH key", "ssh-ed25519 AAAA me", "lab line 1: is an SSH key, which is not supported", askForOne],
    ["one of ECDSA", "ecdsa-sha2-nistp256 AAAA", "lab line 1: is an SSH key, which is not supported", askForOne],
    ["a plugin's recipient", `age1yubikey1q${"w".repeat(40)}`, "lab line 1: is a recipient of an age plugin, which is not supported", askForOne],
    ["one that was cut", classical.slice(0, -1), "lab line 1: is a malformed recipient", /not copied as a whole/],
    ["one in capitals", classical.toUpperCase(), "lab line 1: is a malformed recipient", /not copied as a whole/],
    ["one with a letter more", `${hybrid}q`, "lab line 1: is a malformed recipient", /not copied as a whole/],
    ["one with a comment", `${classical} me`, "lab line 1: is a malformed recipient", /not copied as a whole/],
    ["an age file", `${classical}\n-----BEGIN AGE ENCRYPTED FILE-----`, "lab line 2: is no age recipient", askForOne],
    ["a passphrase", "correct horse battery staple", "lab line 1: is no age recipient", askForOne],
  ])("is refused with %s, and the error quotes nothing of it", (_, text, sentence, hint) => {
    const error = thrownBy(() => parseRecipients(text, "lab"));
    expect(error).toMatchObject({ code: "PTAR_KEY_INVALID", message: sentence, hint: expect.stringMatching(hint) });
    const { hint: said, details, stack, cause } = error as PtarError;
    expect(cause).toBeUndefined();
    expect(JSON.stringify([said, details, stack]).toLowerCase()).not.toMatch(/[02-9ac-hj-np-z]{30}|staple/);
  });
});

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

describe("recipients of one archive", () => {
  it("are at most 128", async () => {
    expect(refusal(() => refuseTooManyRecipients(Array(128).fill(classical)))).toBe("nothing was thrown");
    expect(refusal(() => refuseTooManyRecipients(Array(129).fill(classical)))).toBe(
      "PTAR_LIMIT_EXCEEDED: recipients: 129 were given, one archive takes at most 128",
    );
  });

  it("fit in one frame of 65,536 bytes", () => {
    const recipients = (others: number) => [...Array(41).fill(hybrid), ...Array(others).fill(classical)];
    expect(refusal(() => refuseTooManyRecipients(recipients(15)))).toBe("nothing was thrown");
    expect(refusal(() => refuseTooManyRecipients(recipients(16)))).toBe(
      "PTAR_LIMIT_EXCEEDED: recipients: 57 of these kinds take 65587 bytes, at most 65536 expected; a post-quantum one takes 1557",
    );
  });

  it.each([
    ["x25519", classical, 98],
    ["hybrid", hybrid, 1557],
    ["tag", tag, 150],
    ["hybrid-tag", hybridTag, 1609],
  ])("take as many bytes as is counted: %s", async (_, recipient, bytes) => {
    const length = async (count: number) => (await wrapForRecipients(new Uint8Array(80), Array(count).fill(recipient))).length;
    expect(await length(1)).toBe(182 + bytes);
    const most = Math.min(128, Math.floor((65_536 - 182) / bytes));
    expect(refusal(() => refuseTooManyRecipients(Array(most).fill(recipient)))).toBe("nothing was thrown");
    expect(refusal(() => refuseTooManyRecipients(Array(most + 1).fill(recipient)))).toMatch(/^PTAR_LIMIT_EXCEEDED/);
  });

  it("are counted by whether a quantum computer helps against them", () => {
    expect(countPostQuantum([hybrid, classical, hybridTag, tag, tag])).toEqual({ postQuantum: 2, others: 3 });
    expect(countPostQuantum([])).toEqual({ postQuantum: 0, others: 0 });
  });
});
