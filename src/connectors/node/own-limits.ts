// Limits that the system sets for this process and what it starts. spec/06-snapshot.md#captured
import { readFileSync } from "node:fs";

/** The limit in force with this name in /proc/self/limits, Infinity when it is none; undefined when that cannot be read. */
export function ownLimit(name: "Max open files" | "Max stack size"): number | undefined {
  try {
    const text = readFileSync("/proc/self/limits", "latin1");
    const [, limit] = new RegExp(`^${name} +(\\d+)`, "m").exec(text) ?? [];
    return limit === undefined ? Number.POSITIVE_INFINITY : Number(limit);
  } catch {
    return undefined;
  }
}
