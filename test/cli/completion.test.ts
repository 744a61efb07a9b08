// ptar completion, in a real bash.
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { place, root } from "./run.js";

it("completes commands, options and choices in bash", async () => {
  const { folder, shell } = place();
  mkdirSync(join(folder, "bin"));
  const program = join(folder, "bin/ptar");
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${join(root, "bin/ptar.js")}" "$@"\n`);
  chmodSync(program, 0o755);
  const { stdout, stderr } = await shell(`
    unset -f ptar; PATH="$PWD/bin:$PATH"
    eval "$(ptar completion)"
    complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _ptar_yargs_completions; echo "\${COMPREPLY[*]}"; }
    complete_words ptar ver
    complete_words ptar extract --dry
    complete_words ptar verify a.ptar --level de
    complete_words ptar trust re`);
  expect(stderr).toBe("");
  expect(stdout).toBe("verify\n--dry-run\ndeep\nremove\n");
});
