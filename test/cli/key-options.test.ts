// Keys with which commands open sealed archives. spec/14-encryption.md#opening
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadKeyRing, wishesKey } from "../../src/cli/key-options.js";
import { makeIdentity } from "../../src/cli/own-identity.js";
import { generateIdentity, isIdentity, recipientOf } from "../../src/crypto/age.js";
import { needs } from "../connectors/programs.js";
import { args, keyPlace, refused } from "./key-context.js";

const [one, other] = [await generateIdentity("x25519"), await generateIdentity("hybrid")];

describe("identities", () => {
  it("are those of all files that are named, each once", async () => {
    const { context, write, said } = keyPlace();
    const identity = [write("a", `# a\n${one}\n`), write("b", `${other}\n${one}\n`)];
    write("ptar/identity", "garbage, and not read");
    expect(await loadKeyRing(args({ identity }), context, "only-if-wished")).toMatchObject({ identities: [one, other] });
    expect(said()).toBe("");
  });

  it("are those of the config folder when no file is named", async () => {
    const { context, write, said } = keyPlace();
    expect(await loadKeyRing(args({}), context, "only-if-wished")).toMatchObject({ identities: [] });
    write("ptar/identity", `${one}\n`);
    expect(await loadKeyRing(args({}), context, "only-if-wished")).toMatchObject({ identities: [one] });
    expect(said()).toBe("");
  });

  it("of the config folder that cannot be used are told of, and nothing fails", async () => {
    const { context, folder, write, said } = keyPlace();
    const file = write("ptar/identity", `${one}Q\n`);
    expect(await loadKeyRing(args({}), context, "only-if-wished")).toMatchObject({ identities: [] });
    expect(said()).toBe(
      `ptar: identity ${file} line 1: is a malformed identity; it is not used\nptar: hint: it was not copied as a whole, or has a typing error\n`,
    );
    mkdirSync(join(folder, "other/ptar/identity"), { recursive: true });
    const env = { ...context.env, XDG_CONFIG_HOME: join(folder, "other") };
    expect(await loadKeyRing(args({}), { ...context, env }, "only-if-wished")).toMatchObject({ identities: [] });
    expect(said()).toMatch(/identity: .*\(EISDIR\); it is not used\n$/);
  });

  it("that others may read are told of", async () => {
    const { context, write, said } = keyPlace();
    const file = write("a", `${one}\n`);
    chmodSync(file, 0o644);
    await loadKeyRing(args({ identity: [file] }), context, "only-if-wished");
    expect(said()).toBe(`ptar: identity ${file}: other users may read it (mode 644)\nptar: hint: chmod 600 ${file}\n`);
  });

  it("may come through a pipe", async () => {
    const { context, folder, write } = keyPlace();
    const [file, pipe] = [write("a", `${one}\n`), join(folder, "pipe")];
    execFileSync("mkfifo", ["-m", "600", pipe]);
    const writing = import("node:child_process").then(({ spawn }) => spawn("sh", ["-c", `cat '${file}' > '${pipe}'`]));
    expect(await loadKeyRing(args({ identity: [pipe] }), context, "only-if-wished")).toMatchObject({ identities: [one] });
    await writing;
  });

  it("that are named have to be there and to be sound", async () => {
    const { context, write } = keyPlace();
    const load = (identity: string) => refused(loadKeyRing(args({ identity: [identity] }), context, "only-if-wished"));
    expect(await load("/nonexistent/x")).toBe("PTAR_KEY_NOT_FOUND: identity /nonexistent/x: no such file\ncheck the spelling of the path");
    const file = write("r", `${await recipientOf(one)}\n`);
    expect(await load(file)).toMatch(`PTAR_KEY_INVALID: identity ${file} line 1: is a recipient, an identity was expected\n`);
    const long = write("l", "#".repeat(1_048_577));
    expect(await load(long)).toBe(`PTAR_KEY_INVALID: identity ${long}: has more than 1048576 bytes`);
  });

  it("are not typed on the command line: the error does not quote them", async () => {
    for (const typed of [one, other, one.toLowerCase()]) {
      const text = await refused(loadKeyRing(args({ identity: [typed] }), keyPlace().context, "only-if-wished"));
      expect(text).toMatch(
        /^PTAR_KEY_INVALID: --identity: an identity \(a private key\) was given on the command line\nothers can see command lines/,
      );
      expect(text.toUpperCase()).not.toContain(typed.toUpperCase().slice(16, 30));
    }
  });
});

