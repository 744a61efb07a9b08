// Files of a repository that are no archives: the description, marks, the lock; and the id of its key. spec/15-repository.md#layout
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { canonicalBytes, type JsonValue } from "../../src/bytes/canonical-json.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import type { Lock, Mark, Repository } from "../../src/format/generated/types.js";
import { limits } from "../../src/format/limits.js";
import { decodeLock, encodeLock } from "../../src/format/lock.js";
import { decodeMark, encodeMark } from "../../src/format/mark.js";
import { decodeRepository, encodeRepository, repositoryKeyId } from "../../src/format/repository.js";
import { refusal } from "../container/refusal.js";
import { samples } from "./samples.js";

const sample = <T>(name: string) => samples.find(([found]) => found === name)?.[2] as T;
const repository = sample<Repository>("repository");
const mark = sample<Mark>("mark");
const lock = sample<Lock>("lock");
const name = `${"ab".repeat(32)}.json`;

const files: readonly (readonly [subject: string, decode: (bytes: Uint8Array) => unknown, document: object, most: number])[] = [
  ["ptar-repository.json", (bytes) => decodeRepository(bytes, limits), repository, 65536],
  [`marks/${name}`, (bytes) => decodeMark(bytes, name, limits), mark, 16777216],
  ["locks/prune.json", (bytes) => decodeLock(bytes, limits), lock, 4096],
];

describe.each(files)("%s", (subject, decode, document, most) => {
  const refused = (change: object) => refusal(() => decode(canonicalBytes({ ...document, ...change } as JsonValue)));
  /** The document in exactly `length` bytes: an extension that nobody knows fills them. */
  const ofLength = (length: number) => {
    const sized = (data: string) => canonicalBytes({ ...document, ext: [{ critical: false, data, id: "a" }] } as JsonValue);
    return sized("A".repeat(length - sized("").length));
  };

  it("is what was encoded", () => expect(decode(canonicalBytes(document as JsonValue))).toEqual(document));

  it("in another form, or with a foreign member, is no file of a repository", async () => {
    const text = new TextDecoder().decode(canonicalBytes(document as JsonValue));
    for (const other of [` ${text}`, `${text}\n`, "", "{"]) {
      expect(await refusal(() => decode(toUtf8(other)))).toMatch(`PTAR_REPOSITORY_INVALID: ${subject}: `);
    }
    expect(await refused({ zz: 1 })).toBe(`PTAR_REPOSITORY_INVALID: ${subject}: document must NOT have additional properties ("zz")`);
    expect(await refused({ type: "manifest" })).toMatch(`PTAR_REPOSITORY_INVALID: ${subject}: /type `);
  });

  it("with a critical extension needs a newer program", async () => {
    const ext = [{ critical: true, data: "", id: "a" }];
    expect(await refused({ ext })).toBe(`PTAR_UNSUPPORTED_EXTENSION: ${subject}: unknown critical extension a`);
  });

  it(`has at most ${most} bytes`, async () => {
    // lengths of base64url leave a remainder of 1 out
    const long = [most, most - 1].find((length) => (length - ofLength(1000).length) % 4 !== 1) as number;
    expect(await refusal(() => decode(ofLength(long)))).not.toContain("limit");
    expect(await refusal(() => decode(ofLength(most + 1)))).toBe(`PTAR_REPOSITORY_INVALID: ${subject}: ${most + 1} bytes, limit ${most}`);
  });
});

