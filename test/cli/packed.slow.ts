// The package as it is published, without the packages it depends on: the program has all it needs.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { writerName } from "../../src/archive/version.js";
import { place, root } from "./run.js";

it("runs from a fresh pack by npx, and seals, checks and opens an archive, without a network or another package", async () => {
  const { folder, shell } = place();
  execFileSync("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], { cwd: root, stdio: "ignore" });
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, ".bin"), { recursive: true });
  execFileSync("tar", ["xzf", join(folder, `ptar-${writerName.version}.tgz`), "-C", modules]);
  renameSync(join(modules, "package"), join(modules, "ptar"));
  symlinkSync("../ptar/bin/ptar.js", join(modules, ".bin/ptar"));
  writeFileSync(join(folder, "package.json"), "{}");
  writeFileSync(join(folder, "note"), "secret");
  expect(readdirSync(modules)).toEqual([".bin", "ptar"]);

  const { code, stdout, stderr } = await shell(
    `chmod +x node_modules/ptar/bin/ptar.js
    ptar() { npx --offline --no-install ptar "$@"; }
    program=$PWD/node_modules/ptar/bin/ptar.js
    ptar --version
    set -e
    ptar() { "${process.execPath}" "$program" "$@"; }
    recipient=$(ptar keygen --identity --out id 2>/dev/null)
    ptar create a.ptar --recipient "$recipient" note --quiet >/dev/null 2>&1
    ptar verify a.ptar --identity id >/dev/null
    ptar cat a.ptar note --identity id`,
    { PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
  );
  expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: `${writerName.version}\nsecret` });
});
