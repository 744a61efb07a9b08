// The program `age` opens the KEYS frames of the vectors, and reads their identities. spec/14-encryption.md#keys
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Unit, unitsOf } from "./independent-container.js";
import type { Vector } from "./reading.js";
import { bytesOf, folder, vectors } from "./vectors.js";

const missing = spawnSync("age", ["--version"]).error !== undefined || spawnSync("age-keygen", ["--version"]).error !== undefined;
// where everything must be tested, the tests fail rather than vanish
const skipped = missing && process.env.CI !== "true";

const identityFile = (name: string) => join(folder, "keys", `${name}.identity`);
const opened = vectors.filter(({ code, key }) => code === null && key?.identity !== undefined);

/** What `age` makes of a KEYS frame; undefined when it does not open. */
function unwrapped(payload: Buffer, identity: string): Buffer | undefined {
  const { status, stdout } = spawnSync("age", ["--decrypt", "--identity", identityFile(identity)], { input: payload });
  return status === 0 ? stdout : undefined;
}

describe.skipIf(skipped)(`age${skipped ? " (skipped: it is not there)" : ""}`, () => {
  it.each(["erin", "frank", "oscar"])("knows the identity of %s", (name) => {
    const { stdout, stderr } = spawnSync("age-keygen", ["-y", identityFile(name)], { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(readFileSync(identityFile(name), "utf8")).toContain(`# public key: ${stdout}`);
  });

  it("is asked about enough archives", () => expect(opened.length).toBeGreaterThan(25));

  it.each(opened.map((vector): [string, Vector] => [vector.name, vector]))("opens KEYS of %s", (_name, vector) => {
    const units = unitsOf(Buffer.from(bytesOf(vector)));
    // 64 of one kind show no more than the last ones
    const frames = units.filter(({ type }) => type === 0x03).slice(-3);
    const plaintexts = frames.flatMap(({ payload }) => unwrapped(payload, vector.key?.identity as string) ?? []);
    const expected = Buffer.concat([Buffer.from("ptar1/keys".padEnd(16, "\0")), (units[0] as Unit).payload.subarray(16, 48)]);
    expect(plaintexts.filter((plaintext) => plaintext.length === 80 && plaintext.subarray(0, 48).equals(expected)).length).toBeGreaterThan(0);
  });
});
