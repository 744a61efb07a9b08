// Who may vouch for what is taken into a repository. spec/16-transfer.md#import
import { PtarError } from "../../errors/ptar-error.js";
import type { Trust } from "../../keys/trust.js";
import type { Arguments, Context, OptionSpec } from "../command.js";
import { configOf } from "../config.js";

/** Options of commands that take snapshots from others. */
export const trustOptions = {
  trust: { type: "list", describe: "trust this public key line or allowed_signers file only; may be given several times" },
  "any-signer": { type: "flag", describe: "whoever signed, or nobody" },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** @throws PTAR_USAGE */
export function refuseTwoWishes(args: Arguments): void {
  if (args.flag("any-signer") && args.list("trust").length > 0)
    throw new PtarError("PTAR_USAGE", "--trust and --any-signer: only one of them can be given");
}

/** The keys of `--trust`, else the own key and those in the config folder, else whoever signed. @throws as `loadTrust` */
export async function loadTrustWish(args: Arguments, { env, notes }: Context): Promise<Trust | "any-signer"> {
  if (args.flag("any-signer")) return "any-signer";
  const { loadTrust } = await import("../trust-file.js");
  return loadTrust(args.list("trust"), configOf(env), notes);
}
