import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { factsOf } from "../../../../src/connectors/node/file-facts.js";
import { type FilesSourceOptions, filesSource } from "../../../../src/connectors/node/source/files-source.js";
import { type HeldDirectory, holdDirectory } from "../../../../src/connectors/node/source/held-directory.js";
import { readHoles } from "../../../../src/connectors/node/source/sparse-map.js";
import { runChild } from "../../child.js";
import { isRoot, latin1, newFolder, nobody } from "../../folder.js";
import { needs } from "../../programs.js";
import { entryNamed, eventsOf } from "../../source-conformance.js";
import { onlyPrograms, realProgram, standIn } from "../stand-in.js";

const root = newFolder();
let count = 0;
let folder: string;

beforeEach(() => {
  folder = join(root, String(count++), "tree");
  mkdirSync(folder, { recursive: true });
});
afterEach(() => vi.unstubAllEnvs());

const page = 4096;
/** Makes a file of `size` bytes with one byte of data at each of `offsets`. */
function sparse(name: string | Buffer, size: number, offsets: Iterable<number> = []): void {
  const fd = openSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name)]), "w");
  ftruncateSync(fd, size);
  for (const offset of offsets) writeSync(fd, "x", offset);
  closeSync(fd);
}
const itemsOf = async (names: readonly (string | Buffer)[], options: FilesSourceOptions = {}) => {
  const events = await eventsOf(filesSource(["."], { cwd: folder, ...options }));
  return names.map((name) => entryNamed(events, name).item);
};
const unknown = [{ name: "holes", value: "unknown" }];