describe("the passphrase", () => {
  it("is read when it is needed, and once", async () => {
    const { context, folder, write } = keyPlace();
    const command = `printf x >> '${folder}/count'; echo word`;
    const ring = await loadKeyRing(args({ "passphrase-command": command }), context, "only-if-wished");
    write("count", "");
    expect([await ring.passphrase?.(), await ring.passphrase?.()]).toEqual(["word", "word"]);
    expect(readFileSync(join(folder, "count"), "utf8")).toBe("x");
  });

  it("is that of the command line, else that of the environment", async () => {
    const { context, write } = keyPlace({ PTAR_PASSPHRASE: "from env" });
    const file = write("f", "from file\n");
    for (const ask of ["may-ask", "only-if-wished"] as const) {
      const passphraseOf = async (values: Readonly<Record<string, unknown>>) => (await loadKeyRing(args(values), context, ask)).passphrase?.();
      expect(await passphraseOf({ "passphrase-file": file })).toBe("from file");
      expect(await passphraseOf({ passphrase: true })).toBe("from env");
      expect(await passphraseOf({})).toBe("from env");
    }
  });

  it("is not read from standard input when the archive is", async () => {
    const ring = loadKeyRing(args({ archive: "-", "passphrase-file": "-" }), keyPlace().context, "only-if-wished");
    expect(await refused(ring)).toBe("PTAR_USAGE: --passphrase-file - and archive -: both read standard input, only one of them can be given");
  });
});

describe("a key that a person asked for", () => {
  it.each([
    [{}, {}, false],
    [{ identity: ["f"] }, {}, true],
    [{ passphrase: true }, {}, true],
    [{ "passphrase-file": "f" }, {}, true],
    [{ "passphrase-command": "c" }, {}, true],
    [{}, { PTAR_PASSPHRASE: "word" }, true],
    [{}, { PTAR_PASSPHRASE: "" }, false],
  ])("%j %j: %s", (values, env, expected) => expect(wishesKey(args(values), env)).toBe(expected));
});

describe("a new identity", () => {
  const now = new Date("2026-11-22T03:04:05.678Z");

  it("is a file like that of age-keygen, for its owner only", async () => {
    const { folder } = keyPlace();
    const file = join(folder, "sub/lab");
    const recipient = await makeIdentity(file, { kind: "x25519", force: false, now });
    const [created, publicKey, identity = "", end] = readFileSync(file, "utf8").split("\n");
    expect([created, publicKey, end]).toEqual(["# created: 2026-11-22T03:04:05Z", `# public key: ${recipient}`, ""]);
    expect(isIdentity(identity)).toBe(true);
    expect(await recipientOf(identity)).toBe(recipient);
  });

  it("replaces no file without force", async () => {
    const { write } = keyPlace();
    const file = write("lab", "mine");
    expect(await refused(makeIdentity(file, { kind: "x25519", force: false, now }))).toMatch(
      /^PTAR_TARGET_EXISTS: .*lab: exists\nchoose another name/,
    );
    expect(readFileSync(file, "utf8")).toBe("mine");
    await makeIdentity(file, { kind: "x25519", force: true, now });
    expect(readFileSync(file, "utf8")).toContain("AGE-SECRET-KEY-1");
  });

  it.skipIf(!needs("age-keygen"))("is one for age-keygen, and one of age-keygen is read", async () => {
    const { folder, context } = keyPlace();
    const [ours, theirs] = [join(folder, "ours"), join(folder, "theirs")];
    const recipient = await makeIdentity(ours, { kind: "x25519", force: false, now });
    expect(execFileSync("age-keygen", ["-y", ours], { encoding: "utf8" })).toBe(`${recipient}\n`);
    execFileSync("age-keygen", ["-o", theirs], { stdio: "pipe" });
    const { identities } = await loadKeyRing(args({ identity: [theirs] }), context, "only-if-wished");
    expect(execFileSync("age-keygen", ["-y", theirs], { encoding: "utf8" })).toBe(`${await recipientOf(identities[0] as string)}\n`);
  });
});
