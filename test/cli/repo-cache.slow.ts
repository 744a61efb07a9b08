// Copies of indexes from the command line: used, followed, and never a reason to fail. spec/15-repository.md#index
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Place, place, root } from "./run.js";

const prepare = `
  mkdir data && echo one > data/a && head -c 300000 /dev/urandom > data/b
  ptar keygen 2>/dev/null
`;

async function prepared(script = "ptar repo init r"): Promise<Place> {
  const here = place();
  await succeeds(here, `${prepare}\n${script}\nptar repo backup r data`);
  return here;
}

async function succeeds(here: Place, script: string, env?: Readonly<Record<string, string>>): Promise<string> {
  const { code, stdout, stderr } = await here.shell(`set -e\n${script}`, env);
  expect(code, stderr).toBe(0);
  return stdout;
}

const cacheOf = (here: Place) => join(here.folder, ".cache/ptar");
const copiesOf = (here: Place) => (existsSync(cacheOf(here)) ? readdirSync(cacheOf(here)).filter((name) => name.endsWith(".index")) : []);

/** The whole of it works: what is there is read, nothing is stored twice, what is new is found. */
async function expectSound(here: Place): Promise<void> {
  const stdout = await succeeds(
    here,
    `packs=$(ls r/packs | wc -l)
     ptar repo backup r data
     ls r/packs | wc -l | grep -qx "$packs"
     rm -rf out && ptar extract r -C out && diff -r data out/data
     ptar repo check r --level deep --json`,
  );
  expect(JSON.parse(stdout.slice(stdout.indexOf("{")))).toMatchObject({ problemCount: 0 });
}

describe("the copy of an index", () => {
  test("stands in the cache folder, and is used instead of index archives", async () => {
    const here = await prepared();
    await succeeds(here, "ptar repo snapshots r");
    expect(copiesOf(here)).toHaveLength(1);
    // nobody looks into index archives that the copy has
    const [only] = readdirSync(join(here.folder, "r/index"));
    const path = join(here.folder, "r/index", only as string);
    const bytes = readFileSync(path);
    chmodSync(path, 0o600);
    writeFileSync(path, bytes.fill(0));
    await succeeds(here, "ptar repo snapshots r");
    for (const env of [{}, { PTAR_NO_CACHE: "1" }]) expect((await here.shell("ptar repo check r --level standard", env)).code).toBe(10);
    expect((await here.shell("ptar repo snapshots r", { PTAR_NO_CACHE: "1" })).code).toBe(10);
    await succeeds(here, "ptar repo snapshots r", { PTAR_NO_CACHE: "" });
  });

  test("is neither read nor written where PTAR_NO_CACHE says so", async () => {
    const here = place();
    await succeeds(here, `${prepare}\nptar repo init r\nptar repo backup r data\nptar repo snapshots r`, { PTAR_NO_CACHE: "1" });
    expect(copiesOf(here)).toEqual([]);
  });

  test.each([
    ["deleted", (path: string) => rmSync(path)],
    ["cut", (path: string) => truncateSync(path, Math.floor(statSync(path).size / 2))],
    ["changed", (path: string) => writeFileSync(path, readFileSync(path).fill(7, 120, 160))],
    [
      "a folder",
      (path: string) => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
  ] as const)("that is %s is no problem", async (_what, spoil) => {
    const here = await prepared();
    await succeeds(here, "ptar repo snapshots r");
    spoil(join(cacheOf(here), copiesOf(here)[0] as string));
    await expectSound(here);
  });

  test("of another repository in its place is no problem", async () => {
    const here = await prepared();
    await succeeds(here, "ptar repo init s && ptar repo backup s data/a && ptar repo snapshots r && ptar repo snapshots s");
    const [one, two] = copiesOf(here).map((name) => join(cacheOf(here), name)) as [string, string];
    const kept = readFileSync(one);
    copyFileSync(two, one);
    writeFileSync(two, kept);
    await expectSound(here);
  });

  test("that cannot be written is no problem", async () => {
    const here = await prepared("mkdir .cache && echo > .cache/ptar\nptar repo init r");
    await expectSound(here);
    expect(readFileSync(cacheOf(here), "utf8")).toBe("\n");
  });

  test("follows backups, imports, syncs, forgetting and pruning of others, who have a cache of their own or none", async () => {
    const here = await prepared();
    const others = ["PTAR_NO_CACHE=1", `XDG_CACHE_HOME="$PWD/other"`];
    for (const [round, other] of others.entries()) {
      await succeeds(
        here,
        `other() { env ${other} "$NODE" "$PTAR" "$@"; }
         ptar repo snapshots r
         head -c 200000 /dev/urandom > data/b
         other repo backup r data
         ptar create x${round}.ptar data/a && other repo import r x${round}.ptar
         other repo init s${round} && other repo backup s${round} data/b && other repo sync s${round} r
         ptar repo snapshots r | wc -l
         other repo forget r --keep-last 1 && other repo prune r --grace 0
         ptar repo snapshots r`,
        { NODE: process.execPath, PTAR: join(root, "bin/ptar.js") },
      );
      await expectSound(here);
    }
  });

  test("of an encrypted repository is sealed", async () => {
    const here = place();
    await succeeds(here, `${prepare}\nptar repo init r --passphrase\nptar repo backup r data\nptar repo snapshots r`, {
      PTAR_PASSPHRASE: "correct horse battery staple and more",
    });
    const bytes = readFileSync(join(cacheOf(here), copiesOf(here)[0] as string));
    const packs = readdirSync(join(here.folder, "r/packs")).map((name) => Buffer.from(name.slice(0, 64), "hex"));
    expect(packs.length).toBeGreaterThan(0);
    for (const name of packs) expect(bytes.includes(name)).toBe(false);
  });
});
