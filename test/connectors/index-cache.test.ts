// Copies of indexes in files: private, replaced in one step, and never a reason to fail. spec/15-repository.md#index
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderIndexCache, indexCacheFolder } from "../../src/connectors/node/index-cache.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import { isRoot, newFolder, nobody } from "./folder.js";

const id = new Uint8Array(32).fill(0xab);
const name = `${"ab".repeat(32)}.index`;
const tag = "CACHEDIR.TAG";

async function* partsOf(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text);
}

async function readText(folder: string): Promise<string | undefined> {
  const file = await folderIndexCache(folder).read(id);
  if (file === undefined) return undefined;
  try {
    return new TextDecoder().decode(await file.read(0, file.length));
  } finally {
    await file.close();
  }
}

describe("the folder of copies", () => {
  it("follows XDG_CACHE_HOME, unless that is relative", () => {
    expect(indexCacheFolder({ XDG_CACHE_HOME: "/elsewhere/cache" })).toBe("/elsewhere/cache/ptar");
    expect(indexCacheFolder({ XDG_CACHE_HOME: "cache" })).toBe(join(homedir(), ".cache/ptar"));
    expect(indexCacheFolder({})).toBe(join(homedir(), ".cache/ptar"));
    expect(indexCacheFolder({ HOME: "/home/somebody" })).toBe("/home/somebody/.cache/ptar");
  });

  it.runIf(isRoot)("is none for somebody whom the computer does not know", () => {
    const script = `
      import { indexCacheFolder } from ${JSON.stringify(join(import.meta.dirname, "../../dist/connectors/node/index-cache.js"))};
      process.setuid(54321);
      delete process.env.HOME;
      console.log(String(indexCacheFolder({})));`;
    expect(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" })).toBe("undefined\n");
  });

  it("is made when it is needed, for its owner alone", async () => {
    const folder = join(newFolder(), "cache/ptar");
    expect(await readText(folder)).toBeUndefined();
    expect(existsSync(folder)).toBe(false);
    await folderIndexCache(folder).write(id, partsOf("one, ", "two"));
    expect(readFileSync(join(folder, name), "utf8")).toBe("one, two");
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder).toSorted()).toEqual([tag, name].toSorted());
  });

  it("is left out of backups, which know it by a file", async () => {
    const folder = newFolder();
    await folderIndexCache(folder).write(id, partsOf("text"));
    expect(readFileSync(join(folder, tag), "utf8")).toMatch(/^Signature: 8a477f597d28d172789f06886806bc55\n/);
    writeFileSync(join(folder, tag), "of somebody else");
    await folderIndexCache(folder).write(id, partsOf("text"));
    expect(readFileSync(join(folder, tag), "utf8")).toBe("of somebody else");
  });
});

