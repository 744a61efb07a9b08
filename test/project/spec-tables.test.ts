// The tables and examples of the spec say what the code does.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toHex } from "../../src/bytes/hex.js";
import { label } from "../../src/bytes/label.js";
import { profiles } from "../../src/chunking/gear.js";
import { codecs } from "../../src/compression/codecs.js";
import { errorCodes } from "../../src/errors/codes.js";
import { aboutText } from "../../src/format/about.js";
import { encodeFrameHeader, frameTypes } from "../../src/format/frame.js";
import { validateLock, validatePage } from "../../src/format/generated/validators.js";
import { magic } from "../../src/format/header.js";
import { shortKey } from "../../src/format/holdings.js";
import { idLabel, kinds } from "../../src/format/object.js";
import { repositoryKeyId } from "../../src/format/repository.js";
import { nativeCrypto } from "../../src/native/crypto.js";

const spec = join(import.meta.dirname, "../../spec");

/** Text of a section: from its heading to the next one. */
function section(chapter: string, heading: string): string {
  const text = readFileSync(join(spec, chapter), "utf8");
  const start = text.indexOf(`## ${heading}\n`);
  expect(start, `${chapter}: ${heading}`).toBeGreaterThan(-1);
  const end = text.indexOf("\n## ", start + 1);
  return text.slice(start, end < 0 ? undefined : end);
}

/** Cells of the rows of the first table of a section, without its head. */
function rows(chapter: string, heading: string): readonly (readonly string[])[] {
  const lines = section(chapter, heading)
    .split("\n")
    .filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}

const camel = (name: string) => name.toLowerCase().replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
const sha256 = (bytes: Uint8Array) => nativeCrypto.sha256(bytes);
const lock = { createdAt: "", ext: [], host: "h", operation: "prune", process: 1, type: "lock", user: "u" };
const kib = (text: string) => Number.parseInt(text, 10) * (text.endsWith("MiB") ? 1 << 20 : 1 << 10);

describe("the tables of the spec", () => {
  it("frame types", () => {
    expect(Object.fromEntries(rows("02-container.md", "Types").map(([type, name]) => [camel(name as string), Number(type)]))).toEqual(frameTypes);
  });

  it("object kinds and the labels of their ids", () => {
    const table = rows("04-object.md", "Kinds");
    expect(Object.fromEntries(table.map(([number, name]) => [name, Number(number)]))).toEqual(kinds);
    for (const [, name, , id] of table) expect(id).toContain(idLabel(name as keyof typeof kinds) ?? "SHA-256(bytes)");
  });

  it("codecs", () => {
    expect(Object.fromEntries(rows("03-block.md", "Codecs").map(([number, name]) => [name, Number(number)]))).toEqual(codecs);
  });

  it("the registry leaves free what is not assigned", () => {
    const free = Object.fromEntries(rows("18-security.md", "Registry").map(([what, , values]) => [what, values]));
    const next = (assigned: Readonly<Record<string, number>>) => Math.max(...Object.values(assigned)) + 1;
    expect(free).toMatchObject({
      "ancillary frame types": `0x${next(frameTypes).toString(16).toUpperCase()} to 0xFF`,
      codecs: `${next(codecs)} to 255`,
      "object kinds": `0 and ${next(kinds)} to 255`,
    });
  });

  it("the registry lists the labels of all chapters, and no other", () => {
    const labelsOf = (text: string, form: RegExp) => [...new Set(Array.from(text.matchAll(form), ([, name]) => name))].sort();
    const chapters = readdirSync(spec).filter((name) => /^\d\d-/.test(name) && name !== "18-security.md");
    const used = chapters.map((chapter) => readFileSync(join(spec, chapter), "utf8")).join("");
    expect(labelsOf(section("18-security.md", "Registry"), /`(ptar1\/[a-z-]+)`/g)).toEqual(labelsOf(used, /label\("(ptar1\/[a-z-]+)"\)/g));
  });

  it("chunker profiles", () => {
    const table = rows("03-block.md", "Chunks").map(([name, min, average, max, smallBits, largeBits]) => [
      name,
      {
        min: kib(min as string),
        average: kib(average as string),
        max: kib(max as string),
        smallBits: Number(smallBits),
        largeBits: Number(largeBits),
      },
    ]);
    expect(Object.fromEntries(table)).toEqual(profiles);
  });

  it("exit codes", () => {
    const documented = rows("10-verify.md", "Codes").map(([exit]) => Number(exit));
    for (const { exit } of Object.values(errorCodes)) expect(documented).toContain(exit);
  });
});

describe("the examples of the spec", () => {
  it("magic", () => {
    const spelled = rows("02-container.md", "Header")[0]?.[4] as string;
    expect(spelled.toLowerCase().replaceAll(" ", "")).toBe(toHex(magic));
  });

  it("sync of a frame", () => {
    const spelled = rows("02-container.md", "Frame")[0]?.[4] as string;
    const frame = encodeFrameHeader({ type: frameTypes.note, payloadLength: 0, number: 1 });
    expect(spelled.toLowerCase().replaceAll(" ", "")).toBe(toHex(frame.subarray(0, 4)));
  });

  it("a label", () => {
    expect(section("00-conventions.md", "Label")).toContain(`\`label("ptar1/page")\` is\n\`${toHex(label("ptar1/page"))}\``);
  });

  it("the key id of a repository", () => {
    const keyId = repositoryKeyId(sha256, new Uint8Array(32).fill(1), new Uint8Array(32).fill(2));
    expect(section("15-repository.md", "Secret")).toContain(`32 bytes \`01\` and a secret of 32 bytes \`02\` it is \`${toHex(keyId)}\`.`);
  });

  it("a short key", () => {
    const key = shortKey(sha256, new Uint8Array(16).fill(5), { kind: "page", id: new Uint8Array(32).fill(6) });
    const spelled = `a salt of 16 bytes \`05\`, kind ${kinds.page} and an id of 32 bytes \`06\` it is \`${toHex(key)}\`.`;
    expect(section("16-transfer.md", "Have-list")).toContain(spelled);
  });

  it("times", () => {
    const [claimed, ...nanoseconds] = Array.from(section("00-conventions.md", "Time").matchAll(/`"?([^`"a-z]+)"?`/g), ([, time]) => time);
    expect(validateLock({ ...lock, createdAt: claimed })).toBe(true);
    expect(nanoseconds.length).toBe(2);
    for (const mtime of nanoseconds)
      expect(validatePage({ entries: [{ item: { mtime, name: "a", type: "fifo" }, store: {} }], level: 0 }), mtime).toBe(true);
  });

  it("the ABOUT text", () => {
    const spelled = section("02-container.md", "About")
      .split("\n")
      .filter((line) => line.startsWith("    "))
      .map((line) => `${line.slice(4)}\n`);
    expect(spelled.join("")).toBe(aboutText);
  });
});
