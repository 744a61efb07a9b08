// A repository opened for one command. spec/15-repository.md
import type { Engine } from "../../archive/engine.js";
import type { PackParams } from "../../block/pack.js";
import type { Repository } from "../../repository/repository.js";
import type { Arguments, Context } from "../command.js";

/** Length of a repository's name in options and messages does not matter; its location is a folder. */
export interface RepositoryOptions {
  /** Threads that share the work. */
  readonly workers?: number;
}

/** Blocks of repositories are compressed as those of archives are. */
export const repositoryPack: PackParams = { codec: "zstd", level: 3 };

/** Opens the repository that the command names for `use`, an encrypted one with the keys of the command line, and closes it. @throws what opening a repository throws */
export async function withRepository<T>(
  args: Arguments,
  context: Context,
  use: (repository: Repository, engine: Engine) => Promise<T>,
  { workers = 0 }: RepositoryOptions = {},
): Promise<T> {
  const [{ Repository: Opened }, { folderStorage }, { loadEngine }, { loadKeyRing }] = await Promise.all([
    import("../../repository/repository.js"),
    import("../../connectors/node/storage/folder-storage.js"),
    import("../engine.js"),
    import("../key-options.js"),
  ]);
  const keys = await loadKeyRing(args, context, "may-ask");
  const engine = await loadEngine({ workers });
  try {
    const repository = await Opened.open(folderStorage(args.archive()), { engine, keys, signal: context.signal });
    try {
      return await use(repository, engine);
    } finally {
      await repository.close();
    }
  } finally {
    engine.threads?.close();
  }
}
