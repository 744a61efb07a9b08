// Borg: a repository in a folder, here without encryption.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../programs.mjs";

export const borg = {
  key: "borg",
  programs: [{ command: ["borg", "--version"], debian: "borgbackup" }],
  settings: "new local repository, zstd,3",
  encrypted: "no",
  synced: "each segment",
  verified: "verify: check --verify-data, CRC-32 of segments and SHA-256 of chunks; extract: SHA-256 of each chunk",
  steps({ corpus, home, out }) {
    const repository = join(home, "repository");
    const env = { BORG_BASE_DIR: join(home, "base"), BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: "yes" };
    const init = () => existsSync(repository) || run(["borg", "init", "--encryption", "none", repository], { env });
    const remove = (folder) => rmSync(join(home, folder), { recursive: true, force: true });
    const backup = (name) => ({
      command: ["borg", "create", "--compression", "zstd,3", `${repository}::${name}`, ...corpus.paths],
      cwd: corpus.base,
      before: init,
    });
    const create = { ...backup("measured"), output: repository, before: () => [remove("repository"), remove("base"), init()] };
    return {
      env,
      create,
      verify: { command: ["borg", "check", "--verify-data", repository] },
      extract: { command: ["borg", "extract", `${repository}::measured`], cwd: out },
      list: { command: ["borg", "list", `${repository}::measured`] },
      one: { command: ["borg", "extract", "--stdout", `${repository}::measured`, corpus.one] },
      backup: create,
      unchanged: backup("{uuid4}"),
      edited: backup("{uuid4}"),
    };
  },
};
