// Paths in archives as they are typed.
import { expect, it } from "vitest";
import { toUtf8 } from "../../src/bytes/utf8.js";
import { configOf } from "../../src/cli/config.js";
import { pathBytes } from "../../src/cli/paths.js";

it.each([
  ["case/notes.md", "case/notes.md"],
  ["./case/", "case"],
  ["/case//", "case"],
  ["././/a/b", "a/b"],
  [".hidden", ".hidden"],
])("%s is %s", (typed, path) => {
  expect(pathBytes(typed)).toEqual(toUtf8(path));
});

it.each([[""], ["."], ["./"], ["/"]])("%j is the root", (typed) => {
  expect(pathBytes(typed)).toBeUndefined();
});

it("takes the escapes of a listing", () => {
  expect(pathBytes("a\\xff\\\\b")).toEqual(Uint8Array.of(0x61, 0xff, 0x5c, 0x62));
});

it("ignores a config folder that is not absolute, as the XDG specification asks", () => {
  expect(configOf({ XDG_CONFIG_HOME: "/x" }).key).toBe("/x/ptar/id_ed25519");
  expect(configOf({ XDG_CONFIG_HOME: "x" }).folder).toMatch(/^\/.*\/\.config\/ptar$/);
  expect(configOf({}).trust).toMatch(/^\/.*\/\.config\/ptar\/allowed_signers$/);
});
