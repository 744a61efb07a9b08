// One run of the program: a command, its output, its exit code. spec/10-verify.md#codes
import { writerName } from "../archive/version.js";
import type { PtarError } from "../errors/ptar-error.js";
import type { Context } from "./command.js";
import { complete, completionRequest } from "./complete.js";
import { failureJson, failureOf, stackOf } from "./failure.js";
import { catchInterrupts } from "./interrupt.js";
import { boundNursery } from "./nursery.js";
import type { Parsed } from "./parse.js";
import { createNotes } from "./ui/notes.js";
import { createOutput } from "./ui/output.js";

/** Runs the command line `argv`; the exit code. Never throws. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  boundNursery();
  process.stderr.on("error", () => undefined);
  const interrupts = catchInterrupts();
  const words = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : argv.length);
  const context: Context = {
    env: process.env,
    argv,
    out: createOutput(process.stdout),
    notes: createNotes(process.stderr, { quiet: words.includes("--quiet") }),
    ...interrupts,
  };
  try {
    return await run(context);
  } catch (error) {
    const failure = failureOf(error, context.signal);
    await report(failure, { context, json: words.includes("--json") });
    if (process.env.PTAR_DEBUG === "1") process.stderr.write(`${stackOf(error)}\n`);
    return failure.exitCode;
  } finally {
    context.notes.clear();
    interrupts.release();
  }
}

async function run(context: Context): Promise<number> {
  const parsed = await parse(context.argv);
  if ("text" in parsed) {
    await context.out.line(parsed.text);
    return 0;
  }
  return (await parsed.command.run?.(parsed.args, context)) ?? 0;
}

async function parse(argv: readonly string[]): Promise<Parsed> {
  // the shell asks at every tab, and yargs takes half as long to load as Node itself
  if (argv[0] === completionRequest) {
    const { commands } = await import("./commands.js");
    return { text: complete(argv.slice(1), commands).join("\n") };
  }
  if (argv[0] === "completion" && argv.length === 1) {
    const { completionScript } = await import("./completion-script.js");
    return { text: completionScript(process.env) };
  }
  const [{ parseCommandLine }, { commands }] = await Promise.all([import("./parse.js"), import("./commands.js")]);
  return parseCommandLine(argv, commands, writerName.version);
}

async function report(failure: PtarError, { context, json }: { readonly context: Context; readonly json: boolean }): Promise<void> {
  context.notes.fail(failure);
  // where standard output is what failed, standard error has to do
  if (json) await context.out.json(failureJson(failure)).catch(() => undefined);
}
