// ptar repo: repositories, which hold many snapshots and each byte once. spec/15-repository.md
import type { Command } from "../command.js";
import { backup } from "./repo/backup.js";
import { exportCommand } from "./repo/export.js";
import { importCommand } from "./repo/import.js";
import { init } from "./repo/init.js";
import { show, snapshots } from "./repo/snapshots.js";

/** `ptar repo`. */
export const repo: Command = {
  usage: "repo",
  describe: "keep many snapshots in one place, each byte once",
  commands: [init, backup, importCommand, exportCommand, snapshots, show],
  examples: [["ptar repo backup /srv/case ./case", "back a folder up"]],
};
