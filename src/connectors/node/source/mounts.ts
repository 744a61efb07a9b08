// Which file systems a walk meets, for the wish to stay on one. spec/06-snapshot.md#mounts
import { lstatSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { PtarError } from "../../../errors/ptar-error.js";
import type { Attribute } from "../../../format/generated/types.js";
import { deviceOf, fileKey } from "../file-facts.js";

/**
 * Where a walk stays. File systems are told apart by their device number alone: another place of the same file system that is
 * mounted below a source (a bind mount) looks like any directory, and a subvolume with a number of its own like a file system.
 */
export class OneFileSystem {
  /** Sources by device and inode: one that is a mount point below another source is entered all the same. */
  readonly #named: ReadonlySet<string>;
  readonly #devices = new Set<bigint>();
  readonly #types = new Map<bigint, string>();

  /** @throws PTAR_SOURCE_CONFLICT when one source lies below another, on a file system that is not entered */
  constructor(paths: readonly string[]) {
    refuseUnreachable(paths);
    this.#named = new Set(paths.flatMap((path) => keyOf(path) ?? []));
  }

  /** Whether the directory, or whatever it is, is a source by itself. */
  isNamed(stats: Parameters<typeof fileKey>[0]): boolean {
    return this.#named.has(fileKey(stats));
  }

  /** Notes on which device a source lies. */
  noteSource(dev: bigint): void {
    this.#devices.add(dev);
  }

  /** What the entry of a mount point that is not entered says. */
  attributesOf(dev: bigint): readonly Attribute[] {
    return [
      { name: "filesystem", value: this.#typeOf(dev) },
      { name: "mount-point", value: "not entered" },
    ];
  }

  /** What the snapshot says: the types of the file systems of all sources. */
  attributes(): readonly Attribute[] {
    const types = new Set([...this.#devices].map((dev) => this.#typeOf(dev)));
    return types.size === 0 ? [] : [{ name: "filesystem", value: [...types].sort().join(", ") }];
  }

  #typeOf(dev: bigint): string {
    const type = this.#types.get(dev) ?? fileSystemType(dev);
    this.#types.set(dev, type);
    return type;
  }
}

/** `36 35 98:0 /root /mount/point options … - ext4 /dev/sda1 …`; bytes that would end a field are octal. */
function fileSystemType(dev: bigint): string {
  const { major, minor } = deviceOf(dev);
  const line = mountLines().find((fields) => fields[2] === `${major}:${minor}`);
  const type = line?.[line.indexOf("-", 6) + 1];
  return type === undefined ? "unknown" : type.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function mountLines(): readonly (readonly string[])[] {
  try {
    const text = readFileSync("/proc/self/mountinfo", "latin1");
    return text.split("\n").map((line) => line.split(" "));
  } catch {
    return [];
  }
}

/** A source that another one covers is met by walking down from there, and the walk stops at the first mount point. */
function refuseUnreachable(paths: readonly string[]): void {
  const sources = new Set(paths);
  for (const path of paths) {
    const between: string[] = [];
    let above = dirname(path);
    for (; above !== dirname(above) && !sources.has(above); above = dirname(above)) between.push(above);
    if (!sources.has(above) || above === path) continue;
    const dev = devOf(above);
    if (between.every((folder) => devOf(folder) === dev)) continue;
    throw new PtarError(
      "PTAR_SOURCE_CONFLICT",
      `sources ${above} and ${path}: the second lies below the first on another file system, which is not entered`,
      {
        hint: "put them into archives of their own",
      },
    );
  }
}

function devOf(path: string): bigint | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false })?.dev;
}

function keyOf(path: string): string | undefined {
  const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? undefined : fileKey(stats);
}
