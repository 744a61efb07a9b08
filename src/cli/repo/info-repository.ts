// ptar info of a repository: what it is and what it holds, as far as the keys at hand show it. spec/15-repository.md#layout
import type { Repository } from "../../repository/repository.js";
import type { Arguments, Context } from "../command.js";
import { configOf } from "../config.js";
import { wishesKey } from "../key-options.js";
import type { RepositoryInfo } from "./info-report.js";

/** Shows a repository, with `--snapshot` one snapshot of it; the exit code. @throws what opening a repository throws, PTAR_SNAPSHOT_NOT_FOUND */
export async function showRepository(args: Arguments, context: Context): Promise<number> {
  const [{ folderStorage }, { repositoryFacts }, { repositoryJson, repositoryLines }, { loadEngine }] = await Promise.all([
    import("../../connectors/node/storage/folder-storage.js"),
    import("../../repository/facts.js"),
    import("./info-report.js"),
    import("../engine.js"),
  ]);
  const { crypto } = await loadEngine();
  const facts = await repositoryFacts(folderStorage(args.archive()));
  const opened = await openedFacts(args, context);
  const { encryption } = facts;
  const info: RepositoryInfo = {
    location: args.archive(),
    facts: { ...facts, ...(encryption && { encryption: { ...encryption, opened: opened !== undefined } }) },
    ...(opened && { opened }),
    shows: args.text("snapshot") === undefined ? "all" : "chosen",
  };
  if (args.flag("json")) await context.out.json(repositoryJson(info, crypto));
  else for (const line of repositoryLines(info, crypto)) await context.out.line(line);
  if (info.shows === "all" && opened !== undefined && opened.snapshots.length > 0 && !args.flag("json"))
    context.notes.say("`ptar repo snapshots` lists them, `ptar repo stats` says what they cost");
  return 0;
}

/** What is inside; undefined when it is encrypted and nobody asked for more than can be seen without a key. */
async function openedFacts(args: Arguments, context: Context): Promise<RepositoryInfo["opened"]> {
  const [{ withRepository }, { judgeListed }, { loadTrust }, { isOtherKey }, { sayInvalid }] = await Promise.all([
    import("./opened-repository.js"),
    import("../../repository/view.js"),
    import("../trust-file.js"),
    import("../../archive/open.js"),
    import("./snapshot-report.js"),
  ]);
  const selector = args.text("snapshot");
  const wished = selector !== undefined || wishesKey(args, context.env);
  const trust = await loadTrust([], configOf(context.env));
  const look = async (repository: Repository) => {
    const chosen = selector === undefined ? repository.snapshots : [repository.snapshot(selector)];
    const listed = chosen.map((stored) => judgeListed(repository, stored, trust));
    sayInvalid(listed, args, context);
    return { objects: repository.index.size, snapshots: listed.map(({ report }) => report) };
  };
  try {
    return await withRepository(args, context, look, { ask: selector === undefined ? "only-if-wished" : "may-ask" });
  } catch (error) {
    if (wished || !isOtherKey(error)) throw error;
    return undefined;
  }
}
