// The header says what a file is, or what else it is. spec/02-container.md#header
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes } from "../../src/bytes/compare.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { decodeHeader, encodeHeader, magic } from "../../src/format/header.js";
import { refusal } from "../container/refusal.js";

const sha256 = (bytes: Uint8Array) => portableCrypto.sha256(bytes);
const archiveId = new Uint8Array(32).fill(5);
const plain = encodeHeader({ sealed: false, thin: false, archiveId }, sha256);
const decode = (bytes: Uint8Array) => refusal(() => decodeHeader(bytes, sha256));

/** The plain header with one byte changed and a check that fits. */
function changed(at: number, value: number): Uint8Array {
  const bytes = plain.with(at, value);
  bytes.set(sha256(bytes.subarray(0, 56)).subarray(0, 8), 56);
  return bytes;
}

describe("a header", () => {
  it("decodes to what was encoded, and encodes to what was decoded", () => {
    const ids = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), ids, (sealed, thin, id) => {
        const bytes = encodeHeader({ sealed, thin, archiveId: id }, sha256);
        const header = decodeHeader(bytes, sha256);
        expect(header).toEqual({ sealed, thin, archiveId: id, minor: 0 });
        expect(encodeHeader(header, sha256)).toEqual(bytes);
      }),
      { seed: 1 },
    );
  });

  it("has the bytes of the specification", () => {
    expect(Buffer.from(plain).toString("hex")).toMatch(/^89505441520d0a1a0a01004000000000(05){32}0{16}[0-9a-f]{16}$/);
  });

  it("of a larger minor version is accepted", () => {
    expect(decodeHeader(changed(10, 9), sha256).minor).toBe(9);
  });

  it.each([
    ["another check", plain.with(63, (plain[63] ?? 0) ^ 1), "PTAR_HEADER_CHECK: header: the check at offset 56 is wrong"],
    ["another archive id and the old check", plain.with(20, 6), "PTAR_HEADER_CHECK: header: the check at offset 56 is wrong"],
    ["major version 2", changed(9, 2), "PTAR_UNSUPPORTED_VERSION: header: major version 2, this program reads 1"],
    ["major version 0", changed(9, 0), "PTAR_UNSUPPORTED_VERSION: header: major version 0, this program reads 1"],
    ["another length", changed(11, 63), "PTAR_HEADER_RESERVED: header: length 63, expected 64"],
    ["reserved bytes at the start", changed(48, 1), "PTAR_HEADER_RESERVED: header: reserved bytes at offset 48 are not zero"],
    ["reserved bytes at the end", changed(55, 1), "PTAR_HEADER_RESERVED: header: reserved bytes at offset 48 are not zero"],
    ["an unknown low feature", changed(12, 4), "PTAR_UNSUPPORTED_FEATURE: header: unknown feature bits 0x4"],
    ["an unknown high feature", changed(15, 0x80), "PTAR_UNSUPPORTED_FEATURE: header: unknown feature bits 0x80000000"],
  ])("with %s is refused", async (_what, bytes, sentence) => {
    expect(await decode(bytes)).toBe(sentence);
  });

  it("is checked in the order of the specification", async () => {
    const all = changed(9, 2).with(11, 1).with(12, 4);
    expect(await decode(all)).toMatch(/^PTAR_HEADER_CHECK/);
    all.set(sha256(all.subarray(0, 56)).subarray(0, 8), 56);
    expect(await decode(all)).toMatch(/^PTAR_UNSUPPORTED_VERSION/);
    const length = changed(12, 4).with(11, 1);
    length.set(sha256(length.subarray(0, 56)).subarray(0, 8), 56);
    expect(await decode(length)).toMatch(/^PTAR_HEADER_RESERVED/);
  });

  it("that is cut is a cut archive", async () => {
    expect(await decode(plain.subarray(0, 63))).toBe("PTAR_TRAILER_MISSING: archive: 63 bytes, cut inside the header");
    expect(await decode(plain.subarray(0, 9))).toBe("PTAR_TRAILER_MISSING: archive: 9 bytes, cut inside the header");
  });
});

describe("another file", () => {
  const rest = plain.subarray(9);
  const tar = new Uint8Array(512);
  tar.set(toUtf8("ustar"), 257);

  it.each([
    ["nothing", new Uint8Array(), "but an empty file"],
    ["a Plakar archive", concatBytes(toUtf8("_PLATAR_"), rest), "but a Plakar archive (their .ptar is another format)"],
    ["a tar archive", tar, "but a tar archive"],
    ["a zip archive", concatBytes(Uint8Array.of(0x50, 0x4b, 3, 4), rest), "but a zip archive"],
    ["a gzip file", concatBytes(Uint8Array.of(0x1f, 0x8b), rest), "but a gzip file"],
    ["a zstd file", concatBytes(Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd), rest), "but a zstd file"],
    ["an age file", toUtf8("age-encryption.org/v1\n-> X25519"), "but an age file"],
    ["an archive without its CR", concatBytes(magic.subarray(0, 5), magic.subarray(6), rest), "but one damaged by a text-mode transfer"],
    ["an archive with a CR more", concatBytes(magic.subarray(0, 8), Uint8Array.of(13, 10), rest), "but one damaged by a text-mode transfer"],
    ["an archive without high bits", plain.map((byte) => byte & 0x7f), "but one damaged by a text-mode transfer"],
    ["an archive recoded from Latin-1", concatBytes(Uint8Array.of(0xc2), plain), "but one damaged by a text-mode transfer"],
    ["an archive recoded with U+FFFD", concatBytes(Uint8Array.of(0xef, 0xbf, 0xbd), plain.subarray(1)), "but one damaged by a text-mode transfer"],
  ])("%s is named", async (_what, bytes, name) => {
    expect(await decode(bytes)).toContain(`PTAR_HEADER_MAGIC: header: not a PTAR archive, ${name}`);
  });

  it("of no known format is no PTAR archive", async () => {
    expect(await decode(toUtf8("hello"))).toBe("PTAR_HEADER_MAGIC: header: not a PTAR archive");
    expect(await decode(plain.with(0, 0))).toContain("PTAR_HEADER_MAGIC");
  });
});
