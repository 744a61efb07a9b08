// Where a passphrase comes from, and what may be one. spec/14-encryption.md#keys
import { describe, expect, it } from "vitest";
import { chosenSource, type PassphraseSource, readPassphrase, variableSource } from "../../src/cli/passphrase.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import { args, keyPlace, refused } from "./key-context.js";

const neverAsk = () => Promise.reject(new TypeError("nobody is asked"));
const read = (source: PassphraseSource, { context } = keyPlace()) => readPassphrase(source, context, neverAsk);

describe("the source of a passphrase", () => {
  const chosen = (values: Readonly<Record<string, unknown>>, env: Readonly<Record<string, string>> = {}, argv: readonly string[] = []) => {
    try {
      return chosenSource(args(values), { env, argv });
    } catch (error) {
      if (error instanceof PtarError) return `${error.code}: ${error.message}`;
      throw error;
    }
  };

  it("is the one that the command line names, before the environment", () => {
    const env = { PTAR_PASSPHRASE: "from env" };
    expect(chosen({ "passphrase-file": "f" }, env)).toEqual({ kind: "file", path: "f" });
    expect(chosen({ "passphrase-command": "c" }, env)).toEqual({ kind: "command", command: "c" });
    expect(chosen({ passphrase: true }, env)).toEqual({ kind: "variable", text: "from env" });
    expect(chosen({ passphrase: true })).toEqual({ kind: "terminal" });
    expect(chosen({ passphrase: true }, { PTAR_PASSPHRASE: "" })).toEqual({ kind: "terminal" });
  });

  it("is not the environment alone", () => {
    expect(chosen({}, { PTAR_PASSPHRASE: "from env" })).toBeUndefined();
    expect(variableSource({ PTAR_PASSPHRASE: "from env" })).toEqual({ kind: "variable", text: "from env" });
    expect(variableSource({ PTAR_PASSPHRASE: "" })).toBeUndefined();
    expect(variableSource({})).toBeUndefined();
  });

  it.each([
    [{ "passphrase-file": "f", "passphrase-command": "c" }, "--passphrase-file and --passphrase-command"],
    [{ "passphrase-file": "f", passphrase: true }, "--passphrase-file and --passphrase"],
    [{ "passphrase-command": "c", passphrase: true }, "--passphrase-command and --passphrase"],
  ])("is one: %j", (values, names) => {
    expect(chosen(values)).toBe(`PTAR_USAGE: ${names}: only one of them can be given`);
  });

  it("is never a word of the command line, which is not quoted either", () => {
    expect(chosen({}, {}, ["create", "a.ptar", "--passphrase=hunter2"])).toBe("PTAR_USAGE: --passphrase: takes no value");
    expect(chosen({}, {}, ["create", "a.ptar", "--passphrase-file=f", "--", "--passphrase=name of a file"])).toBeUndefined();
  });
});

describe("a passphrase", () => {
  it.each([
    ["word", "word"],
    ["word\n", "word"],
    ["word\r\n", "word"],
    ["word\n\n", "PTAR_PASSPHRASE_INVALID: --passphrase-file: has more than one line, or a NUL byte"],
    ["word\r", "PTAR_PASSPHRASE_INVALID: --passphrase-file: has more than one line, or a NUL byte"],
    ["two\nlines\n", "PTAR_PASSPHRASE_INVALID: --passphrase-file: has more than one line, or a NUL byte"],
    ["a\0b\n", "PTAR_PASSPHRASE_INVALID: --passphrase-file: has more than one line, or a NUL byte"],
    [" a b \n", " a b "],
    ["zażółć 日本\n", "zażółć 日本"],
    ["", "PTAR_PASSPHRASE_INVALID: --passphrase-file: is empty"],
    ["\n", "PTAR_PASSPHRASE_INVALID: --passphrase-file: is empty"],
    ["\r\n", "PTAR_PASSPHRASE_INVALID: --passphrase-file: is empty"],
  ])("in a file: %j", async (text, expected) => {
    const place = keyPlace();
    const reading = read({ kind: "file", path: place.write("f", text) }, place);
    expect(await (expected.startsWith("PTAR_") ? refused(reading) : reading)).toBe(expected);
  });

  it("has at most 4,096 bytes, its line end not counted", async () => {
    const place = keyPlace();
    const longest = "é".repeat(2048);
    for (const end of ["", "\n", "\r\n"]) {
      expect(await read({ kind: "file", path: place.write("f", longest + end) }, place)).toBe(longest);
      expect(await refused(read({ kind: "file", path: place.write("f", `x${longest}${end}`) }, place))).toBe(
        "PTAR_PASSPHRASE_INVALID: --passphrase-file: has more than 4096 bytes",
      );
    }
    expect(await refused(read({ kind: "file", path: "/dev/zero" }, place))).toBe(
      "PTAR_PASSPHRASE_INVALID: --passphrase-file: has more than 4096 bytes",
    );
  });

  it("is UTF-8", async () => {
    const place = keyPlace();
    expect(await refused(read({ kind: "file", path: place.write("f", Buffer.of(0x61, 0xff)) }, place))).toBe(
      "PTAR_PASSPHRASE_INVALID: --passphrase-file: is not UTF-8",
    );
    // what Node makes of other bytes in the environment
    expect(await refused(read({ kind: "variable", text: "a\ufffd" }))).toBe("PTAR_PASSPHRASE_INVALID: PTAR_PASSPHRASE: is not UTF-8");
  });

  it("comes from a program, which has the environment of the command", async () => {
    const place = keyPlace({ WORD: "from a program" });
    expect(await read({ kind: "command", command: 'echo "$WORD"' }, place)).toBe("from a program");
    expect(await refused(read({ kind: "command", command: "true" }))).toBe("PTAR_PASSPHRASE_INVALID: --passphrase-command: is empty");
    expect(await refused(read({ kind: "command", command: "echo hunter2; false" }))).toBe(
      "PTAR_PASSPHRASE_INVALID: --passphrase-command: exit code 1, expected 0",
    );
  });

  it("comes from the environment", async () => {
    expect(await read({ kind: "variable", text: "from env" })).toBe("from env");
    expect(await refused(read({ kind: "variable", text: "two\nlines" }))).toBe(
      "PTAR_PASSPHRASE_INVALID: PTAR_PASSPHRASE: has more than one line, or a NUL byte",
    );
  });

  it("that is typed is not empty", async () => {
    const { context } = keyPlace();
    expect(await readPassphrase({ kind: "terminal" }, context, async () => "typed")).toBe("typed");
    expect(await refused(readPassphrase({ kind: "terminal" }, context, async () => ""))).toBe("PTAR_PASSPHRASE_INVALID: passphrase: is empty");
  });

  it("is missing with its file", async () => {
    expect(await refused(read({ kind: "file", path: "/nonexistent/hunter2" }))).toBe(
      "PTAR_KEY_NOT_FOUND: --passphrase-file: no such file\ncheck the spelling of the path",
    );
  });
});
