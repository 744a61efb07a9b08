// Where a person's own key, identity and trust file stand: $XDG_CONFIG_HOME/ptar.
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Paths of a person's own files. */
export interface Config {
  readonly folder: string;
  /** The key that `create` signs with when no other is named. */
  readonly key: string;
  readonly publicKey: string;
  readonly trust: string;
  /** age identities that open sealed archives when no others are named. */
  readonly identity: string;
  /** Which repositories stand where. */
  readonly knownRepositories: string;
}

/** The paths, whether the files exist or not. A relative XDG_CONFIG_HOME is ignored, as its specification asks. */
export function configOf(env: NodeJS.ProcessEnv): Config {
  const base = env.XDG_CONFIG_HOME;
  const folder = join(base !== undefined && isAbsolute(base) ? base : join(homedir(), ".config"), "ptar");
  const key = join(folder, "id_ed25519");
  return {
    folder,
    key,
    publicKey: `${key}.pub`,
    trust: join(folder, "allowed_signers"),
    identity: join(folder, "identity"),
    knownRepositories: join(folder, "known_repositories"),
  };
}
