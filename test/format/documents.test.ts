// Documents beyond their schemas: extensions, declared facts, envelopes. spec/00-conventions.md#extensions, spec/08-manifest.md
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalBytes, type JsonValue } from "../../src/bytes/canonical-json.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { decodeCatalogue } from "../../src/format/catalogue.js";
import type { CaptureClass, Content, Manifest, SealedManifest, Snapshot } from "../../src/format/generated/types.js";
import { decodeInventory } from "../../src/format/inventory.js";
import { decodeManifest, encodeManifest } from "../../src/format/manifest.js";
import { decodeSealedManifest, encodeSealedManifest } from "../../src/format/sealed-manifest.js";
import { captureClasses, decodeContent, decodeSnapshot, encodeContent, encodeSnapshot } from "../../src/format/snapshot.js";
import { decodeArchiveStatement, decodeSnapshotStatement, encodeBody, encodeEnvelope, preAuthentication } from "../../src/format/statement.js";
import { refusal } from "../container/refusal.js";
import { samples } from "./samples.js";

const sample = <T>(name: string) => samples.find(([found]) => found === name)?.[2] as T;
const manifest: Manifest = { ...sample<Manifest>("manifest"), requires: [] };
const snapshot = sample<Snapshot>("snapshot");
const content = sample<Content>("content");
const hex = "cd".repeat(32);
const classes = (...some: readonly CaptureClass[]): Pick<Snapshot, "captured"> => ({ captured: { classes: some, profile: "evidence" } });
const signature = new Uint8Array(64).fill(3);

const decoders: readonly (readonly [name: string, decode: (bytes: Uint8Array) => unknown, document: JsonValue])[] = [
  ["manifest", decodeManifest, manifest as JsonValue],
  ["sealed manifest", decodeSealedManifest, sample<JsonValue>("sealed-manifest")],
  ["snapshot", decodeSnapshot, snapshot as JsonValue],
  ["content", decodeContent, content as JsonValue],
  ["catalogue", (bytes) => decodeCatalogue(bytes, "sealed"), sample<JsonValue>("catalogue")],
  ["inventory", decodeInventory, sample<JsonValue>("inventory")],
  ["archive statement", (bytes) => decodeArchiveStatement(encodeEnvelope(signature, bytes)), sample<JsonValue>("archive-statement")],
  ["snapshot statement", (bytes) => decodeSnapshotStatement(encodeEnvelope(signature, bytes)), sample<JsonValue>("snapshot-statement")],
];

describe.each(decoders)("%s", (name, decode, document) => {
  const refused = (value: JsonValue) => refusal(() => decode(canonicalBytes(value)));
  const extended = (...ext: JsonValue[]) => ({ ...(document as object), ext }) as JsonValue;
  const extension = (id: string, critical = false, data = "AA") => ({ critical, data, id });

  it("is accepted in its canonical form, with extensions that nobody knows", async () => {
    expect(await refused(document)).toBe("nothing was refused");
    expect(await refused(extended(extension("a"), extension("b/c")))).toBe("nothing was refused");
  });

  it("is refused in any other form", async () => {
    const text = new TextDecoder().decode(canonicalBytes(document));
    for (const other of [` ${text}`, `${text}\n`, `\ufeff${text}`, text.replace('"ext":', '"ext": '), text.replace("{", '{"a":1,"a":1,'), "{"])
      expect(await refusal(() => decode(toUtf8(other)))).toMatch(`PTAR_DOCUMENT_NOT_CANONICAL: ${name}: `);
    expect(await refusal(() => decode(Uint8Array.of(0xff)))).toBe(`PTAR_DOCUMENT_NOT_CANONICAL: ${name}: is not UTF-8`);
  });

  it("is refused with a foreign member, which is named", async () => {
    expect(await refused({ ...(document as object), zz: 1 } as JsonValue)).toMatch(
      new RegExp(`^PTAR_DOCUMENT_INVALID: ${name}: document must NOT have additional properties \\("zz"\\)`),
    );
  });

  it.each([
    ["critical", [extension("a", true)], "PTAR_UNSUPPORTED_EXTENSION", "unknown critical extension a"],
    ["out of order", [extension("b"), extension("a")], "PTAR_DOCUMENT_INVALID", "extensions are not sorted"],
    ["twice", [extension("a"), extension("a")], "PTAR_DOCUMENT_INVALID", "extensions are not sorted"],
    ["with trailing bits", [extension("a", false, "AB")], "PTAR_DOCUMENT_INVALID", "data of extension a is not base64url"],
    ["with a length that base64url has not", [extension("a", false, "A")], "PTAR_DOCUMENT_INVALID", "data of extension a is not base64url"],
  ])("is refused with an extension %s", async (_what, ext, code, sentence) => {
    expect(await refused(extended(...ext))).toBe(`${code}: ${name}: ${sentence}`);
  });
});

