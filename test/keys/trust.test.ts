import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PtarError } from "../../src/errors/ptar-error.js";
import { findTrusted, formatTrustLine, parseTrust } from "../../src/keys/trust.js";
import { base64Of, keyOf, lineOf, refusal } from "./fixtures.js";

const parse = (text: string) => parseTrust(text, "trust");
const namesOf = (text: string) => parse(text).keys.map((key) => key.name);
const rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ";

describe("a trust file", () => {
  it("may be a list of public keys, named after their comments", () => {
    expect(parse(`${lineOf(1)}\n${lineOf(2)} bob@example.org, office\n`)).toEqual({
      keys: [
        { publicKey: keyOf(1), name: "" },
        { publicKey: keyOf(2), name: "bob@example.org, office" },
      ],
      otherTypes: 0,
      otherNamespaces: 0,
      localTimes: 0,
    });
  });

  it("may be an allowed_signers file, named after its principals", () => {
    const text = `# team\n\nalice,al@example.org ${lineOf(1)} laptop\n"bob of sales" namespaces="ptar" ${lineOf(2)}\n`;
    expect(parse(text).keys).toEqual([
      { publicKey: keyOf(1), name: "alice,al@example.org" },
      { publicKey: keyOf(2), name: "bob of sales" },
    ]);
  });

  it("may have CRLF line ends, a byte-order mark, tabs, blank lines and no line end at the end", () => {
    expect(namesOf(`\uFEFF${lineOf(1)} a\r\n\r\n \t\r\n  # c\r\n\tb\t${lineOf(2)}\r\nc  ${lineOf(3)}  \t`)).toEqual(["a", "b", "c"]);
  });

  it("may be empty", () => {
    expect(parse("").keys).toEqual([]);
  });

  it("keeps names as they stand, control characters and all", () => {
    expect(namesOf(`${lineOf(1)} \u001b[31mred\u202e\u0085\nx\u0007y ${lineOf(2)}`)).toEqual(["\u001b[31mred\u202e\u0085", "x\u0007y"]);
  });

  it("counts keys of other types and for other namespaces instead of listing them", () => {
    const text = [
      rsa,
      `bob ${rsa}`,
      `bob namespaces="ptar" sk-ssh-ed25519@openssh.com AAAAGnNr`,
      "ssh-ed25519-cert-v01@openssh.com AAAAIHNz me",
      `al namespaces="git,file" ${lineOf(1)}`,
      `al namespaces="pta" ${lineOf(1)}`,
      `al namespaces="*,!p*" ${lineOf(1)}`,
    ];
    expect(parse(text.join("\n"))).toEqual({ keys: [], otherTypes: 4, otherNamespaces: 3, localTimes: 0 });
  });

  it("takes a principal that is called like a key type for a principal", () => {
    expect(namesOf(`ssh-admins ${lineOf(1)}\n"ssh-ed25519" ${lineOf(2)}`)).toEqual(["ssh-admins", "ssh-ed25519"]);
  });

  it("may list one key several times", () => {
    expect(namesOf(`${lineOf(1)} a\nb ${lineOf(1)}`)).toEqual(["a", "b"]);
  });

  it("has times in UTC, and counts those that do not say so", () => {
    const line = (after: string, before: string) => `al valid-after="${after}",valid-before="${before}" ${lineOf(1)}`;
    const { keys, localTimes } = parse([line("20260102", "202603040506"), line("20260102030405Z", "20270101utc")].join("\n"));
    expect(keys).toMatchObject([
      { validAfter: "2026-01-02T00:00:00Z", validBefore: "2026-03-04T05:06:00Z" },
      { validAfter: "2026-01-02T03:04:05Z", validBefore: "2027-01-01T00:00:00Z" },
    ]);
    expect(localTimes).toBe(2);
  });
});

