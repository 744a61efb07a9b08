// An archive opened for reading, whoever signed it; whose it is goes to standard error. spec/09-trust.md#vouching
import type { Engine } from "../archive/engine.js";
import type { Archive } from "../archive/open.js";
import { breathingReader, createBreathe } from "./breathe.js";
import type { Context } from "./command.js";
import { configOf } from "./config.js";

/** Opens the archive at `path`, `-` for standard input, for `use` and closes it afterwards. @throws what opening an archive throws */
export async function withArchive<T>(path: string, context: Context, use: (archive: Archive, engine: Engine) => Promise<T>): Promise<T> {
  const [{ openArchiveReader }, { openArchive }, { loadEngine }, { loadTrust }, { signersOf }] = await Promise.all([
    import("./archive-reader.js"),
    import("../archive/open.js"),
    import("./engine.js"),
    import("./trust-file.js"),
    import("./signer-names.js"),
  ]);
  const reader = await openArchiveReader(path, context);
  try {
    const [engine, knownKeys] = await Promise.all([loadEngine(), loadTrust([], configOf(context.env))]);
    const archive = await openArchive(breathingReader(reader, createBreathe(context.signal)), { engine, trust: "any-signer", knownKeys });
    const statements = archive.generations.at(-1)?.statements ?? [];
    context.notes.say(`signed by ${signersOf(statements, engine.crypto) ?? "nobody"}`);
    return await use(archive, engine);
  } finally {
    await reader.close();
  }
}
