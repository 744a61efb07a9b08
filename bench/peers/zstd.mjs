// tar and zstd: nothing deduplicated, nothing signed, two threads of compression.
import { rmSync } from "node:fs";
import { join } from "node:path";

/** A pipe whose every part must succeed; `args` are $1, $2 … of the script. */
const pipe = (script, ...args) => ["bash", "-o", "pipefail", "-c", script, "bash", ...args];

export const zstd = {
  key: "zstd",
  programs: [
    { command: ["zstd", "--version"], debian: "zstd" },
    { command: ["tar", "--version"], debian: "tar" },
  ],
  settings: "tar | zstd -3 -T2",
  encrypted: "no",
  synced: "nothing",
  verified: "verify, extract: XXH64 of the whole stream",
  steps({ corpus, home, out }) {
    const archive = join(home, "archive.tar.zst");
    return {
      create: {
        command: pipe('archive=$1; shift; tar -cf - "$@" | zstd -q -3 -T2 -o "$archive"', archive, ...corpus.paths),
        cwd: corpus.base,
        output: archive,
        before: () => rmSync(archive, { force: true }),
      },
      verify: { command: ["zstd", "-q", "-t", archive] },
      extract: { command: pipe('zstd -q -d -c "$1" | tar -xf - -C "$2"', archive, out) },
      list: { command: pipe('zstd -q -d -c "$1" | tar -tf -', archive) },
      one: { command: pipe('zstd -q -d -c "$1" | tar -xOf - "$2"', archive, corpus.one) },
    };
  },
};
