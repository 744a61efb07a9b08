// Vectors by the program, from a pipe: of each class some, as each is a process. spec/10-verify.md#codes
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { VerifyReport } from "../../src/archive/results.js";
import { place } from "../cli/run.js";
import { classOf, judged, type Outcome, type Vector } from "./reading.js";
import { folder, judgeOf, rows, vectors } from "./vectors.js";

/** What `verify --json` prints. */
type Printed =
  | { readonly error: { readonly code: string }; readonly exitCode: number }
  | (Omit<VerifyReport, "fingerprint"> & { readonly id: string | null; readonly error?: undefined });

/** The first of each class with a key and without one, and of each level. */
const kindOf = ({ expect, key, level }: Vector) => [expect, Object.keys(key ?? {}), level].join();
const some = vectors.filter((vector, i) => vectors.findIndex((other) => kindOf(other) === kindOf(vector)) === i);

function wishes({ level, key, flags, expectFingerprint }: Vector): readonly string[] {
  return [
    ...["--level", level, "--trust", join(folder, "keys/trusted")],
    ...(key?.identity === undefined ? [] : ["--identity", join(folder, `keys/${key.identity}.identity`)]),
    ...(key?.passphrase === undefined ? [] : ["--passphrase-file", join(folder, `keys/${key.passphrase}.passphrase`)]),
    ...(expectFingerprint === undefined ? [] : ["--expect", expectFingerprint]),
    ...(flags.includes("allow-unsigned") ? ["--allow-unsigned"] : []),
  ];
}

function outcomeIn(printed: Printed): Outcome {
  if (printed.error !== undefined) return { expect: classOf(printed.exitCode), code: printed.error.code };
  const { id } = printed;
  return judged({ ...printed, ...(typeof id === "string" && { fingerprint: Buffer.from(id, "hex") }) });
}

describe("the program", () => {
  const judge = judgeOf("program, from a pipe");
  it.each(rows(some))("says of %s from a pipe what the index says", async (_name, vector) => {
    const { shell } = place();
    const { code, stdout } = await shell(`cat '${join(folder, vector.file)}' | ptar verify - --json ${wishes(vector).join(" ")}`);
    const printed = JSON.parse(stdout) as Printed;
    expect(code).toBe(printed.exitCode);
    judge(vector, outcomeIn(printed));
  });
});
