// What the figures were measured on.
import { cpus, release, totalmem } from "node:os";
import { run } from "./programs.mjs";

/** Type of the file system that holds `path`, as coreutils name it. */
export function fileSystemOf(path) {
  return run(["stat", "-f", "-c", "%T", path]).trim();
}

/** Processors, memory, kernel, and the file systems of archives and of extracted files. */
export function describeMachine({ archives, out }) {
  const processors = cpus();
  return {
    processors: `${processors.length} × ${processors[0]?.model.trim() ?? "unknown"}`,
    memoryGiB: Number((totalmem() / 2 ** 30).toFixed(1)),
    kernel: `${process.platform} ${release()}`,
    archivesOn: fileSystemOf(archives),
    extractedTo: fileSystemOf(out),
    date: new Date().toISOString().slice(0, 10),
  };
}
