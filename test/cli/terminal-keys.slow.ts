// Passphrases that are asked for on a terminal, while standard input is a pipe. spec/14-encryption.md#keys
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundled } from "../connectors/child.js";
import { onTerminal, type Step } from "../connectors/node/secrets/terminal.js";
import { needs } from "../connectors/programs.js";

/** Loads keys as `create` and `list` do: "seal" or "open", then options as JSON; prints the passphrase or the error, and standard input. */
const program = `
import { Arguments } from "./src/cli/command.ts";
import { failureOf } from "./src/cli/failure.ts";
import { catchInterrupts } from "./src/cli/interrupt.ts";
import { loadKeyRing } from "./src/cli/key-options.ts";
import { loadSealFor } from "./src/cli/seal-options.ts";
import { createNotes } from "./src/cli/ui/notes.ts";
const [what, options, ask] = process.argv.slice(2);
const args = new Arguments(JSON.parse(options));
const { signal, release } = catchInterrupts();
const context = { env: process.env, argv: [], signal, notes: createNotes(process.stderr, { quiet: false }) };
try {
  const keys = what === "seal" ? await loadSealFor(args, context) : await loadKeyRing(args, context, ask ?? "may-ask");
  const passphrase = typeof keys?.passphrase === "function" ? await keys.passphrase() : keys?.passphrase;
  console.log(JSON.stringify(passphrase ?? null));
} catch (error) {
  const { code, message, hint = null, exitCode } = failureOf(error, signal);
  console.log(JSON.stringify([code, message, hint, exitCode]));
}
release();
let text = "";
for await (const part of process.stdin) text += part;
console.log(text);
`;

const strong = "cork-lunar-vivid-jumbo-taxi";
const sources = "use --passphrase-file, --passphrase-command or the variable PTAR_PASSPHRASE";

describe.skipIf(!needs("python3"))("a passphrase on the terminal", () => {
  let child: ReturnType<typeof bundled>;
  const folder = mkdtempSync(join(tmpdir(), "ptar-terminal-"));
  beforeAll(() => {
    child = bundled(program);
  });
  afterAll(() => {
    child.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = async (what: "seal" | "open", options: object, steps: readonly Step[], more: readonly string[] = []) => {
    const env = { PATH: process.env.PATH ?? "", HOME: folder };
    const argv = [child.node, child.script, what, JSON.stringify({ archive: "a.ptar", ...options }), ...more];
    const outcome = await onTerminal(argv, steps, { stdin: "piped", env });
    const [answer = "", rest] = outcome.stdout.split("\n");
    expect({ code: outcome.code, echo: outcome.echo }).toEqual({ code: 0, echo: true });
    return { ...outcome, answer: JSON.parse(answer), rest };
  };

  it("is asked for twice on create, and nothing of it is shown", async () => {
    const { answer, screen, stderr, rest } = await run("seal", { passphrase: true }, [
      { wait: "new passphrase for a.ptar: ", type: "wrnog\r" },
      { wait: "again: ", type: "wrong\r" },
      { wait: "new passphrase for a.ptar: ", type: `${strong}\r` },
      { wait: "again: ", type: `${strong}\r` },
    ]);
    const round = "ptar: new passphrase for a.ptar: \r\nptar: the same again: \r\n";
    expect({ answer, screen, rest }).toEqual({ answer: strong, screen: round + round, rest: "piped" });
    expect(stderr).toBe("ptar: the two passphrases differ\n");
  });

  it("interrupts create after Ctrl-C", async () => {
    const { answer } = await run("seal", { passphrase: true }, [{ wait: "a.ptar: ", type: "ab\x03" }]);
    expect(answer).toEqual(["PTAR_INTERRUPTED", "stopped on request", null, 130]);
  });

  it("is asked for once to open an archive, also where the command line does not ask", async () => {
    for (const options of [{}, { passphrase: true }]) {
      const { answer, screen } = await run("open", options, [{ wait: "passphrase of a.ptar: ", type: "x\x15word\r" }]);
      expect({ answer, screen }).toEqual({ answer: "word", screen: "ptar: passphrase of a.ptar: \r\n" });
    }
    const named = await run("open", { archive: "a\x1b[2Jb" }, [{ wait: "passphrase of a\\x1b[2Jb: ", type: "word\r" }]);
    expect(named.answer).toBe("word");
    expect((await run("open", { archive: "-" }, [{ wait: "passphrase of the archive: ", type: "word\r" }])).answer).toBe("word");
  });

  it("is asked for only where that was asked for, by verify", async () => {
    expect(await run("open", {}, [], ["only-if-wished"])).toMatchObject({ answer: null, screen: "" });
    const asked = await run("open", { passphrase: true }, [{ wait: "a.ptar: ", type: "word\r" }], ["only-if-wished"]);
    expect(asked.answer).toBe("word");
  });

  it("may be asked for by the program of --passphrase-command", async () => {
    const command = 'printf "program asks: " > /dev/tty; read -r word; echo "<$word>"';
    const { answer, rest } = await run("open", { "passphrase-command": command }, [{ wait: "program asks: ", type: "word\r" }]);
    expect({ answer, rest }).toEqual({ answer: "<word>", rest: "piped" });
  });

  it("is taken from standard input with --passphrase-file -", async () => {
    expect((await run("open", { "passphrase-file": "-" }, [])).answer).toBe("piped");
    expect((await run("seal", { "passphrase-file": "-" }, [])).answer).toBe("piped");
  });

  it("cannot be asked for where there is no terminal: the hint names other ways", async () => {
    const { spawnSync } = await import("node:child_process");
    const without = (what: string, options: object) => {
      const { stdout } = spawnSync("setsid", ["-w", child.node, child.script, what, JSON.stringify({ archive: "a.ptar", ...options })], {
        encoding: "utf8",
        input: "",
        env: { PATH: process.env.PATH, HOME: folder },
      });
      return JSON.parse(stdout.split("\n")[0] ?? "");
    };
    const sentence = "passphrase: there is no terminal to ask for it";
    expect(without("seal", { passphrase: true })).toEqual(["PTAR_PASSPHRASE_INVALID", sentence, sources, 8]);
    expect(without("open", { passphrase: true })).toEqual(["PTAR_KEY_REQUIRED", sentence, sources, 8]);
    expect(without("open", {})).toBeNull();
    writeFileSync(join(folder, "f"), `${strong}\n`);
    expect(without("seal", { "passphrase-file": join(folder, "f") })).toBe(strong);
  });
});
