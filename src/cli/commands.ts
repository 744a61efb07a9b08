// All commands, in the order of the help.
import type { Command } from "./command.js";
import { cat } from "./commands/cat.js";
import { create } from "./commands/create.js";
import { exportCommand } from "./commands/export.js";
import { extract } from "./commands/extract.js";
import { info } from "./commands/info.js";
import { keygen } from "./commands/keygen.js";
import { list } from "./commands/list.js";
import { repo } from "./commands/repo.js";
import { rewrap } from "./commands/rewrap.js";
import { trust } from "./commands/trust.js";
import { verify } from "./commands/verify.js";

/** The commands of this program. */
export const commands: readonly Command[] = [create, verify, info, list, cat, extract, exportCommand, repo, rewrap, keygen, trust];
