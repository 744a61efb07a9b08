// A repository opened for one command. spec/15-repository.md
import type { Engine } from "../../archive/engine.js";
import type { PackParams } from "../../block/pack.js";
import type { IndexCache } from "../../repository/cache/index-cache.js";
import type { OnProblem } from "../../repository/files/finding.js";
import type { Repository } from "../../repository/repository.js";
import type { Arguments, Context } from "../command.js";
import type { Asking } from "../key-options.js";

/** Length of a repository's name in options and messages does not matter; its location is a folder. */
export interface RepositoryOptions {
  /** Threads that share the work. */
  readonly workers?: number;
  /** Default `may-ask`. */
  readonly ask?: Asking;
  /** Told of index and snapshot archives that cannot be read; default: the first is thrown. */
  readonly onProblem?: OnProblem;
  /** Default `read`; one that is written to has to be the one that was written to before. */
  readonly access?: "read" | "write";
}

/** Blocks of repositories are compressed as those of archives are. */
export const repositoryPack: PackParams = { codec: "zstd", level: 3 };

/** Opens the repository that the command names for `use`, an encrypted one with the keys of the command line, and closes it. @throws what opening a repository throws */
export async function withRepository<T>(
  args: Arguments,
  context: Context,
  use: (repository: Repository, engine: Engine) => Promise<T>,
  { workers = 0, ask = "may-ask", onProblem, access = "read" }: RepositoryOptions = {},
): Promise<T> {
  const [{ Repository: Opened }, { folderStorage }, { loadEngine }, { loadKeyRing }, cache] = await Promise.all([
    import("../../repository/repository.js"),
    import("../../connectors/node/storage/folder-storage.js"),
    import("../engine.js"),
    import("../key-options.js"),
    loadIndexCache(context),
  ]);
  const keys = await loadKeyRing(args, context, ask);
  const engine = await loadEngine({ workers });
  try {
    const how = { engine, keys, signal: context.signal, cache, ...(onProblem && { onProblem }) };
    const repository = await Opened.open(folderStorage(args.archive()), how);
    try {
      if (access === "write") await (await import("./expected-repository.js")).recognise(repository, args, context);
      return await use(repository, engine);
    } finally {
      await repository.close();
    }
  } finally {
    engine.threads?.close();
  }
}

/** Copies of indexes in the cache folder of whoever runs the command; undefined: PTAR_NO_CACHE says that there are to be none. */
export async function loadIndexCache({ env }: Pick<Context, "env">): Promise<IndexCache | undefined> {
  // as with NO_COLOR: whatever it says, unless that is nothing
  if (env.PTAR_NO_CACHE !== undefined && env.PTAR_NO_CACHE !== "") return undefined;
  const { folderIndexCache, indexCacheFolder } = await import("../../connectors/node/index-cache.js");
  const folder = indexCacheFolder(env);
  return folder === undefined ? undefined : folderIndexCache(folder);
}