// spec/05-page.md#holes
describe.runIf(process.platform === "linux" && needs("perl"))("holes", () => {
  it("are the ranges for which the file system keeps nothing", async () => {
    sparse("middle", 10_000_001, [5_000_000]);
    sparse("ends", 100 * page, [0, 100 * page - 1]);
    sparse(latin1("hole\n\xff"), page);
    const [middle, ends, hole] = await itemsOf(["middle", "ends", latin1("hole\n\xff")]);
    expect(middle?.holes).toEqual([
      { length: 1220 * page, offset: 0 },
      { length: 10_000_001 - 1221 * page, offset: 1221 * page },
    ]);
    expect(ends?.holes).toEqual([{ length: 98 * page, offset: page }]);
    expect(hole?.holes).toEqual([{ length: page, offset: 0 }]);
    expect(filesSource([folder]).captures).toContain("holes");
  });

  it("are absent from files without any, and from everything else", async () => {
    writeFileSync(join(folder, "full"), Buffer.alloc(page));
    writeFileSync(join(folder, "empty"), "");
    execFileSync("ln", ["-s", "full", join(folder, "link")]);
    for (const item of await itemsOf(["full", "empty", "link"])) {
      expect(item.holes).toBeUndefined();
      expect(item.attributes).toBeUndefined();
    }
  });

  it("are the largest 1,024 where there are more, of equal ones the first", async () => {
    // a page of data after each hole; every tenth hole is two pages long
    const holes = Array.from({ length: 9000 }, (_, i) => (i % 10 === 9 ? 2 * page : page));
    let end = 0;
    const offsets = holes.map((length) => {
      end += length + page;
      return end - page;
    });
    sparse("many", end, offsets);
    const [item] = await itemsOf(["many"]);
    const all = holes.map((length, i) => ({ length, offset: (offsets[i] as number) - length }));
    const long = all.filter(({ length }) => length > page);
    const short = all.filter(({ length }) => length === page).slice(0, 1024 - long.length);
    expect(item?.holes).toEqual([...long, ...short].sort((a, b) => a.offset - b.offset));
  });

  it("are looked for without moving the access time", async () => {
    sparse("f", 10 * page, [5 * page]);
    utimesSync(join(folder, "f"), 1_000_000_000, 1_000_000_000);
    const [item] = await itemsOf(["f"]);
    expect(item?.holes).toHaveLength(2);
    expect(statSync(join(folder, "f")).atimeMs).toBe(1_000_000_000_000);
  });

  it.runIf(isRoot)("are found in files of other people, and not known where these may not be read", () => {
    sparse("open", 2 * page, [0]);
    sparse("secret", 2 * page, [0]);
    chmodSync(join(folder, "secret"), 0o600);
    for (const path of [root, join(folder, ".."), folder]) chmodSync(path, 0o755);
    const ended = runChild(
      `import { filesSource } from "./src/connectors/node/source/files-source.ts";
      for await (const run of filesSource([process.argv[2]]).walk()) for (const { item } of run) if (item?.size) console.log(JSON.stringify([item.holes, item.attributes, item.errors]));`,
      { uid: nobody, args: [folder] },
    );
    const open = [[{ length: page, offset: page }], null, null];
    expect(ended).toEqual({ status: 0, stderr: "", stdout: `${JSON.stringify(open)}\n${JSON.stringify([null, unknown, null])}\n` });
  });

  it("are not known when the file changes meanwhile", async () => {
    sparse("a", 2 * page, [0]);
    sparse("b", 2 * page, [0]);
    standIn(join(folder, "../bin"), "perl", `chmod 600 ${folder}/a; exec $REAL "$@"`);
    const [a, b] = await itemsOf(["a", "b"]);
    expect([a?.holes, a?.attributes]).toEqual([undefined, unknown]);
    expect(b?.holes).toEqual([{ length: page, offset: page }]);
  });

  it("are not known, and nothing waits, when a fifo or a symlink takes the place of the file", async () => {
    for (const name of ["a", "b", "c"]) sparse(name, 2 * page, [0]);
    standIn(join(folder, "../bin"), "perl", `cd ${folder}; rm a b; mkfifo a; ln -s c b; exec $REAL "$@"`);
    const items = await itemsOf(["a", "b", "c"]);
    expect(items.map(({ attributes }) => attributes)).toEqual([unknown, unknown, undefined]);
  });

  it("of sources are those of the files that were listed, whatever directory takes the place of theirs meanwhile", async () => {
    for (const name of ["d", "e"]) mkdirSync(join(folder, name));
    sparse("d/f", 2 * page, [0]);
    sparse("e/f", 2 * page, [page]);
    standIn(join(folder, "../bin"), "perl", `cd ${folder}; swap() { mv d x; mv e d; mv x e; }; swap; $REAL "$@"; status=$?; swap; exit $status`);
    const events = await eventsOf(filesSource(["d/f", "e/f"], { cwd: folder }));
    const holes = events.flatMap((event) => (event.kind === "entry" ? [event.item.holes] : []));
    expect(holes).toEqual([[{ length: page, offset: page }], [{ length: page, offset: 0 }]]);
  });

  it("of many files are asked for in parts", async () => {
    for (let i = 0; i < 300; i++) sparse(`f${String(i).padStart(3, "0")}`, page);
    standIn(join(folder, "../bin"), "perl", `echo run >> ${folder}/../runs; exec $REAL "$@"`);
    const events = await eventsOf(filesSource(["."], { cwd: folder }));
    expect(events.filter((event) => event.kind === "entry" && event.item.holes?.length === 1)).toHaveLength(300);
    expect(readFileSync(join(folder, "../runs"), "utf8")).toBe("run\n".repeat(3));
  });

  it("are not known when there are too many to count", async () => {
    sparse("f", 20 * page, [page, 3 * page, 5 * page]);
    const held = holdDirectory(Buffer.from(folder), "refuse") as HeldDirectory;
    onTestFinished(held.close);
    const item = factsOf(lstatSync(join(folder, "f"), { bigint: true }));
    const entry = { folder: held, name: Buffer.from("f"), item, mayHaveHoles: true };
    const perl = realProgram("perl");
    expect((await readHoles([entry], perl, { maxRanges: 4 }))[0]).toHaveLength(4);
    expect(await readHoles([entry], perl, { maxRanges: 3 })).toEqual([undefined]);
  });

  const broken: readonly (readonly [string, string])[] = [
    ["is killed", "kill -9 $$"],
    ["says nothing", "exit 0"],
    ["breaks off", `$REAL "$@" | head -n 1`],
    ["does not come to its end", "echo 0+4096; echo 0+4096"],
    ["says too much", `$REAL "$@"; echo done`],
    ["says something else", "echo error; echo done"],
    ["gives a hole without length", "echo 0+0; echo done"],
    ["gives holes that touch", "echo 0+4096 4096+1; echo done"],
    ["gives holes out of order", "echo 4096+1 0+1; echo done"],
    ["gives a hole behind the end", "echo 8191+2; echo done"],
    ["gives more holes than an item has", "echo $(seq -s ' ' -f '%g+1' 0 2 2048); echo done"],
  ];
  it.each(broken)("are not known when perl %s", async (_, script) => {
    sparse("f", 2 * page, [0]);
    standIn(join(folder, "../bin"), "perl", script);
    const [item] = await itemsOf(["f"]);
    expect([item?.holes, item?.attributes, item?.errors]).toEqual([undefined, unknown, undefined]);
  });

  it("are not looked at without perl", async () => {
    sparse("f", 2 * page, [0]);
    onlyPrograms(join(folder, "../bin"), ["xargs"]);
    const [item] = await itemsOf(["f"]);
    expect([item?.holes, item?.attributes]).toEqual([undefined, undefined]);
    expect(filesSource([folder]).captures).not.toContain("holes");
  });

  it("are not looked at for a listing alone", async () => {
    sparse("f", 2 * page, [0]);
    const [item] = await itemsOf(["f"], { facts: "listing" });
    expect(item?.holes).toBeUndefined();
    expect(filesSource([folder], { facts: "listing" }).captures).not.toEqual(expect.arrayContaining(["holes"]));
  });
});
