// Whom a new archive is sealed for. spec/14-encryption.md#keys
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { chosenSource, othersOf } from "../../src/cli/passphrase.js";
import { askTwice, loadSealFor } from "../../src/cli/seal-options.js";
import { generateIdentity, recipientOf } from "../../src/crypto/age.js";
import { args, keyPlace, refused } from "./key-context.js";

const identity = await generateIdentity("x25519");
const [one, two] = [await recipientOf(identity), await recipientOf(await generateIdentity("x25519"))];
const [hybrid, hybridTwo] = [await recipientOf(await generateIdentity("hybrid")), await recipientOf(await generateIdentity("hybrid"))];
const strong = "cork-lunar-vivid-jumbo-taxi";

describe("whom an archive is sealed for", () => {
  it("is nobody where nothing is asked for, whatever the environment has", async () => {
    expect(await loadSealFor(args({}), keyPlace({ PTAR_PASSPHRASE: strong }).context)).toBeUndefined();
  });

  it("is a recipient, a file of them, or both, each once", async () => {
    const { context, write, said } = keyPlace();
    const lab = write("lab.age", `# the lab\n${two}\n${one}\n`);
    expect(await loadSealFor(args({ recipient: one }), context)).toEqual({ recipients: [one] });
    expect(await loadSealFor(args({ recipient: [one, lab, one] }), context)).toEqual({ recipients: [one, two] });
    expect(said()).toBe("");
  });

  it("is a passphrase, or both", async () => {
    const { context, write, said } = keyPlace({ PTAR_PASSPHRASE: strong });
    expect(await loadSealFor(args({ passphrase: true }), context)).toEqual({ recipients: [], passphrase: strong });
    const file = write("f", `${strong}!\n`);
    expect(await loadSealFor(args({ recipient: [one], "passphrase-file": file }), context)).toEqual({ recipients: [one], passphrase: `${strong}!` });
    expect(await loadSealFor(args({ "passphrase-command": `echo ${strong}` }), context)).toEqual({ recipients: [], passphrase: strong });
    expect(said()).toBe("");
  });

  it("is named by options of its own where a passphrase may open something else", async () => {
    const { context, write, said } = keyPlace({ PTAR_PASSPHRASE: `${strong}?` });
    const sealing = { archive: "new.ptar", prefix: "seal-" } as const;
    const file = write("f", `${strong}\n`);
    const both = { "passphrase-file": write("g", `${strong}!\n`), "seal-passphrase-file": file };
    expect(await loadSealFor(args(both), context, sealing)).toEqual({ recipients: [], passphrase: strong });
    expect(await loadSealFor(args({ "seal-passphrase-command": `echo ${strong}` }), context, sealing)).toEqual({
      recipients: [],
      passphrase: strong,
    });
    // what opens does not seal
    expect(await loadSealFor(args({ passphrase: true, "passphrase-file": file }), context, sealing)).toBeUndefined();
    expect(await refused(loadSealFor(args({ "seal-passphrase-file": write("h", "\n") }), context, sealing))).toMatch(
      /^PTAR_PASSPHRASE_INVALID: --seal-passphrase-file: /,
    );
    const two = args({ "seal-passphrase": true, "seal-passphrase-file": file });
    expect(await refused(loadSealFor(two, context, sealing))).toBe(
      "PTAR_USAGE: --seal-passphrase-file and --seal-passphrase: only one of them can be given\n--seal-passphrase asks",
    );
    const typed = keyPlace({}, ["repo", "export", "--seal-passphrase=word"]).context;
    expect(await refused(loadSealFor(args({}), typed, sealing))).toMatch(/^PTAR_USAGE: --seal-passphrase: takes no value\n/);
    expect(said()).toBe("");
  });

  it("asks for a passphrase of its own, whatever the environment has", () => {
    const { context } = keyPlace({ PTAR_PASSPHRASE: strong });
    expect(chosenSource(args({ "seal-passphrase": true }), context, "seal-")).toEqual({ kind: "terminal", prefix: "seal-" });
    expect(othersOf("seal-")).toBe("use --seal-passphrase-file or --seal-passphrase-command");
  });

  it("is not what is no recipient", async () => {
    const { context, folder, write } = keyPlace();
    const seal = (recipient: string) => refused(loadSealFor(args({ recipient: [recipient] }), context));
    expect(await seal("/nonexistent/lab")).toBe("PTAR_KEY_NOT_FOUND: recipients /nonexistent/lab: no such file\ncheck the spelling of the path");
    expect(await seal(one.slice(0, -1))).toMatch(/^PTAR_KEY_INVALID: recipient: is a malformed recipient\n/);
    expect(await seal("ssh-ed25519 AAAA me")).toMatch(/^PTAR_KEY_INVALID: recipient: is an SSH key, which is not supported\n/);
    mkdirSync(join(folder, "d"));
    expect(await seal(join(folder, "d"))).toMatch(/^PTAR_IO_FAILED: recipients .*\(EISDIR\)$/);
    const long = write("l", "#".repeat(1_048_577));
    expect(await seal(long)).toBe(`PTAR_KEY_INVALID: recipients ${long}: has more than 1048576 bytes`);
    const mistaken = write("m", `# created\n${identity}\n`);
    const text = await seal(mistaken);
    expect(text).toMatch(`PTAR_KEY_INVALID: recipients ${mistaken} line 2: is an identity (a private key), a recipient was expected\n`);
    expect(text).not.toContain(identity.slice(16, 26));
  });

  it("is not an identity that was typed: the error does not quote it, and says that it is known now", async () => {
    for (const typed of [identity, identity.toLowerCase(), ` ${identity}`]) {
      const text = await refused(loadSealFor(args({ recipient: [typed] }), keyPlace().context));
      expect(text).toBe(
        "PTAR_KEY_INVALID: recipient: an identity (a private key) was given on the command line\n" +
          "others can see command lines and shells keep them: make a new identity with ptar keygen --identity, and do not use this one any more",
      );
    }
  });

  it("is limited, all files together", async () => {
    const { context, write } = keyPlace();
    const many = await Promise.all(Array.from({ length: 65 }, async () => recipientOf(await generateIdentity("x25519"))));
    const more = await Promise.all(Array.from({ length: 64 }, async () => recipientOf(await generateIdentity("x25519"))));
    const recipient = [write("a", many.join("\n")), write("b", more.join("\n"))];
    expect(await refused(loadSealFor(args({ recipient }), context))).toMatch(/^PTAR_LIMIT_EXCEEDED: recipients: 129 were given/);
  });
});

