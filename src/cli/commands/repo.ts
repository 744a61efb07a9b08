// ptar repo: repositories, which hold many snapshots and each byte once. spec/15-repository.md
import type { Command } from "../command.js";
import { backup } from "./repo/backup.js";
import { check } from "./repo/check.js";
import { exportCommand } from "./repo/export.js";
import { forget } from "./repo/forget.js";
import { have } from "./repo/have.js";
import { importCommand } from "./repo/import.js";
import { init } from "./repo/init.js";
import { prune } from "./repo/prune.js";
import { show, snapshots } from "./repo/snapshots.js";
import { stats } from "./repo/stats.js";
import { sync } from "./repo/sync.js";
import { unlock } from "./repo/unlock.js";

const quiet = { type: "flag", describe: "say nothing but what was asked for, and failures" } as const;

/** With an option that all have; what it leaves of a backup is another matter. */
function quietly(command: Command): Command {
  return { ...command, options: { quiet, ...command.options } };
}

/** `ptar repo`. */
export const repo: Command = {
  usage: "repo",
  describe: "keep many snapshots in one place, each byte once",
  commands: [init, backup, importCommand, exportCommand, have, sync, snapshots, show, stats, check, forget, prune, unlock].map(quietly),
  examples: [["ptar repo backup /srv/case ./case", "back a folder up"]],
};
