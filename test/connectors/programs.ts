// Programs and file systems that tests need: missing ones fail where everything must be tested, and are passed over elsewhere.
import { spawnSync } from "node:child_process";

const everything = process.env.CI === "true";

/** Whether `program` can be run; always true where everything must be tested, so that its tests fail rather than vanish. */
export function needs(program: string): boolean {
  return everything || spawnSync("sh", ["-c", `command -v "$1"`, "sh", program]).status === 0;
}
