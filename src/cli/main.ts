// The program `ptar`. spec/10-verify.md#codes
import { writerName } from "../archive/version.js";

/** Runs the command line `argv`, without interpreter and script; the exit code. Never throws. */
export async function main(argv: readonly string[]): Promise<number> {
  if (argv.length === 1 && argv[0] === "--version" && (await printed(`${writerName.version}\n`))) return 0;
  const { runProgram } = await import("./program.js");
  return runProgram(argv);
}

/**
 * Whether `text` was printed, or nobody reads any more; otherwise the program tries again and says what is wrong. Scripts ask for the version often,
 * and what other answers need (file system, signals, standard error) takes half as long to load as Node itself.
 */
function printed(text: string): Promise<boolean> {
  return new Promise((resolve) => {
    // without a listener a failure would end the program with a stack trace
    process.stdout.on("error", () => undefined);
    process.stdout.write(text, (error) => resolve(!error || ("code" in error && error.code === "EPIPE")));
  });
}
