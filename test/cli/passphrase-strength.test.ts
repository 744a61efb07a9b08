// Which passphrases are called weak.
import { describe, expect, it } from "vitest";
import { passphraseBits, weakBits } from "../../src/cli/passphrase-strength.js";

describe("a passphrase", () => {
  it.each([
    "a",
    "secret",
    "password",
    "P@ssw0rd!2026",
    "Password123!",
    "correct",
    "19840312",
    "314159265358979",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "abcdefghijklmnopqrstuvwxyz",
    "zyxwvutsrqponmlkjihgfedcba9876543210",
    "abcabcabcabcabcabcabcabc",
    "hunter2hunter2hunter2hunter2",
    "qwertyuiop",
    "QWERTZqwertz123456789",
    "passwordpasswordpassword",
    "日本",
    "🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑",
    "1".repeat(4096),
  ])("is weak: %s", (passphrase) => expect(passphraseBits(passphrase)).toBeLessThan(weakBits));

  it.each([
    "correct horse battery staple",
    "cork-lunar-vivid-jumbo-taxi",
    "k7#Qz!fLw2@x",
    "hq83nxl2vwd0s",
    "zażółć gęślą jaźń",
    "7491038526740193852",
    "mein Passwort ist sehr lang und steht nirgends",
  ])("is not weak: %s", (passphrase) => expect(passphraseBits(passphrase)).toBeGreaterThanOrEqual(weakBits));

  it("of any length is judged at once", () => {
    expect(passphraseBits("ab".repeat(2000))).toBeLessThan(weakBits);
    expect(passphraseBits(`${"password".repeat(400)}x`)).toBeLessThan(400);
  });

  it("with letters whose small form is longer, and pairs of code units, keeps its places", () => {
    expect(passphraseBits("İİpassword🔑")).toBeLessThan(weakBits);
  });
});
