// Extended attributes: exact names and values, their order and how long they may be. spec/05-page.md#xattrs
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toBase64url } from "../../src/bytes/base64url.js";
import { toUtf8 } from "../../src/bytes/utf8.js";
import type { Xattr } from "../../src/format/generated/types.js";
import { type Limits, limits } from "../../src/format/limits.js";
import { checkXattrLengths, checkXattrs, decodeXattr, encodeXattr, xattrsLength } from "../../src/format/xattr.js";
import { refusal } from "../container/refusal.js";

function check(xattrs: readonly Xattr[], most = limits as Limits): void {
  checkXattrs(xattrs, most);
  checkXattrLengths(xattrs, most);
}

const refused = (...xattrs: readonly Xattr[]) => refusal(() => check(xattrs));
const zeros = (name: string, length: number): Xattr => encodeXattr({ name: toUtf8(name), value: new Uint8Array(length) });

describe("an extended attribute", () => {
  it("has one form, which gives its exact bytes", () => {
    const names = fc.uint8Array({ min: 1, minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(names, fc.uint8Array({ maxLength: 9 }), (name, value) => {
        expect(decodeXattr(encodeXattr({ name, value }), limits)).toEqual({ name, value });
      }),
      { seed: 1 },
    );
    expect(encodeXattr({ name: toUtf8("user.é"), value: Uint8Array.of(0) })).toEqual({ name: "user.é", value: "AA" });
    expect(encodeXattr({ name: Uint8Array.of(0xff), value: new Uint8Array() })).toEqual({ nameRaw: "_w", value: "" });
  });

  it.each<readonly [string, Omit<Xattr, "value">, string]>([
    ["that is empty", { name: "" }, "the name of an extended attribute of 0 bytes, or one with NUL"],
    ["with NUL", { name: "user.\u0000" }, "the name of an extended attribute of 6 bytes, or one with NUL"],
    ["that is raw with NUL", { nameRaw: toBase64url(Uint8Array.of(0xff, 0)) }, "the name of an extended attribute of 2 bytes, or one with NUL"],
    ["of 256 bytes", { name: "é".repeat(128) }, "the name of an extended attribute of 256 bytes, or one with NUL"],
    ["in both forms", { name: "a", nameRaw: "_w" }, "an extended attribute needs exactly one of name and nameRaw"],
    ["in no form", {}, "an extended attribute needs exactly one of name and nameRaw"],
    [
      "that is raw although it is UTF-8",
      { nameRaw: toBase64url(toUtf8("a")) },
      "nameRaw of an extended attribute is not canonical base64url or spells UTF-8",
    ],
    ["that is raw with trailing bits", { nameRaw: "_x" }, "nameRaw of an extended attribute is not canonical base64url or spells UTF-8"],
  ])("of a name %s is refused", async (_what, members, sentence) => {
    expect(await refused({ ...members, value: "" })).toBe(`PTAR_ENTRY_NAME: page: ${sentence}`);
  });

  it("of a name of 255 bytes, with a slash or of dots is allowed", async () => {
    expect(await refused({ name: "..", value: "" }, { name: "a/b", value: "" }, { name: "n".repeat(255), value: "" })).toBe("nothing was refused");
  });

  it.each(["A", "AB", "AAB", "AA==", "+/"])("of the value %j is refused", async (value) => {
    expect(await refused({ name: "a", value })).toBe("PTAR_ENTRY_INVALID: page: the value of an extended attribute is not canonical base64url");
  });

  it("has a value of 65,536 bytes at most", async () => {
    expect(await refused(zeros("a", 65536))).toBe("nothing was refused");
    expect(await refused(zeros("a", 65537))).toBe("PTAR_LIMIT_EXCEEDED: page: an extended attribute of 65537 bytes, limit 65536");
  });
});

describe("extended attributes", () => {
  const named = (...names: readonly string[]) => names.map((name): Xattr => ({ name, value: "" }));

  it.each([
    ["out of order", named("user.b", "user.a")],
    ["out of order at the end", named("user.a", "user.c", "user.b")],
    ["of one name", named("user.a", "user.a")],
    ["in an order that is right in UTF-16 only", named("\u{1f600}", "\uff5e")],
    ["with a raw name before a smaller one", [{ nameRaw: "_w", value: "" }, ...named("a")]],
  ])("%s are refused", async (_what, xattrs) => {
    expect(await refused(...xattrs)).toBe("PTAR_ENTRY_INVALID: page: extended attributes are not sorted by name");
  });

  it("are in order by the bytes of their names", async () => {
    expect(await refused(...named("a", "ab", "\uff5e", "\u{1f600}"), { nameRaw: "_w", value: "" })).toBe("nothing was refused");
  });

  it("have 131,072 bytes of canonical JSON at most", async () => {
    const longest = [zeros("a", 65535), zeros("b", 32732)];
    expect(xattrsLength(longest)).toBe(131072);
    expect(JSON.stringify(longest)).toHaveLength(131072);
    expect(await refused(...longest)).toBe("nothing was refused");
    expect(await refused(zeros("a", 65535), zeros("b", 32733))).toBe("PTAR_LIMIT_EXCEEDED: page: extended attributes of 131073 bytes, limit 131072");
    expect(xattrsLength(named("é", "ä"))).toBe(JSON.stringify(named("é", "ä")).length + 2);
  });

  it("are checked against lower limits that a reader sets", async () => {
    const lower = { ...limits, xattrNameBytes: 3, xattrBytes: 2, xattrsBytes: 60 };
    expect(await refusal(() => check([zeros("abcd", 1)], lower))).toMatch(/^PTAR_ENTRY_NAME: .* of 4 bytes/);
    expect(await refusal(() => check([zeros("abc", 3)], lower))).toMatch(/^PTAR_LIMIT_EXCEEDED: .* of 3 bytes, limit 2/);
    expect(await refusal(() => check(named("a", "b", "c"), lower))).toMatch(/^PTAR_LIMIT_EXCEEDED: .* of \d+ bytes, limit 60/);
  });
});
