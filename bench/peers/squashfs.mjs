// squashfs-tools: a compressed file system in a file. It has no digests, so there is nothing to verify.
import { rmSync } from "node:fs";
import { join } from "node:path";

export const squashfs = {
  key: "squashfs",
  programs: [
    { command: ["mksquashfs", "-version"], debian: "squashfs-tools" },
    { command: ["unsquashfs", "-version"], debian: "squashfs-tools" },
  ],
  settings: "mksquashfs, zstd 3, blocks of 1 MiB",
  encrypted: "no",
  synced: "nothing",
  verified: "nothing: there are no digests",
  steps({ corpus, home, out }) {
    const image = join(home, "image.squashfs");
    // one folder alone would become the root of the image
    const keeping = corpus.paths.length === 1 ? ["-keep-as-directory"] : [];
    return {
      create: {
        command: [
          "mksquashfs",
          ...corpus.paths,
          image,
          "-comp",
          "zstd",
          "-Xcompression-level",
          "3",
          "-b",
          "1M",
          "-noappend",
          "-no-progress",
          "-quiet",
          ...keeping,
        ],
        cwd: corpus.base,
        output: image,
        before: () => rmSync(image, { force: true }),
      },
      extract: { command: ["unsquashfs", "-no-progress", "-quiet", "-force", "-dest", out, image] },
      list: { command: ["unsquashfs", "-ls", image] },
      one: { command: ["unsquashfs", "-no-wildcards", "-cat", image, corpus.one] },
    };
  },
};
