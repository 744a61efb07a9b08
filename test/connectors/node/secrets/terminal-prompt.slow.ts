// Questions on the controlling terminal, on a real pseudo-terminal. spec/14-encryption.md#opening
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundled } from "../../child.js";
import { needs } from "../../programs.js";
import { onTerminal, type Step } from "./terminal.js";

/** Asks as often as its arguments say; prints the answers as JSON, with the error at their end, then standard input and how many files are open. */
const program = `
import { askSecret, hasTerminal } from "./src/connectors/node/secrets/terminal-prompt.ts";
import { readdirSync } from "node:fs";
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort(Object.assign(new Error("stopped"), { code: "STOPPED" })));
process.on("SIGHUP", () => undefined);
const open = () => readdirSync("/proc/self/fd").length;
const answers = [];
try {
  for (const prompt of process.argv.slice(2)) answers.push((await askSecret(prompt, { signal: stop.signal })) ?? null);
  const before = open();
  answers.push(hasTerminal());
  if (open() !== before) answers.push("hasTerminal leaves it open");
} catch (error) {
  answers.push(error.code, error.message);
}
console.log(JSON.stringify(answers));
let text = "";
if (!process.stdin.isTTY) for await (const part of process.stdin) text += part;
console.log(text + open());
`;

describe.skipIf(!needs("python3"))("a question on the terminal", () => {
  let child: ReturnType<typeof bundled>;
  beforeAll(() => {
    child = bundled(program);
  });
  afterAll(() => child.remove());

  const run = async (steps: readonly Step[], prompts: readonly string[] = ["word: "], stdin: string | undefined = "piped ") => {
    const outcome = await onTerminal([child.node, child.script, ...prompts], steps, stdin === undefined ? {} : { stdin });
    const [json = "", rest = ""] = outcome.stdout.split("\n");
    expect(outcome.stderr).toBe("");
    return { ...outcome, answers: JSON.parse(json), rest };
  };

  it("is asked while standard input is a pipe, which is left alone; nothing of the answer is shown", async () => {
    const { answers, screen, echo, code, rest } = await run([{ wait: "word: ", type: "zażółć x\x7fy\r" }]);
    expect({ answers, screen, echo, code }).toEqual({ answers: ["zażółć y", true], screen: "word: \r\n", echo: true, code: 0 });
    expect(rest).toMatch(/^piped \d+$/);
  });

  it("is asked while standard input is the terminal", async () => {
    const { answers, screen, echo } = await run([{ wait: "word: ", type: "abc\r" }], ["word: "], undefined);
    expect({ answers, screen, echo }).toEqual({ answers: ["abc", true], screen: "word: \r\n", echo: true });
  });

  it("leaves nothing open, however often it is asked", async () => {
    const once = await run([{ wait: "1 ", type: "a\r" }], ["1 "]);
    const thrice = await run(
      ["1 ", "2 ", "3 "].map((wait) => ({ wait, type: `${wait.trim()}\r` })),
      ["1 ", "2 ", "3 "],
    );
    expect(thrice.answers).toEqual(["1", "2", "3", true]);
    expect(thrice.screen).toBe("1 \r\n2 \r\n3 \r\n");
    expect(thrice.rest).toBe(once.rest);
  });

  it("is an interruption after Ctrl-C, and the terminal is as before", async () => {
    const { answers, echo } = await run([{ wait: "word: ", type: "abc\x03" }]);
    expect({ answers, echo }).toEqual({ answers: ["PTAR_INTERRUPTED", "stopped on request"], echo: true });
  });

  it("is empty after Ctrl-D", async () => {
    expect((await run([{ wait: "word: ", type: "\x04" }])).answers).toEqual(["", true]);
  });

  it("is given up when the signal comes, and the terminal is as before", async () => {
    const { answers, echo, code } = await run([
      { wait: "word: ", type: "abc" },
      { wait: "", signal: "SIGTERM" },
    ]);
    expect({ answers, echo, code }).toEqual({ answers: ["STOPPED", "stopped"], echo: true, code: 0 });
  });

  it("is asked again, still without showing the answer, when the program goes on after a stop", async () => {
    const { answers, screen } = await run([
      { wait: "word: ", type: "ab", signal: "SIGCONT" },
      { wait: "word: ", type: "c\r" },
    ]);
    expect({ answers, screen }).toEqual({ answers: ["abc", true], screen: "word: word: \r\n" });
  });

  it("ends when the terminal goes away", async () => {
    const { answers, code } = await run([{ wait: "word: ", type: "abc", close: true }]);
    // some systems report an error, others the end
    expect([
      ["PTAR_IO_FAILED", "terminal: the device reports an error (EIO)"],
      ["", false],
    ]).toContainEqual(answers);
    expect(code).toBe(0);
  });

  it.each([
    ["not UTF-8", "\udcff\r", "terminal: what was typed is not UTF-8"],
    ["longer than 4,096 bytes", "x".repeat(4097), "terminal: more than 4096 bytes were typed"],
  ])("refuses an answer that is %s", async (_, type, message) => {
    const { answers, echo } = await run([{ wait: "word: ", type }]);
    expect({ answers, echo }).toEqual({ answers: ["PTAR_PASSPHRASE_INVALID", message], echo: true });
  });

  it("is not asked where there is no terminal", () => {
    const { stdout } = spawnSync("setsid", ["-w", child.node, child.script, "word: "], { encoding: "utf8", input: "" });
    expect(stdout.split("\n")[0]).toBe("[null,false]");
  });
});
