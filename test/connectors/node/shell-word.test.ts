import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { shellWord } from "../../../src/connectors/node/shell-word.js";

it.each(["plain-1.key", "my keys; id", "it's", "$(id)", "a\nb", "*", "~/k", "", "ä"])("%j is one word of a shell", (text) => {
  expect(spawnSync("sh", ["-c", `printf '%s|' ${shellWord(text)}`], { encoding: "utf8" }).stdout).toBe(`${text}|`);
});

it("stays readable where nothing has to be quoted, and is no option", () => {
  expect([shellWord("/home/me/.ssh/id_ed25519"), shellWord("-f x")]).toEqual(["/home/me/.ssh/id_ed25519", "'./-f x'"]);
});
