// A file that something is appended to: whole or not at all, by one program at a time.
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openArchiveUpdate } from "../../../../src/connectors/node/archive/archive-update.js";

let folder: string;
let path: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ptar-update-"));
  path = join(folder, "a.ptar");
  lock = `${path}.ptar-lock`;
  writeFileSync(path, "archive");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const tail = Buffer.from(" tail");
const failure = (of: Promise<unknown>) => of.then(undefined, (error: unknown) => error);

describe("an update", () => {
  it("appends, and tells the length before in a lock while it lasts", async () => {
    const update = await openArchiveUpdate(path);
    expect(update.lock).toBe(lock);
    expect(readFileSync(lock, "utf8")).toBe("7\n");
    expect(Buffer.from(await update.reader.read(0, 7)).toString()).toBe("archive");
    update.append(tail);
    expect(readFileSync(path, "utf8")).toBe("archive tail");
    expect(existsSync(lock)).toBe(true);
    await update.close();
    expect(readdirSync(folder)).toEqual(["a.ptar"]);
  });

  it("is refused while another lasts, by any name, and the hint undoes what that may leave", async () => {
    symlinkSync("a.ptar", join(folder, "link"));
    const update = await openArchiveUpdate(path);
    for (const name of [path, join(folder, "link")])
      expect(await failure(openArchiveUpdate(name))).toMatchObject({
        code: "PTAR_ARCHIVE_LOCKED",
        exitCode: 11,
        message: `archive ${name}: another ptar is changing it (${lock})`,
        hint: `wait for it, or remove the lock if that ptar was killed; then \`truncate -s 7 ${name}\` undoes what it may have left half-written`,
      });
    expect(existsSync(lock)).toBe(true);
    await update.close();
    await (await openArchiveUpdate(join(folder, "link"))).close();
    expect(readdirSync(folder).sort()).toEqual(["a.ptar", "link"]);
  });

  it("names a path in the hint as a shell takes it", async () => {
    const odd = join(folder, "it's; rm.ptar");
    writeFileSync(odd, "archive");
    writeFileSync(`${odd}.ptar-lock`, "3\n");
    const { hint } = (await failure(openArchiveUpdate(odd))) as { readonly hint: string };
    const command = /`(truncate .*)`/.exec(hint)?.[1] ?? "";
    execFileSync("sh", ["-c", command]);
    expect(readFileSync(odd, "utf8")).toBe("arc");
  });

  it.each(["", "seven\n", "7"])("does not give %j of a lock as a length", async (text) => {
    writeFileSync(lock, text);
    const error = await failure(openArchiveUpdate(path));
    expect(error).toMatchObject({ code: "PTAR_ARCHIVE_LOCKED", hint: "wait for it, or remove the lock if that ptar was killed" });
    expect(readFileSync(lock, "utf8")).toBe(text);
  });

  it("fails without a change when the file grew meanwhile", async () => {
    const update = await openArchiveUpdate(path);
    appendFileSync(path, "more");
    expect(() => update.append(tail)).toThrow(`archive ${path}: it changed while it was read`);
    await update.close();
    expect(readFileSync(path, "utf8")).toBe("archivemore");
  });

  it("fails without a change when another file got the name meanwhile, or none has it", async () => {
    const update = await openArchiveUpdate(path);
    renameSync(path, join(folder, "old"));
    expect(() => update.append(tail)).toThrow("(ENOENT)");
    writeFileSync(path, "another");
    expect(() => update.append(tail)).toThrow(`archive ${path}: it was replaced while it was read`);
    await update.close();
    expect([readFileSync(path, "utf8"), readFileSync(join(folder, "old"), "utf8")]).toEqual(["another", "archive"]);
  });

  it("leaves a lock that is not its own any more", async () => {
    const update = await openArchiveUpdate(path);
    rmSync(lock);
    const other = await openArchiveUpdate(path);
    await update.close();
    expect(readFileSync(lock, "utf8")).toBe("7\n");
    await other.close();
    expect(existsSync(lock)).toBe(false);
  });

  it("does not mind a lock that somebody has taken away", async () => {
    const update = await openArchiveUpdate(path);
    rmSync(lock);
    await update.close();
    expect(readdirSync(folder)).toEqual(["a.ptar"]);
  });
});

describe("what cannot be updated", () => {
  it.each([
    ["nothing", () => undefined, "PTAR_ARCHIVE_NOT_FOUND", "no such file"],
    ["a folder", (at: string) => mkdirSync(at), "PTAR_IO_FAILED", "is a directory"],
    ["a pipe", (at: string) => execFileSync("mkfifo", [at]), "PTAR_IO_FAILED", "is not a regular file"],
    ["a symlink to nothing", (at: string) => symlinkSync("nowhere", at), "PTAR_ARCHIVE_NOT_FOUND", "no such file"],
  ])("%s", async (_, make, code, problem) => {
    const at = join(folder, "other");
    make(at);
    expect(await failure(openArchiveUpdate(at))).toMatchObject({ code, message: `archive ${at}: ${problem}` });
    expect(readdirSync(folder).filter((name) => name.endsWith("lock"))).toEqual([]);
  });

  it("a file beside which no lock can stand", async () => {
    const long = join(folder, "x".repeat(250));
    writeFileSync(long, "archive");
    const error = await failure(openArchiveUpdate(long));
    expect(error).toMatchObject({ code: "PTAR_IO_FAILED", message: `lock ${long}.ptar-lock: the name is too long (ENAMETOOLONG)` });
    expect(error).toMatchObject({ hint: "it stands beside the archive while that is changed, and has to be made first" });
  });
});
