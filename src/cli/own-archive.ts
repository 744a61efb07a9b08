// The archive that a command reads is never replaced by what the command writes. spec/10-verify.md#codes
import { type BigIntStats, fstatSync, statSync } from "node:fs";
import { PtarError } from "../errors/ptar-error.js";

/** Refuses to write to `paths` when one of them is the file of `archive`, by whatever name; `-` is standard input. @throws PTAR_TARGET_EXISTS */
export function refuseOwnArchive(archive: string, paths: readonly string[]): void {
  const own = statsOf(archive === "-" ? 0 : archive);
  // a pipe is no file that could be lost
  if (own === undefined || !own.isFile()) return;
  for (const path of paths) {
    const there = statsOf(path);
    if (there === undefined || there.dev !== own.dev || there.ino !== own.ino) continue;
    throw new PtarError("PTAR_TARGET_EXISTS", `${path}: is the archive that is read`, { hint: "choose another folder" });
  }
}

function statsOf(file: string | 0): BigIntStats | undefined {
  try {
    return file === 0 ? fstatSync(file, { bigint: true }) : statSync(file, { bigint: true });
  } catch {
    // whoever opens it says what is wrong with it
    return undefined;
  }
}
