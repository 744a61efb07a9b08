import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Crypto } from "../../src/crypto/crypto.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { blobOfPem } from "../../src/keys/pem.js";
import { formatPrivateKey, parsePrivateKey, parsePublicHalf } from "../../src/keys/private-key.js";
import { formatPublicLine, parsePublicLine } from "../../src/keys/public-line.js";
import { fingerprintOf } from "../../src/keys/ssh-wire.js";
import { findTrusted, formatTrustLine, parseTrust } from "../../src/keys/trust.js";
import { keyOf, lineOf, refusal, seedOf } from "./fixtures.js";
import { noSshKeygen, sshKeygen, tempFolder } from "./ssh-keygen.js";

describe.skipIf(noSshKeygen)("with the ssh-keygen of this machine", () => {
  const folder = tempFolder();
  const generate = (name: string, ...args: string[]) => {
    const file = join(folder, name);
    sshKeygen(["-q", "-f", file, ...args]);
    return { file, text: readFileSync(file, "utf8"), pub: readFileSync(`${file}.pub`, "utf8") };
  };

  it.each(["", "alice@example.org", "Änne from 5 to 9", "x".repeat(300)])(
    "we read the key it makes, comment %j, and write the same bytes",
    (comment) => {
      const { file, text, pub } = generate(`made-${comment.length}`, "-t", "ed25519", "-N", "", "-C", comment);
      const key = parsePrivateKey(text, file, portableCrypto);
      expect(key.comment).toBe(comment);
      expect(parsePublicLine(pub, file)).toEqual({ publicKey: key.publicKey, comment });
      // an empty comment leaves a blank at the end of the line in some versions
      expect(formatPublicLine(key.publicKey, comment)).toBe(pub.trimEnd());
      expect(sshKeygen(["-l", "-f", file])).toContain(` ${fingerprintOf(key.publicKey, portableCrypto)} `);
      const check = blobOfPem(text, file).subarray(98, 102);
      const sameCheck: Crypto = { ...portableCrypto, randomBytes: () => check };
      expect(formatPrivateKey(key.seed, comment, sameCheck)).toBe(text);
    },
  );

  it("it reads the keys that we write", () => {
    for (const [fill, comment] of ["", "a", "bob@example.org", "Björn, office"].entries()) {
      const file = join(folder, `ours-${fill}`);
      writeFileSync(file, formatPrivateKey(seedOf(fill), comment, portableCrypto), { mode: 0o600 });
      expect(sshKeygen(["-y", "-f", file]).trimEnd()).toBe(formatPublicLine(keyOf(fill), comment));
      expect(sshKeygen(["-l", "-f", file])).toContain(` ${fingerprintOf(keyOf(fill), portableCrypto)} `);
    }
  });

  it("an encrypted key is refused, and read after the hint was followed", () => {
    const { file, text } = generate("locked", "-t", "ed25519", "-N", "secret", "-a", "1");
    expect(refusal(() => parsePrivateKey(text, "locked", portableCrypto))).toBe(
      "PTAR_KEY_INVALID: locked: the key is encrypted (cipher aes256-ctr, kdf bcrypt)",
    );
    const copy = join(folder, "unlocked");
    copyFileSync(file, copy);
    sshKeygen(["-q", "-p", "-P", "secret", "-N", "", "-f", copy]);
    expect(parsePrivateKey(readFileSync(copy, "utf8"), "unlocked", portableCrypto).publicKey).toHaveLength(32);
  });

  it.each(["aes256-ctr", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com"])(
    "the public half of a key encrypted with %s is read",
    (cipher) => {
      const { text, pub } = generate(`locked-${cipher}`, "-t", "ed25519", "-N", "secret", "-a", "1", "-Z", cipher);
      expect(parsePublicHalf(text, "locked")).toEqual({ publicKey: parsePublicLine(pub, "pub").publicKey, protection: "passphrase" });
    },
  );

  it.each([
    ["rsa", "ssh-rsa", ["-b", "1024"]],
    ["ecdsa", "ecdsa-sha2-nistp256", ["-b", "256"]],
  ])("a key of type %s is refused by its name", (type, name, args) => {
    const { text, pub } = generate(`other-${type}`, "-t", type, "-N", "", ...args);
    expect(refusal(() => parsePrivateKey(text, "k", portableCrypto))).toBe(`PTAR_KEY_INVALID: k: has a key of type ${name}, not ssh-ed25519`);
    expect(refusal(() => parsePublicLine(pub, "k"))).toBe(`PTAR_KEY_INVALID: k: has a key of type ${name}, not ssh-ed25519`);
    expect(parseTrust(`${pub}\n${lineOf(1)}\nbob ${pub}`, "t")).toMatchObject({ keys: [{ publicKey: keyOf(1) }], otherTypes: 2 });
  });

  describe("both read one trust file alike", () => {
    const file = join(folder, "signer");
    const signature = join(folder, "signature");
    beforeAll(() => {
      writeFileSync(file, formatPrivateKey(seedOf(1), "", portableCrypto), { mode: 0o600 });
      writeFileSync(signature, sshKeygen(["-q", "-Y", "sign", "-n", "ptar", "-f", file], "hello"));
    });
    const trusts = (line: string, principal: string) => {
      const trust = join(folder, "allowed_signers");
      writeFileSync(trust, `${line}\n`);
      try {
        sshKeygen(["-Y", "verify", "-n", "ptar", "-I", principal, "-f", trust, "-s", signature, "-O", "verify-time=20260615120000Z"], "hello");
        return true;
      } catch {
        return false;
      }
    };
    const ours = (line: string) => {
      try {
        return findTrusted(parseTrust(line, "t"), keyOf(1), "2026-06-15T12:00:00Z")?.status === "trusted";
      } catch {
        return false;
      }
    };

    it.each([
      ["al KEY", true],
      ["al OTHER", false],
      ["al,bob KEY comment", true],
      ['"al,bob" KEY', true],
      ["\t al \t KEY", true],
      ["# al KEY", false],
      ['al namespaces="ptar" KEY', true],
      ['al namespaces="git" KEY', false],
      ['al namespaces="git,p*" KEY', true],
      ['al namespaces="?tar" KEY', true],
      ['al namespaces="*,!ptar" KEY', false],
      ['al namespaces="ptar*r" KEY', false],
      ['al namespaces="*p*t*a*r*" KEY', true],
      ['al namespaces="" KEY', false],
      ['al NameSpaces="ptar" KEY', true],
      ['al namespaces="ptar",namespaces="ptar" KEY', false],
      ['al namespaces="ptar", KEY', false],
      ['al namespaces="a\\",ptar" KEY', true],
      ['al namespaces="a\\\\",ptar" KEY', true],
      ['al namespaces="ptar\\" KEY', false],
      ['al namespaces="ptar KEY', false],
      ["al namespaces=ptar KEY", false],
      ['al namespaces="a b,ptar" KEY', true],
      ['al valid-after="20260615120000Z" KEY', true],
      ['al valid-after="20260615120001Z" KEY', false],
      ['al valid-before="20260615120000Z" KEY', true],
      ['al valid-before="20260615115959Z" KEY', false],
      ['al valid-after="202606151200Z",valid-before="20260616Z" KEY', true],
      ['al valid-after="20260615UTC" KEY', true],
      ['al valid-after="20260615z" KEY', true],
      ['al valid-after="20260615" KEY', true],
      ['al valid-after="2026061511" KEY', false],
      ['al valid-after="20270101Z",valid-before="20260101Z" KEY', false],
      ['al valid-after="20260101Z",valid-before="20260101Z" KEY', false],
      ["al cert-authority KEY", false],
      ["al no-such-option KEY", false],
      ["al CUT", false],
    ])("%s", (pattern, trusted) => {
      const line = pattern.replace("KEY", lineOf(1)).replace("OTHER", lineOf(2)).replace("CUT", lineOf(1).slice(0, -1));
      expect(ours(line), "ours").toBe(trusted);
      expect(trusts(line, "al"), "ssh-keygen").toBe(trusted);
    });

    it.each(["al", "al@example.org,bob", "Al of the office", "#al", "ssh-ed25519", "*"])("the line that we write for %j", (name) => {
      const line = formatTrustLine({ publicKey: keyOf(1), name, validAfter: "2026-01-01T00:00:00Z", validBefore: "2027-01-01T00:00:00Z" });
      expect(ours(line)).toBe(true);
      expect(trusts(line, name.split(",")[0] as string)).toBe(true);
    });
  });
});