describe("a manifest", () => {
  it("encodes to what it was decoded from", () => {
    expect(encodeManifest(decodeManifest(encodeManifest(manifest)))).toEqual(encodeManifest(manifest));
  });

  it("is never written when its schema forbids it", () => {
    expect(() => encodeManifest({ ...manifest, generation: 0 })).toThrow(TypeError);
  });

  it.each<readonly [string, Partial<Manifest>, string]>([
    ["a feature that is required and unknown", { requires: ["time-travel"] }, "PTAR_UNSUPPORTED_FEATURE: manifest: requires time-travel"],
    ["a signer declared twice", { signers: [hex, hex] }, "PTAR_DOCUMENT_INVALID: manifest: a signer is declared twice"],
    [
      "a snapshot listed twice",
      {
        snapshots: [
          { id: hex, statements: [] },
          { id: hex, statements: [hex] },
        ],
      },
      "PTAR_DOCUMENT_INVALID: manifest: a snapshot is listed twice",
    ],
    [
      "a subject and a snapshot",
      { subject: { id: hex, kind: "inventory" } },
      "PTAR_MANIFEST_MISMATCH: manifest: has the subject inventory, and lists 1 snapshots",
    ],
  ])("with %s is refused", async (_what, change, sentence) => {
    expect(await refusal(() => decodeManifest(canonicalBytes({ ...manifest, ...change } as JsonValue)))).toBe(sentence);
  });
});

describe("a sealed manifest", () => {
  const sealed = sample<SealedManifest>("sealed-manifest");
  const decode = (change: object) => refusal(() => decodeSealedManifest(canonicalBytes({ ...sealed, ...change } as JsonValue)));

  it("encodes to what it was decoded from", () => {
    expect(decodeSealedManifest(encodeSealedManifest(sealed))).toEqual(sealed);
    expect(() => encodeSealedManifest({ ...sealed, generation: 0 })).toThrow(TypeError);
  });

  it("with a snapshot listed twice is refused", async () => {
    const twice = [
      { id: hex, statements: [] },
      { id: hex, statements: [hex] },
    ];
    expect(await decode({ snapshots: twice })).toBe("PTAR_DOCUMENT_INVALID: sealed manifest: a snapshot is listed twice");
  });

  it("with a subject and a snapshot is refused", async () => {
    const subject = { id: hex, kind: "catalogue" };
    expect(await decode({ subject })).toBe("PTAR_MANIFEST_MISMATCH: sealed manifest: has the subject catalogue, and lists 1 snapshots");
    expect(await decode({ subject, snapshots: [] })).toBe("nothing was refused");
    expect(await decode({ subject: { ...subject, kind: "snapshot" }, snapshots: [] })).toMatch(/^PTAR_DOCUMENT_INVALID: sealed manifest: /);
  });

  it("is no manifest, and a manifest is none", async () => {
    expect(await refusal(() => decodeManifest(encodeSealedManifest(sealed)))).toMatch(/^PTAR_DOCUMENT_INVALID: manifest/);
    expect(await refusal(() => decodeSealedManifest(encodeManifest(manifest)))).toMatch(/^PTAR_DOCUMENT_INVALID: sealed manifest/);
  });

  it.each([
    ["another type", { type: "manifest" }],
    ["more index roots than 16", { index: Array.from({ length: 17 }, () => sealed.index[0]) }],
    ["more snapshots than 4,096", { snapshots: Array.from({ length: 4097 }, () => sealed.snapshots[0]) }],
    ["a tree of nothing", { tree: { ...sealed.tree, size: 0 } }],
  ])("with %s is refused", async (_what, change) => {
    expect(await decode(change)).toMatch(/^PTAR_DOCUMENT_INVALID: sealed manifest: /);
  });
});

describe("the manifest of a sealed archive", () => {
  const encryption = { keys: [3], sessions: [2], suite: "aes-256-gcm" } as const;
  const decode = (change: object) => refusal(() => decodeManifest(canonicalBytes({ ...manifest, encryption, ...change } as JsonValue)));

  it.each([
    ["as ever", {}, "nothing was refused"],
    ["and a cipher that nobody knows", { encryption: { ...encryption, suite: "rot13" } }, "PTAR_DOCUMENT_INVALID"],
    ["and no session", { encryption: { ...encryption, sessions: [] } }, "PTAR_DOCUMENT_INVALID"],
    ["and more keys than 64", { encryption: { ...encryption, keys: Array.from({ length: 65 }, (_, i) => i + 3) } }, "PTAR_DOCUMENT_INVALID"],
    ["and frame 0 for the sealed manifest", { sealed: { frame: 0 } }, "PTAR_DOCUMENT_INVALID"],
    ["and frame 0 for keys", { encryption: { ...encryption, keys: [0] } }, "PTAR_DOCUMENT_INVALID"],
  ])("says how it is sealed %s: %o", async (_what, change, code) => {
    expect((await decode(change)).split(":")[0]).toBe(code);
  });
});

