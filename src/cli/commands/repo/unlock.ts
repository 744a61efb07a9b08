// ptar repo unlock: removes what a prune left that did not come to its end. spec/15-repository.md#lock
import { hostname } from "node:os";
import { PtarError } from "../../../errors/ptar-error.js";
import type { OwnerState, StoredLock } from "../../../repository/prune/lock.js";
import { type Command, jsonOption } from "../../command.js";
import { isRunning } from "../../repo/running-process.js";

/** `ptar repo unlock`. */
export const unlock: Command = {
  usage: "unlock <location>",
  describe: "remove the lock of a prune whose process is gone",
  positionals: { location: "folder of the repository" },
  options: { force: { type: "flag", describe: "also when that process runs on this computer" }, ...jsonOption },
  examples: [["ptar repo unlock /srv/case", "after a crash; the lock's owner and age are shown"]],
  async run(args, context) {
    const [
      { folderStorage },
      { ownerState, readLock, removeLock },
      { limits },
      { decodeRepository, descriptionName },
      { readFile },
      { reportUnlocked },
    ] = await Promise.all([
      import("../../../connectors/node/storage/folder-storage.js"),
      import("../../../repository/prune/lock.js"),
      import("../../../format/limits.js"),
      import("../../../format/repository.js"),
      import("../../../repository/files/small-files.js"),
      import("../../repo/unlock-report.js"),
    ]);
    const storage = folderStorage(args.archive());
    // a folder that is none is not called unlocked
    decodeRepository(await readFile(storage, descriptionName, limits.repositoryBytes), limits, `repository ${storage.location}`);
    const lock = await readLock(storage, limits);
    if (lock !== undefined && !args.flag("force")) refuseRunning(lock, ownerState(lock, { host: hostname(), runs: isRunning }));
    const temporaryFiles = lock === undefined ? 0 : await removeLock(storage, lock);
    return reportUnlocked(lock, { temporaryFiles, args, context });
  },
};

/** A number may be that of another process by now, which nobody can tell: then --force. @throws PTAR_REPOSITORY_LOCKED */
function refuseRunning({ lock }: StoredLock, state: OwnerState): void {
  if (state !== "runs" || lock === undefined) return;
  throw new PtarError("PTAR_REPOSITORY_LOCKED", `process ${lock.process} of ${lock.user}, which has the lock since ${lock.createdAt}, still runs`, {
    hint: "wait until it has finished; when it is another program that has this number now: --force",
    details: { process: lock.process, createdAt: lock.createdAt },
  });
}
