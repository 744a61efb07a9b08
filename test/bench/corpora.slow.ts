// Corpora are the same in each run: the same bytes, edits and insertions from the same seeds, and never half made.
import { spawnSync } from "node:child_process";
import { createCipheriv, createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";

const repository = join(import.meta.dirname, "../..");
const work = mkdtempSync(join(tmpdir(), "ptar-bench-corpora-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Runs `script` with the exports of a file of bench/ in scope, in a Node of its own. */
function withExports(file: string, script: string) {
  const args = ["--input-type=module", "-e", `const it = await import("./bench/${file}"); const work = ${JSON.stringify(work)};\n${script}`];
  return spawnSync(process.execPath, args, { cwd: repository, encoding: "utf8" });
}

const sha256 = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

it("random bytes do not depend on the size of pieces", () => {
  const run = withExports("corpora/seeded.mjs", 'it.writeRandomFile(work + "/random", 5_000_000, "d1");');
  expect(run.stderr).toBe("");
  expect(statSync(join(work, "random")).size).toBe(5_000_000);
  const cipher = createCipheriv("aes-256-ctr", createHash("sha256").update("d1").digest(), Buffer.alloc(16));
  expect(readFileSync(join(work, "random")).equals(cipher.update(Buffer.alloc(5_000_000)))).toBe(true);
});

it("the second tar differs by 200 insertions", () => {
  writeFileSync(join(work, "first.tar"), Buffer.alloc(300_000, "archive "));
  const run = withExports("corpora/linux.mjs", 'it.copyWithInsertions(work + "/first.tar", work + "/second.tar", 200);');
  expect(run.stderr).toBe("");
  expect(statSync(join(work, "second.tar")).size).toBeGreaterThan(300_000 + 200 * 1000);
  expect(sha256(join(work, "second.tar"))).toBe("41d365b25887c6d11476b453613c3adaa0263d7fb433ce94668b3f33edba0dee");
});

it("one file in a hundred of the second copy is edited", () => {
  mkdirSync(join(work, "tree"));
  for (let i = 0; i < 1000; i++) writeFileSync(join(work, "tree", `${i}.c`), `int a${i};\n`.repeat(20));
  mkdirSync(join(work, "b"));
  const run = withExports("corpora/linux.mjs", 'it.copyEdited({ base: work, paths: ["tree"] }, work + "/b");');
  expect(run.stderr).toBe("");
  expect(readdirSync(join(work, "b/first/tree"))).toHaveLength(1000);
  const edited = readdirSync(join(work, "b/second/tree")).filter(
    (name) => sha256(join(work, "b/second/tree", name)) !== sha256(join(work, "tree", name)),
  );
  expect(edited.sort()).toEqual(["172.c", "223.c", "270.c", "544.c", "563.c", "664.c", "683.c", "858.c", "888.c"]);
});

it("a corpus that could not be finished is made again, and one that is there is not touched", () => {
  const run = withExports(
    "corpora/tree.mjs",
    `const { writeFileSync } = await import("node:fs");
     const make = (text, then) => { try { it.madeOnce(work + "/once", (at) => { writeFileSync(at + "/file", text); then(); }); } catch (error) { console.log(error.message); } };
     make("half", () => { throw new Error("no space"); });
     make("whole", () => undefined);
     make("again", () => undefined);`,
  );
  expect(run.stdout).toBe("no space\n");
  expect(readFileSync(join(work, "once/file"), "utf8")).toBe("whole");
  expect(readdirSync(work).filter((name) => name.includes("unfinished"))).toEqual([]);
});

it("a folder without the tree is an error that says so", () => {
  const run = withExports("corpora.mjs", 'it.loadCorpus("lin", { work, corpusDir: work });');
  expect(run.status).toBe(1);
  expect(run.stderr).toContain(`--corpus-dir ${work}: there is no linux-source-6.1 in it`);
});
