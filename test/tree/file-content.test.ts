// The other digests of a file against its bytes, and what two names of one file have in common. spec/05-page.md#digests
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { toHex } from "../../src/bytes/hex.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import type { Entry, Item } from "../../src/format/generated/types.js";
import { contentsKey, fileContent } from "../../src/tree/file-content.js";
import type { ObjectReader } from "../../src/tree/object-io.js";
import { refusal } from "../container/refusal.js";
import { ObjectStore } from "./store.js";

const parts = ["first half, ", "second half\n"].map(toUtf8);
const digestOf = (algorithm: string) => parts.reduce((hash, part) => hash.update(part), createHash(algorithm)).digest("hex");
const all = { md5: digestOf("md5"), sha1: digestOf("sha1"), sha512: digestOf("sha512") };

/** A file of two chunks that are in `store`. */
function file(store: ObjectStore, facts: Partial<Item>): Entry {
  const chunks = parts.map((part) => ({ id: toHex(store.put("chunk", part)), length: part.length }));
  return { item: { name: "f", type: "file", size: 24, sha256: digestOf("sha256"), ...facts }, store: { chunks } };
}

async function lengthOf(objects: ObjectReader, entry: Entry, digests?: "sha256" | "listed"): Promise<number> {
  let length = 0;
  for await (const part of fileContent(objects, entry, digests)) length += part.length;
  return length;
}

describe("the other digests of a file", () => {
  it("are those of all its bytes, whatever computes them", async () => {
    const store = new ObjectStore();
    const entry = file(store, { digests: all });
    expect(await lengthOf(store, entry, "listed")).toBe(24);
    const portable: ObjectReader = { crypto: portableCrypto, limits: store.limits, get: (kind, id) => store.get(kind, id) };
    expect(await lengthOf(portable, entry, "listed")).toBe(24);
  });

  it.each(["md5", "sha1", "sha512"] as const)("are refused with another %s, after the last byte", async (algorithm) => {
    const store = new ObjectStore();
    const wrong = all[algorithm].replace(/^./, (digit) => (digit === "0" ? "1" : "0"));
    const sentence = `PTAR_FILE_DIGEST: file: its 24 bytes do not have the ${algorithm} ${wrong}`;
    for (const digests of [{ [algorithm]: wrong }, { ...all, [algorithm]: wrong }]) {
      const entry = file(store, { digests });
      expect(await refusal(() => lengthOf(store, entry, "listed"))).toBe(sentence);
      expect(await lengthOf(store, entry)).toBe(24);
    }
  });

  it("of a file without bytes are those of no bytes", async () => {
    const store = new ObjectStore();
    const sha256 = createHash("sha256").digest("hex");
    const empty = (md5: string): Entry => ({ item: { name: "f", type: "file", size: 0, sha256, digests: { md5 } }, store: {} });
    expect(await lengthOf(store, empty("d41d8cd98f00b204e9800998ecf8427e"), "listed")).toBe(0);
    expect(await refusal(() => lengthOf(store, empty(all.md5), "listed"))).toMatch(/^PTAR_FILE_DIGEST: file: its 0 bytes do not have the md5/);
  });
});

describe("the contents of a file", () => {
  const xattr = { code: "EIO", operation: "xattr" } as const;

  it("are its bytes when its extended attributes alone could not be read", async () => {
    const store = new ObjectStore();
    expect(await lengthOf(store, file(store, { errors: [xattr] }))).toBe(24);
    const gap = { code: "EIO", operation: "read", offset: 12, length: 6 } as const;
    const gapped = file(store, { size: 30, sha256: null, sha256Stored: digestOf("sha256"), errors: [gap, xattr] });
    expect(await lengthOf(store, gapped)).toBe(30);
  });

  it("are the same under two names unless digest, size, store or an error but of xattr differs", () => {
    const store = new ObjectStore();
    const plain = file(store, {});
    const same = [file(store, { errors: [xattr] }), file(store, { name: "g", mode: 0o600, digests: all, xattrs: [{ name: "user.a", value: "" }] })];
    for (const entry of same) expect(contentsKey(entry)).toBe(contentsKey(plain));
    const read = { code: "EIO", operation: "read", offset: 0, length: 6 } as const;
    const lost: Partial<Item> = { sha256: null, sha256Stored: digestOf("sha256"), errors: [read] };
    const others = [
      file(store, { sha256: "ab".repeat(32) }),
      file(store, { size: 25 }),
      { ...plain, store: {} },
      file(store, lost),
      file(store, { ...lost, sha256Stored: "ab".repeat(32) }),
      file(store, { ...lost, errors: [{ ...read, length: 7 }] }),
    ];
    expect(new Set([plain, ...others].map(contentsKey)).size).toBe(7);
  });
});

describe("a range that could not be read and is longer than anybody waits for", () => {
  const length = 2 ** 43;
  const gap = { size: length, sha256: null, errors: [{ code: "EIO", operation: "read", offset: 0, length }] } as const;
  const entry: Entry = { item: { name: "f", type: "file", ...gap }, store: {} };

  it("leaves room for timers and signals", async () => {
    let fired = false;
    setTimeout(() => {
      fired = true;
    }, 1);
    for await (const _ of fileContent(new ObjectStore(), entry)) if (fired) break;
    expect(fired).toBe(true);
  });

  it("is not written out for who only checks digests", async () => {
    expect(await lengthOf(new ObjectStore(), entry, "listed")).toBe(0);
  });
});
