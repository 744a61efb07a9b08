// restic: a repository in a folder, always encrypted.
import { rmSync } from "node:fs";
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
    const repository = join(home, "repository");
    const env = { RESTIC_REPOSITORY: repository, RESTIC_PASSWORD: "measured", RESTIC_CACHE_DIR: join(home, "cache") };
    return {
      output: repository,
      env,
      create: {
        command: ["restic", "backup", "--quiet", ...corpus.paths],
        cwd: corpus.base,
        before: () => {
          for (const folder of ["repository", "cache"]) rmSync(join(home, folder), { recursive: true, force: true });
          run(["restic", "init", "--quiet"], { env });
        },
      },
      verify: { command: ["restic", "check", "--read-data", "--quiet"] },
      extract: { command: ["restic", "restore", "latest", "--quiet", "--target", out] },
      list: { command: ["restic", "ls", "latest"] },
      one: { command: ["restic", "dump", "latest", `/${corpus.one}`] },
    };
  },
};