describe("warnings", () => {
  it("tell of a weak passphrase without showing it, also with --quiet", async () => {
    const { context, said } = keyPlace({ PTAR_PASSPHRASE: "Password123!" });
    await loadSealFor(args({ passphrase: true }), context);
    expect(said()).toBe(
      "ptar: weak passphrase: whoever has the archive can try as many passphrases as they can pay for\n" +
        "ptar: hint: five or more random words make a good one\n",
    );
  });

  it.each([
    [[hybrid], false, ""],
    [[hybrid, hybridTwo], false, ""],
    [[one, two], true, ""],
    [[hybrid, one], false, "1 other recipient beside 1 post-quantum recipient"],
    [[hybrid, hybridTwo, one, two], false, "2 other recipients beside 2 post-quantum recipients"],
    [[hybrid], true, "a passphrase beside 1 post-quantum recipient"],
    [[hybrid, one], true, "1 other recipient and a passphrase beside 1 post-quantum recipient"],
  ])("tell what weakens post-quantum recipients (row %#)", async (recipient, passphrase, expected) => {
    const { context, said } = keyPlace({ PTAR_PASSPHRASE: strong });
    await loadSealFor(args({ recipient, passphrase }), context);
    const hint = "ptar: hint: an archive withstands quantum computers when all that opens it does\n";
    expect(said()).toBe(expected === "" ? "" : `ptar: not post-quantum: ${expected}\n${hint}`);
  });
});

describe("a new passphrase that is typed", () => {
  const typing = (...answers: readonly string[]) => {
    const left = [...answers];
    const prompts: string[] = [];
    const failures: string[] = [];
    const ask = async (prompt: string) => {
      prompts.push(prompt);
      return left.shift() ?? "nothing is left";
    };
    const outcome = askTwice("a.ptar", ask, { fail: ({ message }) => failures.push(message) });
    return { outcome, prompts, failures, left };
  };

  it("is asked for twice", async () => {
    const { outcome, prompts, failures } = typing("word", "word");
    expect(await outcome).toBe("word");
    expect({ prompts, failures }).toEqual({ prompts: ["ptar: new passphrase for a.ptar: ", "ptar: the same again: "], failures: [] });
  });

  it("is asked for again while the two differ, three times in all", async () => {
    const third = typing("a", "b", "c", "d", "word", "word");
    expect(await third.outcome).toBe("word");
    expect(third.failures).toEqual(Array(2).fill("the two passphrases differ"));
    const never = typing("a", "b", "c", "d", "e", "f", "g");
    expect(await refused(never.outcome)).toBe("PTAR_PASSPHRASE_INVALID: passphrase: was typed differently 3 times");
    expect(never.left).toEqual(["g"]);
  });

  it("is not empty, which is said before it is asked for again", async () => {
    const { outcome, left } = typing("", "x");
    expect(await refused(outcome)).toBe("PTAR_PASSPHRASE_INVALID: passphrase: is empty");
    expect(left).toEqual(["x"]);
  });
});
