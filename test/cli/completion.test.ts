// ptar completion, in a real bash.
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Place, place, root } from "./run.js";

/** A bash in which `complete_words` prints what would be offered for its last word. */
const bash = `
    unset -f ptar; PATH="$PWD/bin:$PATH"
    eval "$(ptar completion)"
    complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _ptar_completions; echo "\${COMPREPLY[*]}"; }`;

function installed(): Place {
  const there = place();
  const { folder } = there;
  mkdirSync(join(folder, "bin"));
  const program = join(folder, "bin/ptar");
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${join(root, "bin/ptar.js")}" "$@"\n`);
  chmodSync(program, 0o755);
  return there;
}

it("completes commands, options and choices in bash", async () => {
  const { stdout, stderr } = await installed().shell(`${bash}
    complete_words ptar ver
    complete_words ptar extract --dry
    complete_words ptar verify a.ptar --level de
    complete_words ptar trust re`);
  expect(stderr).toBe("");
  expect(stdout).toBe("verify\n--dry-run\ndeep\nremove\n");
});

it("completes folders where a repository is wanted, also those with spaces, and leaves files to the shell", async () => {
  const { folder, shell } = installed();
  for (const name of ["case one", "case-two"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "case.ptar"), "");
  const { stdout, stderr } = await shell(`${bash}
    complete_words ptar repo check cas
    printf '%s|' "\${COMPREPLY[@]}"; echo
    complete_words ptar verify cas
    complete_words ptar repo st`);
  expect(stderr).toBe("");
  const [, folders, files, sub] = stdout.split("\n");
  expect(folders?.split("|").filter(Boolean).sort()).toEqual(["case one", "case-two"]);
  expect([files, sub]).toEqual(["", "stats"]);
});

it("prints a script for zsh where that is the shell", async () => {
  const { stdout } = await place().shell("SHELL=/usr/bin/zsh ptar completion");
  expect(stdout).toMatch(/^#compdef ptar\n/);
  expect(stdout).toContain("compdef _ptar_completions ptar");
});
