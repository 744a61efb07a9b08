// The programs age and age-keygen, which read and write what src/crypto/age.ts writes and reads.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

const isMissing = [
  ["age", "--version"],
  ["age-keygen", "--version"],
  ["python3", "-c", "import pty"],
].some(([program, ...args]) => spawnSync(program as string, args).status !== 0);

/** Whether the programs are not here; where CI is true nothing is skipped, so that a missing program is a failure. */
export const noAge = isMissing && process.env.CI !== "true";

/** What `age` prints, with `input` on standard input. */
export function age(args: readonly string[], input: Uint8Array): Uint8Array {
  return new Uint8Array(execFileSync("age", args, { input, stdio: ["pipe", "pipe", "pipe"] }));
}

/** A new identity of age-keygen: its file, and the two keys. */
export function ageKeygen(folder: string): { readonly file: string; readonly identity: string; readonly recipient: string } {
  const file = join(folder, "identity");
  execFileSync("age-keygen", ["-o", file], { stdio: "pipe" });
  const identity = execFileSync("grep", ["-o", "^AGE-SECRET-KEY-1.*", file], { encoding: "utf8" }).trim();
  return { file, identity, recipient: execFileSync("age-keygen", ["-y", file], { encoding: "utf8" }).trim() };
}

// answers each question that ends in a colon; the program has a terminal of its own, the only place where age asks
const answering = `
import os, pty, sys
answer = os.environb[b"ANSWER"] + b"\\n"
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen = b""
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    seen += part
    if seen.rstrip(b" ").endswith(b":"):
        os.write(terminal, answer)
        seen = b""
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

/** Runs `age` on a terminal, where somebody types `answer` when asked. */
export function ageOnTerminal(args: readonly string[], answer: string): void {
  execFileSync("python3", ["-c", answering, "age", ...args], { env: { ...process.env, ANSWER: answer }, stdio: "pipe", timeout: 25_000 });
}

/** A folder that is removed after the test. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "ptar-age-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}
