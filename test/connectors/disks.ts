// File systems of their own for tests, made and mounted by root and unmounted after each test.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { isRoot } from "./folder.js";

/** Whether tests may mount; always true where everything must be tested, so that they fail rather than vanish. */
export const canMount = isRoot || process.env.CI === "true";
const imageBytes = 64 << 20;

/** A file system in memory that holds `bytes`. */
export function memoryDisk(bytes: number): string {
  const { mount } = newDisk();
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", mount]);
  return mount;
}

/** An ext4 or ext2 file system in a file; `make` are further arguments of mkfs. */
export function imageDisk(type: "ext2" | "ext4", options: { readonly bytes?: number; readonly make?: readonly string[] } = {}): string {
  const { mount, image } = newDisk();
  execFileSync("truncate", ["-s", String(options.bytes ?? imageBytes), image]);
  execFileSync(`mkfs.${type}`, ["-q", ...(options.make ?? []), image]);
  execFileSync("mount", ["-o", "loop", image, mount]);
  rmSync(join(mount, "lost+found"), { recursive: true });
  return mount;
}

/** FAT or exFAT, by the kernel or by way of FUSE: no links, owners or modes, names of one case. Undefined where nothing has them. */
export function plainDisk(): string | undefined {
  const { mount, image } = newDisk();
  execFileSync("truncate", ["-s", String(imageBytes), image]);
  const ways = [
    `mkfs.vfat "$1" && mount -t vfat -o loop,utf8 "$1" "$2"`,
    `mkfs.exfat "$1" && mount -t exfat -o loop "$1" "$2"`,
    // FUSE wants a block device; taken away at once, it stays until it is unmounted
    `mkfs.exfat "$1" && loop=$(losetup -f --show "$1") && { mount.exfat-fuse "$loop" "$2"; losetup -d "$loop"; mountpoint -q "$2"; }`,
  ];
  const made = ways.some((way) => spawnSync("sh", ["-c", `{ ${way}; } >/dev/null 2>&1`, "sh", image, mount]).status === 0);
  if (made) return mount;
  if (process.env.CI === "true") throw new Error("neither FAT nor exFAT can be mounted: install dosfstools, or exfatprogs and exfat-fuse");
  return undefined;
}

/** From now on nothing can be written. */
export function makeReadOnly(mount: string): void {
  execFileSync("mount", ["-o", "remount,ro", mount]);
}

function newDisk(): { readonly mount: string; readonly image: string } {
  const folder = mkdtempSync(join(tmpdir(), "ptar-disk-"));
  const mount = join(folder, "disk");
  mkdirSync(mount);
  onTestFinished(() => {
    // a test that failed may have left files open
    if (spawnSync("umount", [mount]).status !== 0) spawnSync("umount", ["-l", mount]);
    rmSync(folder, { recursive: true, force: true });
  });
  return { mount, image: join(folder, "image") };
}