describe("a snapshot", () => {
  it("and a content encode to what they were decoded from", () => {
    expect(encodeSnapshot(decodeSnapshot(encodeSnapshot(snapshot)))).toEqual(encodeSnapshot(snapshot));
    expect(encodeContent(decodeContent(encodeContent(content)))).toEqual(encodeContent(content));
  });

  it("lists captured classes in one order, all of them or some", () => {
    // spec/06-snapshot.md#captured
    const order = "name type content links mode mtime atime ctime birthtime owner owner-names inode xattrs holes digests".split(" ");
    expect(captureClasses).toEqual(order);
    for (const some of [[], order, order.filter((_, i) => i % 2 === 1)] as CaptureClass[][])
      expect(decodeSnapshot(encodeSnapshot({ ...snapshot, ...classes(...some) })).captured.classes).toEqual(some);
  });

  const completeness = { excluded: 1, failed: 2, seen: 7, stored: 4, unstable: 3 };

  it.each<readonly [string, Partial<Snapshot>, string]>([
    [
      "more seen than counted",
      { completeness: { ...completeness, seen: 8 } },
      "PTAR_SNAPSHOT_COUNTERS: snapshot: seen 8 is not stored 4 + failed 2 + excluded 1",
    ],
    [
      "fewer seen than counted",
      { completeness: { ...completeness, excluded: 2 } },
      "PTAR_SNAPSHOT_COUNTERS: snapshot: seen 7 is not stored 4 + failed 2 + excluded 2",
    ],
    ["more unstable than stored", { completeness: { ...completeness, unstable: 5 } }, "PTAR_SNAPSHOT_COUNTERS"],
    ["a root of no items", { items: { ...snapshot.items, count: 0 } }, "PTAR_SNAPSHOT_ITEMS: snapshot: 0 items and root 0123"],
    ["no root of its items", { items: { ...snapshot.items, root: null } }, "PTAR_SNAPSHOT_ITEMS: snapshot: 1 items and root null"],
    ["tags out of order", { tags: ["b", "a"] }, "PTAR_DOCUMENT_INVALID: snapshot: tags are not sorted"],
    ["captured classes out of order", classes("type", "name"), "PTAR_DOCUMENT_INVALID: snapshot: captured classes are not in their order"],
    ["captured classes out of order at the end", classes("name", "digests", "holes"), "PTAR_DOCUMENT_INVALID: snapshot: captured classes are not in"],
    ["a captured class twice", classes("name", "name"), "PTAR_DOCUMENT_INVALID: snapshot: captured classes are not in their order"],
    ["a tag twice", { tags: ["a", "a"] }, "PTAR_DOCUMENT_INVALID: snapshot: tags are not sorted"],
  ])("with %s is refused", async (_what, change, sentence) => {
    expect(await refusal(() => decodeSnapshot(canonicalBytes({ ...snapshot, ...change } as JsonValue)))).toContain(sentence);
  });

  it("whose counters add up is accepted", () => {
    expect(decodeSnapshot(encodeSnapshot({ ...snapshot, completeness })).completeness).toEqual(completeness);
  });
});

describe("an envelope", () => {
  it("signs the pre-authentication encoding of DSSE", () => {
    // the test vector of protocol.md in github.com/secure-systems-lab/dsse
    const encoded = preAuthentication("http://example.com/HelloWorld", toUtf8("hello world"));
    expect(new TextDecoder().decode(encoded)).toBe("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  });

  it("counts bytes, not characters, and keeps the types apart", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const body = toUtf8(text);
        expect(preAuthentication("t", body)).toEqual(Uint8Array.of(...toUtf8(`DSSEv1 1 t ${body.length} `), ...body));
      }),
      { seed: 1 },
    );
    const archive = encodeBody(sample("archive-statement"));
    const about = encodeBody(sample("snapshot-statement"));
    const start = (bytes: Uint8Array) => new TextDecoder().decode(bytes.subarray(0, 45));
    expect(start(archive.toSign)).toBe(`DSSEv1 33 application/vnd.ptar.archive+json ${archive.bytes.length}`.slice(0, 45));
    expect(start(about.toSign)).toBe(`DSSEv1 34 application/vnd.ptar.snapshot+json ${about.bytes.length}`.slice(0, 45));
  });

  it("comes apart into what it was made of", () => {
    const { bytes, toSign } = encodeBody(sample("archive-statement"));
    const { signature: found, signed, body } = decodeArchiveStatement(encodeEnvelope(signature, bytes));
    expect([found, signed, body]).toEqual([signature, toSign, sample("archive-statement")]);
    expect(() => encodeEnvelope(signature.subarray(1), bytes)).toThrow(TypeError);
  });

  it("of 64 bytes or fewer has no body", async () => {
    for (const length of [0, 63, 64])
      expect(await refusal(() => decodeArchiveStatement(new Uint8Array(length)))).toBe(
        `PTAR_DOCUMENT_INVALID: archive statement: ${length} bytes are too few`,
      );
  });

  it("of one type is refused as the other", async () => {
    const { bytes } = encodeBody(sample("archive-statement"));
    expect(await refusal(() => decodeSnapshotStatement(encodeEnvelope(signature, bytes)))).toMatch(/^PTAR_DOCUMENT_INVALID: snapshot statement/);
  });
});
