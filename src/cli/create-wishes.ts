// Options of `ptar create` as wishes to the archive, with what cannot go together. spec/06-snapshot.md
import { hostname, userInfo } from "node:os";
import type { CreateOptions } from "../archive/create.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Arguments, Context } from "./command.js";
import { withoutSecrets } from "./command-line.js";

/** How a person wants an archive to be made. */
export type CreateWishes = Omit<CreateOptions, "source" | "sink" | "engine" | "signers">;

const caseFields = ["authority", "case", "examiner", "exhibit", "note"] as const;
const listedHashes = ["md5", "sha1", "sha512"] as const;
/** What would make the bytes of a reproducible archive depend on more than tree and key. */
const notReproducible = [
  "profile",
  "codec",
  "compression-level",
  "provenance",
  "owner-names",
  "recipient",
  "passphrase",
  "passphrase-file",
  "passphrase-command",
] as const;
const maxEpochSeconds = 253_402_300_799;

/** @throws PTAR_USAGE */
export function createWishes(args: Arguments, context: Pick<Context, "env" | "argv">): CreateWishes {
  const reproducible = args.flag("reproducible");
  if (args.flag("no-sign") && args.text("key") !== undefined) throw new PtarError("PTAR_USAGE", "--key and --no-sign: only one of them can be given");
  for (const name of notReproducible)
    if (reproducible && (args.flag(name) || args.list(name).length > 0))
      throw new PtarError("PTAR_USAGE", `--${name} and --reproducible: only one of them can be given`);
  const entries = caseFields.flatMap((name) => (args.text(name) === undefined ? [] : [[name, args.text(name)]]));
  const profile = args.choice("profile", ["evidence", "portable"]);
  const chunker = args.choice("chunker", ["fine", "default", "coarse"]);
  const codec = args.choice("codec", ["zstd", "deflate", "store"]);
  const compressionLevel = levelOf(args, codec ?? "zstd");
  const alsoHash = alsoHashOf(args);
  if (profile === "portable" && args.flag("owner-names"))
    throw new PtarError("PTAR_USAGE", "--owner-names and --profile portable: only one of them can be given");
  return {
    ...(reproducible ? { reproducible: epochOf(context.env) } : {}),
    ...(profile === undefined ? {} : { profile }),
    ...(chunker === undefined ? {} : { chunker }),
    ...(codec === undefined ? {} : { codec }),
    ...(compressionLevel === undefined ? {} : { compressionLevel }),
    ...(alsoHash.length === 0 ? {} : { alsoHash }),
    ...(entries.length === 0 ? {} : { case: Object.fromEntries(entries) }),
    ...(args.flag("provenance") ? { provenance: provenanceOf(context.argv) } : {}),
    tags: args.list("tag"),
  };
}

/** Names of digests, in whatever order and however often they were given. */
function alsoHashOf(args: Arguments): NonNullable<CreateOptions["alsoHash"]> {
  const wanted = new Set(args.list("also-hash").flatMap((words) => words.split(",")));
  for (const word of wanted) {
    if ((listedHashes as readonly string[]).includes(word)) continue;
    throw new PtarError("PTAR_USAGE", `--also-hash: "${word}" is none of ${listedHashes.join(", ")}`, { hint: "SHA-256 is always recorded" });
  }
  return listedHashes.filter((name) => wanted.has(name));
}

function levelOf(args: Arguments, codec: "zstd" | "deflate" | "store"): number | undefined {
  if (codec === "store" && args.text("compression-level") !== undefined)
    throw new PtarError("PTAR_USAGE", "--compression-level: --codec store does not compress");
  return codec === "zstd" ? args.integer("compression-level", 1, 22) : args.integer("compression-level", 0, 9);
}

function epochOf(env: NodeJS.ProcessEnv): { readonly epoch?: number } {
  const text = env.SOURCE_DATE_EPOCH;
  if (text === undefined || text === "") return {};
  const epoch = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (!(epoch <= maxEpochSeconds)) throw new PtarError("PTAR_USAGE", `SOURCE_DATE_EPOCH: "${text}" is not a number of seconds since 1970`);
  return { epoch };
}

/** Only what was asked for with --provenance: evidence must not name its collector by accident. */
function provenanceOf(argv: readonly string[]): { readonly command: string; readonly host: string; readonly user: string } {
  return {
    command: ["ptar", ...withoutSecrets(argv)].join(" ").toWellFormed(),
    host: hostname().toWellFormed(),
    user: userInfo().username.toWellFormed(),
  };
}