describe("a description", () => {
  it("that is not there makes no repository", async () => {
    expect(await refusal(() => decodeRepository(undefined, limits))).toBe("PTAR_REPOSITORY_NOT_FOUND: repository: there is no ptar-repository.json");
  });

  it.each<readonly [string, Partial<Repository>]>([
    ["a pack size under 1 MiB", { packSize: 1048575 }],
    ["a pack size over 4 GiB", { packSize: 4294967297 }],
    ["another format", { format: "ptar2" as "ptar1" }],
    ["a key id of 15 bytes", { keyId: "ab".repeat(15) }],
    ["a key id of 32 bytes", { keyId: "ab".repeat(32) }],
  ])("with %s is refused", async (_what, change) => {
    expect(() => encodeRepository({ ...repository, ...change })).toThrow(TypeError);
    expect(await refusal(() => decodeRepository(canonicalBytes({ ...repository, ...change } as JsonValue), limits))).toMatch(
      "PTAR_REPOSITORY_INVALID",
    );
  });

  it("may be of a plain repository, with packs of 1 MiB or 4 GiB", () => {
    for (const change of [{ keyId: null }, { packSize: 1048576 }, { packSize: 4294967296 }]) {
      const changed = { ...repository, ...change };
      expect(decodeRepository(encodeRepository(changed), limits)).toEqual(changed);
    }
  });

  it.each([
    ["a min over the average", { min: 2, average: 1, max: 3 }],
    ["an average over the max", { min: 1, average: 3, max: 2 }],
    ["a max over the limit of a chunk", { min: 1, average: 2, max: 8388609 }],
  ])("with %s is refused", async (_what, chunker) => {
    const bytes = encodeRepository({ ...repository, chunker: { ...chunker, name: "gear1" } });
    const { min, average, max } = chunker;
    expect(await refusal(() => decodeRepository(bytes, limits))).toBe(
      `PTAR_REPOSITORY_INVALID: ptar-repository.json: chunks of ${min}, ${average} and ${max} bytes, expected increasing and at most 8388608`,
    );
  });

  it("may have chunks of one length, up to the limit", () => {
    const chunker = { min: 8388608, average: 8388608, max: 8388608, name: "gear1" } as const;
    expect(decodeRepository(encodeRepository({ ...repository, chunker }), limits).chunker).toEqual(chunker);
  });
});

describe("a mark", () => {
  const a = "0a".repeat(32);
  const b = "a0".repeat(32);
  const decode = (packs: readonly string[]) => refusal(() => decodeMark(canonicalBytes({ ...mark, packs }), name, limits));

  it("names packs in order, each once, and one at least", async () => {
    expect(await decode([a, b])).toBe("nothing was refused");
    for (const packs of [
      [b, a],
      [a, a],
    ])
      expect(await decode(packs)).toBe(`PTAR_REPOSITORY_INVALID: marks/${name}: packs are not sorted, or one stands there twice`);
    expect(await decode([])).toMatch("PTAR_REPOSITORY_INVALID");
  });

  it("of as many packs as there may be is shorter than its limit", () => {
    const packs = Array.from({ length: 200000 }, (_, i) => i.toString(16).padStart(64, "0"));
    expect(encodeMark({ ...mark, packs }).length).toBeLessThan(limits.markBytes);
    expect(() => encodeMark({ ...mark, packs: [...packs, b] })).toThrow(TypeError);
  });
});

describe("a lock", () => {
  it("is never written when its schema forbids it", () => {
    expect(decodeLock(encodeLock(lock), limits)).toEqual(lock);
    expect(() => encodeLock({ ...lock, process: -1 })).toThrow();
    expect(() => encodeLock({ ...lock, operation: "backup" as "prune" })).toThrow(TypeError);
  });
});

describe("the key id of a repository", () => {
  it("follows from its id and secret under a label of its own", () => {
    const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash("sha256").update(bytes).digest());
    const id = new Uint8Array(32).fill(1);
    const secret = new Uint8Array(32).fill(2);
    const expected = createHash("sha256").update("ptar1/key-id\0\0\0\0").update(id).update(secret).digest().subarray(0, 16);
    expect(Buffer.from(repositoryKeyId(sha256, id, secret))).toEqual(expected);
    // the example of the chapter
    expect(expected.toString("hex")).toBe("848ac16f5403dd1fc92c46a6309ab36f");
    expect(secret).toEqual(new Uint8Array(32).fill(2));
  });

  it("leaves no copy of the secret behind", () => {
    const hashed: Uint8Array[] = [];
    const sha256 = (bytes: Uint8Array) => {
      hashed.push(bytes);
      return new Uint8Array(32);
    };
    repositoryKeyId(sha256, new Uint8Array(32), new Uint8Array(32).fill(9));
    expect(hashed.map((bytes) => bytes.every((byte) => byte === 0))).toEqual([true]);
  });
});
