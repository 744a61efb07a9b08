// Runs the reference readers, which are written in Python from the spec alone. spec/10-verify.md#order
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const readers = join(import.meta.dirname, "../../spec/reference");

/** The first Python that can open sealed archives, else the first of all: a package may be installed for the system's only. */
const interpreters = ["python3", "/usr/bin/python3"];
const withCiphers = interpreters.find((name) => spawnSync(name, ["-c", "import cryptography"]).status === 0);
const interpreter = withCiphers ?? "python3";

// where everything must be tested, the tests fail rather than vanish
const mustRun = process.env.CI === "true";

/** Why the readers cannot run here; undefined when they can. */
export const skipped = mustRun ? undefined : obstacle();
/** Nothing here can open sealed archives. */
export const cannotOpen = !mustRun && withCiphers === undefined;

function obstacle(): string | undefined {
  const { status, stdout } = spawnSync(interpreter, ["-c", "import sys; print(*sys.version_info[:2])"], { encoding: "utf8" });
  if (status !== 0) return "python3 is not there";
  const [major = 0, minor = 0] = stdout.trim().split(" ").map(Number);
  return major === 3 && minor >= 9 ? undefined : `python3 is ${major}.${minor}, 3.9 or later is needed`;
}

/** Runs the reader of this name; what it prints as text. */
export function python(reader: "ptar_reference" | "ptar_repository", args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = pythonBytes(reader, args, env);
  return { status, stdout: stdout.toString(), stderr };
}

/** The same; what it prints as bytes. */
export function pythonBytes(reader: "ptar_reference" | "ptar_repository", args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const more = { env: { ...process.env, PYTHONIOENCODING: "utf-8", ...env }, maxBuffer: 1 << 26 };
  const { status, stdout, stderr } = spawnSync(interpreter, ["-B", join(readers, `${reader}.py`), ...args], more);
  return { status, stdout, stderr: stderr.toString() };
}
