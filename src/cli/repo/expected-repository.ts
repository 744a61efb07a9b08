// What is looked at before a command writes into a repository: that it is the one it was, and as secret as it should be. spec/15-repository.md#security
import { PtarError } from "../../errors/ptar-error.js";
import type { Repository } from "../../repository/repository.js";
import type { Arguments, Context, OptionSpec } from "../command.js";
import { configOf } from "../config.js";
import { wishesKey } from "../key-options.js";

/** Option of commands that write into repositories. */
export const changeOption = {
  "accept-change": { type: "flag", describe: "write also when another repository stands there than the last time" },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** Option of commands that carry something from one place to another. */
export const plainOption = {
  plain: { type: "flag", describe: "leave unsealed what was sealed or encrypted" },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** Refuses a repository that was exchanged, and remembers one that is new here. @throws PTAR_REPOSITORY_INVALID, PTAR_TRUST_INVALID */
export async function recognise(
  { description, storage }: Pick<Repository, "description" | "storage">,
  args: Arguments,
  context: Context,
): Promise<void> {
  const { id, keyId } = description;
  await remember({ location: storage.location, id, keyId }, context, args.flag("accept-change") ? "accept" : "refuse");
}

/** What stands at a location from now on. */
export async function remember(
  { location, id, keyId }: { readonly location: string; readonly id: string; readonly keyId: string | null },
  { env, notes }: Context,
  change: "refuse" | "accept",
): Promise<void> {
  const { placeOf, recogniseRepository } = await import("../known-repositories.js");
  await recogniseRepository({ location: placeOf(location), id, keyId }, { config: configOf(env), notes, change });
}

/** Whoever names a key for a repository that asks for none may have another one before him than he thinks. @throws PTAR_USAGE */
export function refuseNeedlessKey({ archives, storage }: Repository, args: Arguments, { env }: Context): void {
  if (archives.key !== undefined || !wishesKey(args, env)) return;
  throw new PtarError("PTAR_USAGE", `repository ${storage.location}: is plain, and a key was given to open it`, {
    hint: "somebody may have exchanged it: what is written there can be read by all; without a key it is written to as it is",
  });
}

/** What comes out of an encrypted place goes to a plain one only where that is wished. @throws PTAR_USAGE */
export function refusePlain(what: string, hint: string, args: Arguments): void {
  if (args.flag("plain")) return;
  throw new PtarError("PTAR_USAGE", what, { hint });
}