describe("a copy", () => {
  it("is replaced by the next one, and read whole by who began before", async () => {
    const folder = newFolder();
    const cache = folderIndexCache(folder);
    await cache.write(id, partsOf("old"));
    const old = await cache.read(id);
    await cache.write(id, partsOf("new and longer"));
    expect(new TextDecoder().decode(await old?.read(0, 3))).toBe("old");
    await old?.close();
    expect(await readText(folder)).toBe("new and longer");
  });

  it("stays as it was when its parts fail, and nothing else is left", async () => {
    const folder = newFolder();
    const cache = folderIndexCache(folder);
    await cache.write(id, partsOf("old"));
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      throw new PtarError("PTAR_INTERRUPTED", "interrupted");
    }
    await expect(cache.write(id, failing())).rejects.toThrow("interrupted");
    expect(readdirSync(folder).toSorted()).toEqual([tag, name].toSorted());
    expect(await readText(folder)).toBe("old");
  });

  it("is not written where a file stands in place of the folder, and nobody is told", async () => {
    const file = join(newFolder(), "file");
    writeFileSync(file, "");
    await folderIndexCache(file).write(id, partsOf("text"));
    expect(await readText(file)).toBeUndefined();
  });

  it("is not written where something else has its name, and nothing is left", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, name));
    await folderIndexCache(folder).write(id, partsOf("text"));
    expect(await readText(folder)).toBeUndefined();
    expect(readdirSync(folder).toSorted()).toEqual([tag, name].toSorted());
  });

  it("is not written to a full disk", async () => {
    const folder = newFolder();
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 64; i++) yield new Uint8Array(1 << 20);
    };
    const script = `
      import { folderIndexCache } from ${JSON.stringify(join(import.meta.dirname, "../../dist/connectors/node/index-cache.js"))};
      await folderIndexCache(${JSON.stringify(folder)}).write(new Uint8Array(32), (${endless.toString()})());`;
    // EFBIG stands for all errors of a write; its signal is ignored by Node
    execFileSync("bash", ["-c", 'ulimit -f 1024; exec "$0" --input-type=module -e "$1"', process.execPath, script]);
    expect(readdirSync(folder)).toEqual([tag]);
  });

  it.runIf(isRoot)("is not read or written where that is not allowed", () => {
    const folder = newFolder();
    writeFileSync(join(folder, name), "secret");
    chmodSync(join(folder, name), 0o600);
    chmodSync(folder, 0o755);
    const script = `
      import { folderIndexCache } from ${JSON.stringify(join(import.meta.dirname, "../../dist/connectors/node/index-cache.js"))};
      process.setuid(${nobody});
      const cache = folderIndexCache(${JSON.stringify(folder)});
      const id = new Uint8Array(32).fill(0xab);
      await cache.write(id, (async function* () { yield new Uint8Array(3); })());
      console.log(String(await cache.read(id)));`;
    expect(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" })).toBe("undefined\n");
    expect(readdirSync(folder)).toEqual([name]);
  });

  it("is no fifo, no folder and no broken link", async () => {
    for (const make of [
      (path: string) => execFileSync("mkfifo", [path]),
      (path: string) => mkdirSync(path),
      (path: string) => symlinkSync("nowhere", path),
    ]) {
      const folder = newFolder();
      make(join(folder, name));
      expect(await readText(folder)).toBeUndefined();
    }
  });
});

describe("temporary files", () => {
  it("that were left an hour ago are removed, others are not", async () => {
    const folder = newFolder();
    const left = (file: string, minutes: number) => {
      writeFileSync(join(folder, file), "");
      const time = Date.now() / 1000 - 60 * minutes;
      utimesSync(join(folder, file), time, time);
    };
    left(`.${name}.aaaaaaaaaaaa.ptar-part`, 61);
    left(`.${name}.bbbbbbbbbbbb.ptar-part`, 59);
    left(`.${"cd".repeat(32)}.index.aaaaaaaaaaaa.ptar-part`, 61);
    left(`.${"cd".repeat(32)}.index.bbbbbbbbbbbb.ptar-part`, 59);
    left(`.${name}.notes`, 61);
    await folderIndexCache(folder).write(id, partsOf("text"));
    expect(readdirSync(folder).toSorted()).toEqual(
      [`.${"cd".repeat(32)}.index.bbbbbbbbbbbb.ptar-part`, `.${name}.bbbbbbbbbbbb.ptar-part`, `.${name}.notes`, tag, name].toSorted(),
    );
  });
});

describe("copies that nobody uses", () => {
  const other = `${"cd".repeat(32)}.index`;
  const days = (count: number) => Date.now() / 1000 - 86_400 * count;

  it("are removed after 90 days, other files are not", async () => {
    const folder = newFolder();
    const recent = `${"ef".repeat(32)}.index`;
    for (const [file, age] of [
      [other, 91],
      [recent, 89],
      ["notes.index", 91],
    ] as const) {
      writeFileSync(join(folder, file), "");
      utimesSync(join(folder, file), days(age), days(age));
    }
    await folderIndexCache(folder).write(id, partsOf("text"));
    expect(readdirSync(folder).toSorted()).toEqual([tag, name, recent, "notes.index"].toSorted());
  });

  it("are those that are not read either", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, name), "text");
    utimesSync(join(folder, name), days(89), days(89));
    expect(await readText(folder)).toBe("text");
    expect(statSync(join(folder, name)).mtimeMs / 1000).toBeGreaterThan(days(1));
    // not at each use: it need not be so exact
    utimesSync(join(folder, name), days(0.9), days(0.9));
    await readText(folder);
    expect(statSync(join(folder, name)).mtimeMs / 1000).toBeLessThan(days(0.8));
  });
});
