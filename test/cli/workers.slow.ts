// --workers: the same output with any number of threads.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { noise } from "../archive/engines.js";
import { type Place, place } from "./run.js";

const commands = ["create", "verify", "extract"];

/** A place with a folder to pack, long enough for threads. */
function withFolder(): Place {
  const made = place();
  const folder = join(made.folder, "folder");
  mkdirSync(folder);
  writeFileSync(join(folder, "long"), noise(9 << 20));
  for (let i = 0; i < 100; i++) writeFileSync(join(folder, `t${i}`), `${i} `.repeat(100 * i));
  return made;
}

it("gives the same archive, report and tree for 0, 1 and 2", async () => {
  const { folder, ptar, shell } = withFolder();
  await ptar("keygen", "--no-passphrase");
  for (const workers of ["0", "1", "2"]) {
    const made = await ptar("create", `${workers}.ptar`, "folder", "--reproducible", "--workers", workers, "--json");
    expect(made.code, made.stderr).toBe(0);
  }
  const archives = ["0", "1", "2"].map((workers) => readFileSync(join(folder, `${workers}.ptar`)));
  for (const archive of archives) expect(archive.equals(archives[0] as Buffer)).toBe(true);
  const verified = await Promise.all(["0", "2"].map((workers) => ptar("verify", "0.ptar", "--workers", workers, "--json")));
  expect(verified[0]).toMatchObject({ code: 0 });
  expect(verified[1]).toEqual(verified[0]);
  const extracted = await Promise.all(["0", "2"].map((workers) => ptar("extract", "0.ptar", "-C", `out${workers}`, "--workers", workers)));
  expect(extracted.map(({ code }) => code)).toEqual([0, 0]);
  expect(await shell("diff -r out0 out2 && diff -r folder out0/folder")).toMatchObject({ code: 0, stdout: "" });
});

it("refuses what is no number from 0 to 64, and says what to do", async () => {
  const { ptar } = place();
  const refused = (wrong: string) => `ptar: --workers ${wrong}: is not a number from 0 to 64\nptar: hint: 0 does everything in one thread\n`;
  for (const wrong of ["65", "x", "-1", "1.5", "007"])
    expect(await ptar("verify", "a.ptar", `--workers=${wrong}`)).toEqual({ code: 2, stdout: "", stderr: refused(wrong) });
  expect(await ptar("create", "a.ptar", ".", "--workers=65")).toMatchObject({ code: 2, stderr: refused("65") });
  expect(await ptar("extract", "a.ptar", "-C", "out", "--workers=65")).toMatchObject({ code: 2, stderr: refused("65") });
  // 64 is none too many, there is just no archive
  expect(await ptar("verify", "a.ptar", "--workers", "64")).toMatchObject({ code: 7 });
});

it("stands in help and completion of the commands that have it", async () => {
  const { ptar } = place();
  for (const command of commands) {
    expect((await ptar(command, "--help")).stdout).toMatch(/--workers +threads that share the work, 0 to 64/);
    expect((await ptar("--get-yargs-completions", "ptar", command, "--work")).stdout).toBe("--workers\n");
  }
  expect((await ptar("list", "--help")).stdout).not.toContain("--workers");
});
