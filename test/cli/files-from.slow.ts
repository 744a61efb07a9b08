// ptar create --files-from, many sources, and what a snapshot has no room for.
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Place, place } from "./run.js";
import { document } from "./schema.js";

function tree(): Place {
  const made = place();
  mkdirSync(join(made.folder, "src/sub"), { recursive: true });
  for (const name of ["a", "b", "sub/c", "sub/d", "line\nend"]) writeFileSync(join(made.folder, "src", name), name);
  return made;
}

const listed = async ({ ptar }: Place, archive = "a.ptar") => (await ptar("list", archive)).stdout.trimEnd().split("\n");
const sourcesOf = async ({ ptar }: Place, archive = "a.ptar") =>
  (document("info", (await ptar("info", archive, "--json")).stdout) as unknown as { snapshots: { snapshot: { sources: object[] } }[] }).snapshots[0]
    ?.snapshot.sources;

describe("--files-from", () => {
  it("packs the paths of a list beside others, and the list stands as one source", async () => {
    const made = tree();
    writeFileSync(join(made.folder, "list.txt"), "src/sub/c\n\n./src/a\nsrc/a\n");
    const { code, stderr } = await made.ptar("create", "a.ptar", "--no-sign", "src/b", "--files-from", "list.txt");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(await listed(made)).toEqual(["src/", "src/a", "src/b", "src/sub/", "src/sub/c"]);
    expect(await sourcesOf(made)).toEqual([
      { kind: "files", label: "src/b" },
      { kind: "files", label: "list.txt" },
    ]);
  });

  it("reads names that end in NUL from standard input", async () => {
    const made = tree();
    await made.shell(
      "find src -type f -print0 | ptar create a.ptar --files-from - -0 --no-sign; find src -name 'line*' -print0 > l; ptar create b.ptar --null --files-from=l --no-sign",
    );
    expect(await listed(made)).toEqual(["src/", "src/a", "src/b", "src/line\\nend", "src/sub/", "src/sub/c", "src/sub/d"]);
    expect(await sourcesOf(made)).toEqual([{ kind: "files", label: "-" }]);
    expect(await listed(made, "b.ptar")).toEqual(["src/", "src/line\\nend"]);
  });

  it("takes names of any bytes", async () => {
    const made = tree();
    const { folder, shell } = made;
    for (const name of ["bad\xff", "bad\xfe", "\xc3(", "\xf0\x9f", "d\xe9/in"]) {
      const path = Buffer.from(`${folder}/src/${name}`, "latin1");
      if (name.includes("/")) mkdirSync(path.subarray(0, -3));
      writeFileSync(path, name);
    }
    await shell("find src -type f -print0 | ptar create a.ptar --files-from - -0 --no-sign && ptar extract a.ptar -C out");
    const { code, stdout } = await shell("diff -r src out/src && find out/src -mindepth 1 -maxdepth 1 -printf x | wc -c");
    expect({ code, stdout: stdout.trim() }).toEqual({ code: 0, stdout: String(readdirSync(join(folder, "src"), { encoding: "buffer" }).length) });
  });

  it("says list and line of what is wrong with a path, and leaves nothing behind", async () => {
    const made = tree();
    const { folder, shell } = made;
    writeFileSync(join(folder, "missing"), "src/a\n\nsrc/nope\n");
    writeFileSync(join(folder, "latin1"), Buffer.from("src/a\nsrc/\xe9\n", "latin1"));
    writeFileSync(join(folder, "nul"), "src/a\0src/b\0");
    const before = readdirSync(folder);
    const { stderr } = await shell("for list in missing latin1 nul none; do ptar create z.ptar --files-from $list --no-sign; echo $? >&2; done");
    expect(stderr.split("\n")).toEqual([
      "ptar: --files-from missing line 3: source src/nope: no such file or directory",
      "ptar: hint: check the spelling of the path",
      "7",
      "ptar: --files-from latin1 line 2: source src/\\u{dce9}: no such file or directory",
      "ptar: hint: check the spelling of the path",
      "7",
      "ptar: --files-from nul line 1: holds a NUL byte",
      "ptar: hint: add --null for a list whose paths end in NUL, as find -print0 writes it",
      "2",
      "ptar: --files-from none: no such file",
      "ptar: hint: check the spelling of the path",
      "7",
      "",
    ]);
    expect(readdirSync(folder)).toEqual(before);
  });

  it("names both of two places that give one name", async () => {
    const { folder, shell } = tree();
    mkdirSync(join(folder, "x/src"), { recursive: true });
    writeFileSync(join(folder, "x/src/a"), "another");
    writeFileSync(join(folder, "x/list"), "../src/a\n");
    const { code, stderr } = await shell("cd x; ptar create z.ptar src/a --files-from list --no-sign");
    expect(code).toBe(9);
    expect(stderr).toMatch(/^ptar: --files-from list line 1: sources src\/a and \.\.\/src\/a: both give the name src\n/);
  });

  it("makes an empty archive of an empty list, and says so", async () => {
    const made = tree();
    for (const more of ["", "--quiet"]) {
      const { code, stderr } = await made.shell(`ptar create a.ptar --files-from - --no-sign --force ${more} </dev/null`);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "ptar: the lists name nothing: the archive holds no entries\n" });
      expect((await made.ptar("list", "a.ptar")).stdout).toBe("");
    }
  });

  it("packs what find names, also where names end in CR or start with a byte order mark", async () => {
    const made = place();
    const { code, stdout } = await made.shell(
      [
        "mkdir crl bom; touch crl/x crl/$'x\\r' bom/x bom/$'\\ufeffx'",
        "find crl -type f | ptar create a.ptar --files-from - --quiet >/dev/null && ptar list a.ptar",
        "find crl -name 'x?' | ptar create b.ptar --files-from - --quiet >/dev/null && ptar list b.ptar",
        "cd bom; printf '\\ufeffx\\n' | ptar create c.ptar --files-from - --quiet >/dev/null && ptar list c.ptar",
      ].join("\n"),
    );
    const own = stdout.split("\n").filter((line) => !line.startsWith("ptar"));
    expect({ code, own }).toEqual({ code: 0, own: ["crl/", "crl/x", "crl/x\\r", "crl/", "crl/x\\r", "\\u{feff}x", ""] });
  });

  it("takes a list from Windows, with a byte order mark and CR in each line", async () => {
    const made = tree();
    writeFileSync(join(made.folder, "list.txt"), "\ufeffsrc/a\r\n\r\nsrc/sub/c\r\nsrc/b");
    expect((await made.ptar("create", "a.ptar", "--no-sign", "--files-from", "list.txt")).code).toBe(0);
    expect(await listed(made)).toEqual(["src/", "src/a", "src/b", "src/sub/", "src/sub/c"]);
    writeFileSync(join(made.folder, "mark"), "\ufeff\r\nsrc/none\r\n");
    expect((await made.ptar("create", "b.ptar", "--files-from", "mark")).stderr).toContain("mark line 2: source src/none: no such file");
  });

  it("says that CR belongs to a name where only some lines have it", async () => {
    const made = tree();
    writeFileSync(join(made.folder, "list.txt"), "src/a\r\nsrc/b\n");
    const { code, stderr } = await made.ptar("create", "a.ptar", "--files-from", "list.txt", "--no-sign");
    expect(code).toBe(7);
    expect(stderr).toMatch(/^ptar: --files-from list\.txt line 1: source src\/a\\r: no such file or directory\nptar: hint: the line ends in CR /);
  });

  it("refuses a second reader of standard input by whatever name, and no other", async () => {
    const made = tree();
    const { stderr } = await made.shell(
      "echo src/a | ptar create a.ptar --files-from /dev/stdin --exclude-from -; echo src/a | ptar create a.ptar --stdin-name x --exclude-from /proc/self/fd/0",
    );
    expect(stderr).toBe(
      "ptar: --files-from /dev/stdin and --exclude-from -: both read standard input, only one of them can be given\n" +
        "ptar: --exclude-from /proc/self/fd/0 and --stdin-name: both read standard input, only one of them can be given\n",
    );
    const both = "echo src/a > list; ptar create a.ptar --files-from list --exclude-from /dev/null --exclude-from /dev/null --no-sign";
    const outcome = await made.shell(`${both} < /dev/null && ptar create b.ptar --files-from list --exclude-from list --no-sign < list`);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
  });

  it("takes 20,000 lines", async () => {
    const made = place();
    mkdirSync(join(made.folder, "many"));
    const names = Array.from({ length: 20_000 }, (_, i) => `many/${i}`);
    for (const name of names) writeFileSync(join(made.folder, name), "");
    writeFileSync(join(made.folder, "list"), names.join("\n"));
    const created = document("create", (await made.ptar("create", "a.ptar", "--files-from", "list", "--no-sign", "--json")).stdout);
    expect(created).toMatchObject({ entries: 20_001, complete: true });
  });
});

describe("sources that a snapshot has no room for", () => {
  it("are refused before anything is read, with the hint to give a list", async () => {
    const { folder, shell } = tree();
    const { stderr } = await shell("cd src; touch $(seq 4097); ptar create z.ptar --no-sign $(seq 4097); echo $? >&2");
    expect(stderr).toMatch(/^ptar: sources: 4097 were given, a snapshot names at most 4096\nptar: hint: .*--files-from.*\n9\n$/);
    expect(readdirSync(join(folder, "src")).filter((name) => name.includes("ptar"))).toEqual([]);
  });

  it("are refused when their names are too long in sum", async () => {
    const { stderr, code } = await place().shell(
      'long=$(printf "%0200d/%0200d/%0200d" 0 0 0); mkdir -p $long; cd $long; touch $(seq 1700); cd ../../..; ptar create z.ptar --no-sign $(seq -f "$long/%.0f" 1700)',
    );
    expect(code).toBe(9);
    expect(stderr).toMatch(/^ptar: names of sources, tags, case and provenance: take \d+ bytes, at most 983040 expected\nptar: hint: .*--files-from/);
  });
});
