// A folder with sealed archives of one case, made by the real program for keys of the real age-keygen.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Place, placeIn, root } from "./run.js";

/** What stands in such a folder: identities ann.txt, bob.txt and eve.txt, passphrase files right and wrong, a signing key k, a folder case. */
export interface SealedCase extends Place {
  /** Recipients by name. */
  readonly recipients: Readonly<Record<"ann" | "bob" | "eve", string>>;
  readonly passphrase: string;
  path(...names: readonly string[]): string;
  read(name: string): Buffer;
  /** Everything that is there, with what is in files: two texts are equal when nothing was made, changed or removed. */
  state(): string;
  remove(): void;
}

/** Makes the folder; `prefix` tells the tests apart. */
export function sealedCase(prefix: string): SealedCase {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  const path = (...names: readonly string[]) => join(folder, ...names);
  const passphrase = "orbit velvet crumb tunnel 47 żółw";
  cpSync(join(root, "examples/case"), path("case"), { recursive: true, verbatimSymlinks: true });
  writeFileSync(path("right"), `${passphrase}\n`, { mode: 0o600 });
  writeFileSync(path("wrong"), "orbit velvet crumb tunnel 48\n", { mode: 0o600 });
  return {
    ...placeIn(folder),
    recipients: { ann: identityIn(path("ann.txt")), bob: identityIn(path("bob.txt")), eve: identityIn(path("eve.txt")) },
    passphrase,
    path,
    read: (name) => readFileSync(path(name)),
    state: () => stateOf(folder),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Makes an identity file; its recipient. */
function identityIn(path: string): string {
  execFileSync("age-keygen", ["-o", path], { stdio: "ignore" });
  return execFileSync("age-keygen", ["-y", path], { encoding: "utf8" }).trim();
}

function stateOf(folder: string): string {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const contents = (name: string) => (statSync(join(folder, name)).isFile() ? readFileSync(join(folder, name), "latin1") : "");
  return JSON.stringify(names.map((name) => [name, contents(name)]));
}
