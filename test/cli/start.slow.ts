// What the program reads before it does what it was asked for. spec/01-overview.md
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { writerName } from "../../src/archive/version.js";
import { commands } from "../../src/cli/commands.js";
import { parseCommandLine } from "../../src/cli/parse.js";
import { place, root } from "./run.js";

const program = join(root, "dist/cli");
const marker = /^\/\/ ((?:src|node_modules)\/\S+|Generated from spec\/schemas\/)/gm;

/** Sources whose code a file of the program holds; the bundler names each above its code. */
function sourcesIn(path: string): readonly string[] {
  return [...readFileSync(path, "utf8").matchAll(marker)].map(([, source]) => String(source));
}

/** What `ptar` with `args` printed, and the sources of all files that it read. */
async function traced(args: string): Promise<{ readonly stdout: string; readonly sources: readonly string[] }> {
  const { folder, shell } = place();
  const list = join(folder, "urls");
  const hook = `import { appendFileSync } from "node:fs";
export function load(url, context, next) { appendFileSync(${JSON.stringify(list)}, url + "\\n"); return next(url, context); }`;
  const url = `data:text/javascript,${encodeURIComponent(hook)}`;
  writeFileSync(join(folder, "trace.mjs"), `import { register } from "node:module";\nregister(${JSON.stringify(url)});\n`);
  const { stdout } = await shell(`ptar ${args}`, { NODE_OPTIONS: `--no-warnings --import ${join(folder, "trace.mjs")}` });
  const files = readFileSync(list, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("file:"));
  return { stdout, sources: files.flatMap((file) => sourcesIn(fileURLToPath(file))) };
}

/** `paths` that do not start with one of `starts`. */
function others(paths: readonly string[], ...starts: readonly string[]): readonly string[] {
  return paths.filter((path) => !starts.some((start) => path.startsWith(start)));
}

describe("the program reads", () => {
  it("no more than the version for --version", async () => {
    const { stdout, sources } = await traced("--version");
    expect(stdout).toBe(`${writerName.version}\n`);
    expect(sources).toEqual(expect.arrayContaining(["src/cli/main.ts", "src/archive/version.ts"]));
    expect(others(sources, "src/cli/main.", "src/archive/version.")).toEqual([]);
  });

  it("no yargs for completions", async () => {
    const { stdout, sources } = await traced("--get-yargs-completions ptar ver");
    expect(stdout).toBe("verify\n");
    expect(sources).toContain("src/cli/commands.ts");
    expect(others(sources, "src/")).toEqual([]);
  });

  it("neither validators, codecs nor crypto for --help", async () => {
    const { sources } = await traced("--help");
    expect(sources).toContain("node_modules/yargs/build/lib/yargs-factory.js");
    expect(
      others(sources, "src/cli/", "src/keys/", "src/errors/", "src/bytes/", "src/connectors/node/", "src/archive/version.", "node_modules/"),
    ).toEqual([]);
    expect(sources.filter((path) => /@noble|@scure|age-encryption|fflate|streamx|string-width/.test(path))).toEqual([]);
  });

  it("validators once an archive is opened, but nothing for sealed ones or of other commands", async () => {
    const { folder, ptar } = place();
    writeFileSync(join(folder, "a"), "a");
    await ptar("create", "a.ptar", "--no-sign", "a");
    const { stdout, sources } = await traced(`list ${join(folder, "a.ptar")}`);
    expect(stdout).toBe("a\n");
    expect(sources).toContain("Generated from spec/schemas/");
    expect(sources.filter((path) => /age-encryption|post-quantum|cli\/report|archive\/create|archive\/extract/.test(path))).toEqual([]);
  });
});

describe("--version", () => {
  it("fails with a sentence when it cannot be written, and is quiet when nobody reads", async () => {
    const { shell } = place();
    const full = await shell("ptar --version >/dev/full");
    expect(full).toEqual({ code: 1, stdout: "", stderr: expect.stringMatching(/^ptar: standard output: the disk is full \(ENOSPC\)\n/) });
    const closed = await shell("{ sleep 0.2; ptar --version; echo $? >&2; } | true");
    expect(closed.stderr).toBe("0\n");
  });
});

describe("the bundled program", () => {
  it.each(["", ...commands.map(({ usage }) => usage.replace(/ .*/, ""))])("prints the help of ptar %s as it is written", async (name) => {
    const words = name === "" ? [] : [name];
    const parsed = await parseCommandLine([...words, "--help"], commands, writerName.version);
    const { stdout } = await place().ptar(...words, "--help");
    expect("text" in parsed && `${parsed.text}\n`).toBe(stdout);
  });

  it("knows the sentences of yargs that are not its own", async () => {
    const { ptar } = place();
    expect((await ptar("list", "a", "--nope", "--nix")).stderr).toContain("ptar: unknown arguments --nope, --nix\n");
    expect((await ptar("trust", "frob")).stderr).toContain("ptar: unknown argument frob\n");
  });

  it("carries the license of every package whose code it holds", () => {
    const files = readdirSync(program).filter((name) => name.endsWith(".js"));
    const sources = files.flatMap((name) => sourcesIn(join(program, name)));
    const folders = new Set(sources.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []));
    expect(folders).toContain("node_modules/yargs");
    const licenses = readFileSync(join(program, "LICENSES.txt"), "utf8");
    for (const folder of folders) {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
      expect(licenses).toContain(`\n${name} ${version} (${license})\n`);
    }
    expect(licenses.match(/Copyright|copyright/g)?.length).toBeGreaterThanOrEqual(folders.size);
  });

  it("has its worker beside the folder that all of its files are in", () => {
    expect(readdirSync(program, { withFileTypes: true }).filter((entry) => entry.isDirectory())).toEqual([]);
    expect(existsSync(join(program, "../node-worker.js"))).toBe(existsSync(join(root, "src/node-worker.ts")));
  });
});