describe("a trust file is refused with the number of the line", () => {
  const notKey = "what follows ssh-ed25519 is not the base64 of an Ed25519 key";
  const certificates = "option cert-authority: certificates are not supported";
  const notTime = "is not a time of the form YYYYMMDD[HHMM[SS]][Z]";
  it.each([
    ["ssh-ed25519", notKey],
    ["ssh-ed25519 AAAA", notKey],
    ["ssh-ed25519 BLOBA me", notKey],
    ["ssh-ed25519 CUT me", notKey],
    ["al ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", notKey],
    ["al ssh-ed25519", notKey],
    ['al namespaces="git" ssh-ed25519 AAAA', notKey],
    ["al", "no key"],
    ["Not Found", "unknown option Found"],
    ['al namespaces="ptar"', "no key of a known type after the options"],
    ['al namespaces="ptar" hello AAAA', "no key of a known type after the options"],
    ["al no-touch-required KEY", "unknown option no-touch-required"],
    ["al \u001b[2Jx KEY", "unknown option ?[2Jx"],
    [`al ${"x".repeat(100)} KEY`, `unknown option ${"x".repeat(40)}...`],
    ["al cert-authority KEY", certificates],
    ['al CERT-authority,namespaces="git" KEY', certificates],
    ['al namespaces="ptar",cert-authority KEY', certificates],
    ["al cert-authority RSA", certificates],
    ["cert-authority KEY", certificates],
    ["@cert-authority al KEY", "markers such as @revoked or @cert-authority are not supported"],
    ["@revoked * KEY", "markers such as @revoked or @cert-authority are not supported"],
    ["|1|c2FsdA==|aGFzaA== KEY", "a hashed host name of a known_hosts file"],
    ["al,!bob KEY", "negated principals are not supported"],
    ['"" KEY', "empty principals"],
    ['"al KEY', "a quote is not closed"],
    ['al namespaces="ptar KEY', "a quote is not closed"],
    ['al"x" KEY', "quotes inside the principals; options come after them"],
    ['namespaces="ptar" KEY', "quotes inside the principals; options come after them"],
    ['command="ls" KEY', "quotes inside the principals; options come after them"],
    ["al namespaces=ptar KEY", "option namespaces needs a value in quotes"],
    ["al namespaces KEY", "option namespaces needs a value in quotes"],
    ['al namespaces="ptar",namespaces="git" KEY', "option namespaces stands there twice"],
    ['al namespaces="ptar"x KEY', "a comma was expected after option namespaces"],
    ['al namespaces="ptar", KEY', "unknown option "],
    ['al valid-after="soon" KEY', `option valid-after ${notTime}`],
    ['al valid-after="" KEY', `option valid-after ${notTime}`],
    ['al valid-before="2026010112" KEY', `option valid-before ${notTime}`],
    ['al valid-before="20260230Z" KEY', `option valid-before ${notTime}`],
    ['al valid-before="20261301Z" KEY', `option valid-before ${notTime}`],
    ['al valid-before="202601012400Z" KEY', `option valid-before ${notTime}`],
    ['al valid-before="20260101235960Z" KEY', `option valid-before ${notTime}`],
    ['al valid-before="20260101+01" KEY', `option valid-before ${notTime}`],
    ['al valid-after="20260101Z",valid-before="20260101Z" KEY', "option valid-before is not later than valid-after"],
    ["al\0 KEY", "a NUL byte"],
  ])("%j", (pattern, problem) => {
    const line = pattern.replace("KEY", lineOf(1)).replace("RSA", rsa).replace("BLOB", base64Of(1)).replace("CUT", base64Of(1).slice(0, -4));
    expect(refusal(() => parse(`# first\n${line}\n${lineOf(2)}\n`))).toBe(`PTAR_TRUST_INVALID: trust: line 2: ${problem}`);
  });

  it("and a hint about what a line is", () => {
    expect(() => parse("hello")).toThrow(expect.objectContaining({ hint: expect.stringContaining("ssh-ed25519 AAAA... name") }));
  });

  it("when it has more keys than the limit", () => {
    const lines = Array<string>(10_000).fill(lineOf(1));
    expect(parse(lines.join("\n")).keys).toHaveLength(10_000);
    expect(refusal(() => parse([...lines, lineOf(1)].join("\n")))).toBe("PTAR_TRUST_INVALID: trust: line 10001: more than 10000 keys");
  });

  it("when it has more bytes than the limit, counted in UTF-8", () => {
    const comment = (text: string) => `#${text}\n`;
    expect(parse(comment("x".repeat(1_048_574))).keys).toEqual([]);
    const tooMany = (bytes: number) => `PTAR_TRUST_INVALID: trust: ${bytes} bytes are too many for a trust file, at most 1048576`;
    expect(refusal(() => parse(comment("x".repeat(1_048_575))))).toBe(tooMany(1_048_577));
    expect(refusal(() => parse(comment("ä".repeat(600_000))))).toBe(tooMany(1_200_002));
  });

  it("or read, when its one line is as long as the whole file may be", () => {
    const long = (unit: string) => unit.repeat(Math.floor(1_040_000 / unit.length));
    const hostile = ["a", "a,", " ", "\t ", '"', '\\"', "\\", "*", "!", "\r", "\n", "=", 'namespaces="a",', "ssh-", "#", "\u0000"];
    for (const unit of hostile)
      for (const line of [long(unit), `al ${long(unit)}`, `al namespaces="${long(unit)}" ${lineOf(1)}`, `${long(unit)} ${lineOf(1)}`])
        expect(refusal(() => parse(line))).toMatch(/^(PTAR_TRUST_INVALID: trust: line \d+: |nothing was thrown$)/);
  });

  it("or read: every text gives keys or a refusal", () => {
    const word = fc.constantFrom(
      lineOf(1),
      base64Of(1),
      "ssh-ed25519",
      "al",
      '"',
      "\\",
      ",",
      " ",
      "\n",
      "namespaces=",
      '"ptar"',
      "valid-after=",
      "@",
      "\0",
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const outcome = refusal(() => {
          for (const key of parse(words.join("")).keys) expect(key.publicKey).toEqual(keyOf(1));
        });
        expect(outcome).toMatch(/^(PTAR_TRUST_INVALID: trust: line \d+: |nothing was thrown$)/);
      }),
      { seed: 4, numRuns: 3000 },
    );
  });
});

