// Whether the process that has a lock still runs. spec/15-repository.md#lock
import { errnoOf } from "../../connectors/node/io-error.js";

/** Whether a process runs on this computer, whoever started it. */
export function isRunning(id: number): boolean {
  // 0 and negative numbers are groups
  if (!Number.isSafeInteger(id) || id <= 0 || id > 0x7fff_ffff) return false;
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === "EPERM";
  }
}
