// restic: a repository in a folder, always encrypted.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../programs.mjs";

export const restic = {
  key: "restic",
  programs: [{ command: ["restic", "version"], debian: "restic" }],
  settings: "new local repository, format 2, compression auto",
  encrypted: "AES-256-CTR, Poly1305",
  synced: "each file of the repository",
  verified: "verify: check --read-data, SHA-256 of packs and of blobs; extract: SHA-256 of each blob",
  steps({ corpus, home, out }) {
    const [repository, other] = [join(home, "repository"), join(home, "other")];
    const password = { RESTIC_PASSWORD: "measured", RESTIC_FROM_PASSWORD: "measured" };
    const env = { ...password, RESTIC_REPOSITORY: repository, RESTIC_CACHE_DIR: join(home, "cache") };
    const remove = (folder) => rmSync(join(home, folder), { recursive: true, force: true });
    const between = ["--quiet", "--repo", other, "--from-repo", repository];
    const init = () => existsSync(repository) || run(["restic", "init", "--quiet"], { env });
    const initOther = () => existsSync(other) || run(["restic", "init", ...between, "--copy-chunker-params"], { env });
    const backup = { command: ["restic", "backup", "--quiet", ...corpus.paths], cwd: corpus.base };
    const copy = { command: ["restic", "copy", ...between] };
    const create = { ...backup, output: repository, before: () => [remove("repository"), remove("cache"), init()] };
    return {
      env,
      create,
      verify: { command: ["restic", "check", "--read-data", "--quiet"] },
      extract: { command: ["restic", "restore", "latest", "--quiet", "--target", out] },
      list: { command: ["restic", "ls", "latest"] },
      one: { command: ["restic", "dump", "latest", `/${corpus.one}`] },
      import: { ...copy, before: () => [remove("other"), initOther()] },
      backup: create,
      sync: { ...copy, before: initOther },
      unchanged: { ...backup, before: init },
      edited: { ...backup, before: init },
    };
  },
};