describe("a key is", () => {
  const trust = {
    keys: [
      { publicKey: keyOf(1), name: "old", validBefore: "2025-12-31T23:59:59Z" },
      { publicKey: keyOf(1), name: "new", validAfter: "2026-06-01T00:00:00Z" },
      { publicKey: keyOf(2), name: "two" },
    ],
  };

  it("unknown when it is not listed", () => {
    expect(findTrusted(trust, keyOf(3), "2026-01-01T00:00:00Z")).toBeUndefined();
    expect(findTrusted({ keys: [] }, keyOf(1), "2026-01-01T00:00:00Z")).toBeUndefined();
    expect(findTrusted(trust, keyOf(1).subarray(0, 31), "2026-01-01T00:00:00Z")).toBeUndefined();
  });

  it("trusted under the name of the line that trusts it, both ends included", () => {
    expect(findTrusted(trust, keyOf(2), "1970-01-01T00:00:00Z")).toEqual({ status: "trusted", name: "two" });
    expect(findTrusted(trust, keyOf(1), "2025-12-31T23:59:59Z")).toEqual({ status: "trusted", name: "old" });
    expect(findTrusted(trust, keyOf(1), "2026-06-01T00:00:00Z")).toEqual({ status: "trusted", name: "new" });
  });

  it("expired or not yet valid, as the first line with it says", () => {
    expect(findTrusted(trust, keyOf(1), "2026-01-01T00:00:00Z")).toEqual({ status: "expired", name: "old" });
    expect(findTrusted({ keys: trust.keys.slice(1) }, keyOf(1), "2026-01-01T00:00:00Z")).toEqual({ status: "not-yet-valid", name: "new" });
  });

  it("not looked up at a time that does not sort as text", () => {
    for (const time of ["", "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00+01:00", "+12026-01-01T00:00:00Z", "9"])
      expect(() => findTrusted(trust, keyOf(2), time), time).toThrow(TypeError);
    const odd = { keys: [{ publicKey: keyOf(1), name: "odd", validBefore: "never" }] };
    expect(() => findTrusted(odd, keyOf(1), "2026-01-01T00:00:00Z")).toThrow(TypeError);
  });
});

describe("a trust line that we write", () => {
  it("is for the namespace ptar, with its times", () => {
    const key = { publicKey: keyOf(1), name: "al@example.org", validAfter: "2026-01-02T03:04:05Z", validBefore: "2027-01-01T00:00:00Z" };
    expect(formatTrustLine(key)).toBe(
      `al@example.org namespaces="ptar",valid-after="20260102030405Z",valid-before="20270101000000Z" ssh-ed25519 ${base64Of(1)}`,
    );
  });

  it("comes back as it was, for every name that can be written", () => {
    const name = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 12 }),
      fc.constantFrom("ssh-ed25519", "#x", " a", "a\tb", "ssh-rsa", "-", "@x", "!x", "a,b"),
    );
    fc.assert(
      fc.property(name, (name) => {
        const key = { publicKey: keyOf(1), name };
        let line: string;
        try {
          line = formatTrustLine(key);
        } catch (error) {
          expect(error).toBeInstanceOf(PtarError);
          return;
        }
        expect(parse(`${line}\n`).keys).toEqual([key]);
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it.each([
    ['a "b" c', "a name with a quote or a line end"],
    ["a\nb", "a name with a quote or a line end"],
    ["a\rb", "a name with a quote or a line end"],
    ["a\0b", "a NUL byte"],
    ["", "empty principals"],
    ["@revoked", "markers such as @revoked or @cert-authority are not supported"],
    ["!al", "negated principals are not supported"],
  ])("is refused for the name %j", (name, problem) => {
    expect(refusal(() => formatTrustLine({ publicKey: keyOf(1), name }))).toBe(`PTAR_TRUST_INVALID: trust line: ${problem}`);
  });

  it("is refused for times that no file can hold", () => {
    const key = { publicKey: keyOf(1), name: "al" };
    const swapped = { ...key, validAfter: "2027-01-01T00:00:00Z", validBefore: "2026-01-01T00:00:00Z" };
    expect(refusal(() => formatTrustLine(swapped))).toBe("PTAR_TRUST_INVALID: trust line: option valid-before is not later than valid-after");
    expect(refusal(() => formatTrustLine({ ...key, validAfter: "2026-02-30T00:00:00Z" }))).toMatch(
      /^PTAR_TRUST_INVALID: trust line: option valid-after is not a time/,
    );
    expect(() => formatTrustLine({ ...key, validAfter: "soon" })).toThrow(TypeError);
  });
});
