// The index of the vectors is sound, complete and what the generators give. spec/10-verify.md#codes
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { type ErrorCode, errorCodes } from "../../src/errors/codes.js";
import { frameTypes } from "../../src/format/frame.js";
import { parsePrivateKey } from "../../src/keys/private-key.js";
import { parsePublicLine } from "../../src/keys/public-line.js";
import { bytesOf, folder, native, vectors } from "./vectors.js";

const read = (path: string) => readFileSync(join(folder, path), "utf8");

/** Codes that verifying an archive cannot show: they are about files, keys, sources, targets, repositories and what a thin archive leaves out. */
const aboutOtherThings =
  /^PTAR_(IO|INTERNAL|USAGE|SOURCE|ARCHIVE|PATH|KEY_(INVALID|NOT)|PASSPHRASE_INVALID|SNAPSHOT_NOT|TARGET|TRUST_INVALID|INTERRUPTED|REPOSITORY|PACK|PREREQUISITE)/;

describe("index.json", () => {
  it("satisfies its schema", () => {
    const validate = new Ajv2020({ strict: true }).compile(JSON.parse(read("index.schema.json")));
    expect(validate(vectors), JSON.stringify(validate.errors)).toBe(true);
  });

  it("has enough vectors, each with a name of its own", () => {
    expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length);
    expect(vectors.filter(({ code }) => code === null).length).toBeGreaterThanOrEqual(25);
    expect(vectors.filter(({ code }) => code !== null).length).toBeGreaterThanOrEqual(150);
  });

  it("names the class of each code", () => {
    const names = { 4: "integrity", 5: "signature", 6: "trust", 8: "key", 9: "refused", 10: "unsupported" } as Readonly<Record<number, string>>;
    for (const { name, code, expect: named } of vectors) {
      const wanted = code === null ? /^(ok|incomplete)$/ : names[errorCodes[code as ErrorCode].exit];
      expect(named, name).toMatch(wanted ?? "no class");
    }
  });

  it("has at most eight archives of one code and anchor", () => {
    const files = new Map<string, Set<string>>();
    for (const { code, spec, file } of vectors) {
      if (code !== null) files.set(`${code} ${spec}`, (files.get(`${code} ${spec}`) ?? new Set()).add(file));
    }
    expect([...files].filter(([, { size }]) => size > 8)).toEqual([]);
  });

  it("has the flag of encryption on the rows with a key, and sealed archives without one", () => {
    for (const { name, key, flags } of vectors) expect(flags.includes("encryption"), name).toBe(key !== undefined);
    const sealed = vectors.filter((vector) => ((bytesOf(vector)[12] ?? 0) & 1) === 1);
    expect(sealed.filter(({ key }) => key === undefined).length).toBeGreaterThan(50);
    expect(sealed.filter(({ key }) => key !== undefined).length).toBeGreaterThan(50);
  });

  it("cites anchors that are there", () => {
    for (const { name, spec } of vectors) {
      const [file, anchor] = spec.split("#") as [string, string?];
      const chapter = readFileSync(join(folder, "../spec", file), "utf8");
      const anchors = Array.from(chapter.matchAll(/^#+ (.*)$/gm), ([, heading = ""]) => heading.toLowerCase().replaceAll(" ", "-"));
      if (anchor !== undefined) expect(anchors, name).toContain(anchor);
    }
  });

  it("has a vector for every code that an archive can show", () => {
    const shown = new Set(vectors.map(({ code }) => code));
    const missing = Object.keys(errorCodes).filter((code) => !shown.has(code) && !aboutOtherThings.test(code));
    expect(missing).toEqual([]);
  });

  it("has valid archives with every frame type", () => {
    const found = new Set(vectors.filter(({ code }) => code === null).flatMap((vector) => typesIn(bytesOf(vector))));
    const { timestamp, parity, ...known } = frameTypes;
    expect(Object.values(known).filter((type) => !found.has(type))).toEqual([]);
    expect(found).toContain(0xa5);
  });

  it("lists all archives of the folder", () => {
    const made = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ptar"));
    expect(made.map((path) => path.replaceAll("\\", "/")).sort()).toEqual([...new Set(vectors.map(({ file }) => file))].sort());
  });
});

describe("test keys", () => {
  it.each(["alice", "bob", "carol", "dora", "mallory"])("%s: both halves belong together and stand in the list", (name) => {
    const key = parsePrivateKey(read(`keys/${name}`), name, native.crypto);
    expect(parsePublicLine(read(`keys/${name}.pub`), name).publicKey).toEqual(key.publicKey);
    expect(key.seed).toEqual(native.crypto.sha256(new TextEncoder().encode(`PTAR test key ${name}`)));
    expect(key.comment).toMatch(/test-key.*protects-nothing/);
    expect(read("keys/fingerprints")).toContain(`${name} ${Buffer.from(key.publicKey).toString("hex")} SHA256:`);
  });
});

/** Frame types from the front of a sound archive. */
function typesIn(bytes: Uint8Array): number[] {
  const view = Buffer.from(bytes);
  const types: number[] = [];
  for (let at = 64; at < view.length; at += 32 + Number(view.readBigUInt64LE(at + 8))) types.push(view[at + 4] as number);
  return types;
}
