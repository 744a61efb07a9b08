import { describe, expect, it } from "vitest";
import { formatPublicLine, parsePublicLine } from "../../src/keys/public-line.js";
import { base64Of, keyOf, lineOf, refusal } from "./fixtures.js";

describe("a public key line", () => {
  it.each([
    ["", ""],
    ["alice@example.org", "alice@example.org"],
    ["Alice  Liddell, work", "Alice  Liddell, work"],
    ["\u001b[31mred", "\u001b[31mred"],
  ])("keeps its comment %j", (comment, expected) => {
    const line = formatPublicLine(keyOf(1), comment);
    expect(line).toBe(comment === "" ? lineOf(1) : `${lineOf(1)} ${comment}`);
    expect(parsePublicLine(line, "k.pub")).toEqual({ publicKey: keyOf(1), comment: expected });
  });

  it("may end with a line end of any system and have several blanks between its fields", () => {
    for (const text of [`${lineOf(1)} me\n`, `${lineOf(1)} me\r\n`, `  ssh-ed25519 \t ${base64Of(1)}\t me  \n\n`])
      expect(parsePublicLine(text, "k.pub")).toEqual({ publicKey: keyOf(1), comment: "me" });
  });

  it.each([
    ["ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ me", "has a key of type ssh-rsa, not ssh-ed25519"],
    ["ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY= me", "has a key of type ecdsa-sha2-nistp256, not ssh-ed25519"],
    ["sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t", "has a key of type sk-ssh-ed25519@openssh.com, not ssh-ed25519"],
    ["ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5", "has a key of type ssh-ed25519-cert-v01@openssh.com, not ssh-ed25519"],
    ["", "is not an SSH public key line"],
    ["hello", "is not an SSH public key line"],
    ["-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "is not an SSH public key line"],
    ["ssh-ed25519", "what follows ssh-ed25519 is not the base64 of an Ed25519 key"],
    ["ssh-ed25519 AAAA", "what follows ssh-ed25519 is not the base64 of an Ed25519 key"],
    [`ssh-ed25519 ${"A".repeat(68)}`, "what follows ssh-ed25519 is not the base64 of an Ed25519 key"],
    [`${lineOf(1)}AAAA me`, "what follows ssh-ed25519 is not the base64 of an Ed25519 key"],
    [`${lineOf(1)}\n${lineOf(2)}`, "one line was expected and more were found"],
    [`${lineOf(1)} a\0b`, "one line was expected and more were found"],
  ])("is refused: %j", (text, problem) => {
    expect(refusal(() => parsePublicLine(text, "k.pub"))).toBe(`PTAR_KEY_INVALID: k.pub: ${problem}`);
  });

  it("is refused when it is longer than any key", () => {
    expect(refusal(() => parsePublicLine(`${lineOf(1)} ${"x".repeat(20_000)}`, "k.pub"))).toBe(
      "PTAR_KEY_INVALID: k.pub: 20081 characters are too many for a public key, at most 16384",
    );
  });

  it("names a type of a hostile file without its control characters", () => {
    const type = `ssh-${"x".repeat(100)}`;
    expect(refusal(() => parsePublicLine(`${type} AAAA`, "k"))).toBe(
      `PTAR_KEY_INVALID: k: has a key of type ssh-${"x".repeat(36)}..., not ssh-ed25519`,
    );
  });

  it("says where the public key is when it is given the private one", () => {
    expect(() => parsePublicLine("-----BEGIN OPENSSH PRIVATE KEY-----", "k")).toThrow(
      expect.objectContaining({ hint: "give the .pub file that stands beside a private key" }),
    );
  });

  it("is not written with a comment of several lines", () => {
    for (const comment of ["a\nb", "a\rb", "a\0b"]) expect(() => formatPublicLine(keyOf(1), comment)).toThrow(TypeError);
  });
});
