// ptar repo: repositories, which hold many snapshots and each byte once. spec/15-repository.md
import type { Command } from "../command.js";
import { backup } from "./repo/backup.js";
import { check } from "./repo/check.js";
import { exportCommand } from "./repo/export.js";
import { forget, prune, unlock } from "./repo/forget.js";
import { have } from "./repo/have.js";
import { importCommand } from "./repo/import.js";
import { init } from "./repo/init.js";
import { show, snapshots } from "./repo/snapshots.js";
import { sync } from "./repo/sync.js";

/** `ptar repo`. */
export const repo: Command = {
  usage: "repo",
  describe: "keep many snapshots in one place, each byte once",
  commands: [init, backup, importCommand, exportCommand, have, sync, snapshots, show, check, forget, prune, unlock],
  examples: [["ptar repo backup /srv/case ./case", "back a folder up"]],
};
