// ptar info: what an archive or a repository is, without reading its contents. spec/01-overview.md
import type { Archive } from "../../archive/open.js";
import type { ArchiveInfo } from "../../archive/results.js";
import type { KeyRing } from "../../keys/key-ring.js";
import { type Command, jsonOption } from "../command.js";
import { keyOptions } from "../key-options.js";
import { isRepository, type OpenedContainer, withContainer } from "../opened.js";

/** `ptar info`. */
export const info: Command = {
  usage: "info <archive>",
  describe: "show what an archive or a repository is and what it holds",
  positionals: { archive: "archive to show, - for standard input, or the folder of a repository" },
  options: {
    snapshot: { type: "text", describe: "only this snapshot: the beginning of its id, or latest" },
    ...keyOptions,
    ...jsonOption,
  },
  examples: [
    ["ptar info evidence.ptar", "show ids, snapshots and signers"],
    ["ptar info sealed.ptar --identity lab.txt", "show what a sealed archive holds"],
    ["ptar info /srv/case --snapshot latest", "show a repository and the latest of its snapshots"],
  ],
  async run(args, context) {
    if (await isRepository(args.archive())) {
      const { showRepository } = await import("../repo/info-repository.js");
      return showRepository(args, context);
    }
    const { loadKeyRing, wishesKey } = await import("../key-options.js");
    const keys = await loadKeyRing(args, context, "only-if-wished");
    return withContainer(args, context, async (opened) => {
      const { archiveInfo } = await import("../../archive/info.js");
      const wished = args.text("snapshot") !== undefined || wishesKey(args, context.env);
      const archive = await contentsOf(opened, keys, wished ? "refuse" : "go on");
      const { signed, engine } = opened;
      const facts = await onlyChosen(await archiveInfo(signed, engine, archive), archive, args.text("snapshot"));
      if (args.flag("json")) {
        const { infoJson } = await import("../json.js");
        await context.out.json(infoJson(facts, engine.crypto));
      } else {
        const { infoLines } = await import("../info-report.js");
        for (const line of infoLines(facts, engine.crypto)) await context.out.line(line);
      }
      return 0;
    });
  },
};

/** The facts, of snapshots only those about the one that was asked for. @throws PTAR_SNAPSHOT_NOT_FOUND */
async function onlyChosen(facts: ArchiveInfo, archive: Archive | undefined, selector: string | undefined): Promise<ArchiveInfo> {
  if (archive === undefined || selector === undefined) return facts;
  return { ...facts, snapshots: [await archive.snapshot(selector)] };
}

/** The contents, unless the archive is sealed and nobody asked for them with a key. @throws what opening contents throws */
async function contentsOf({ signed, opening }: OpenedContainer, keys: KeyRing, otherKeys: "refuse" | "go on"): Promise<Archive | undefined> {
  const { isOtherKey, openContents } = await import("../../archive/open.js");
  try {
    return await openContents(signed, { ...opening, keys });
  } catch (error) {
    if (otherKeys === "refuse" || !isOtherKey(error)) throw error;
    return undefined;
  }
}
