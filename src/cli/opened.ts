// An archive opened for reading, whoever signed it; whose it is goes to standard error. spec/09-trust.md#vouching
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../archive/engine.js";
import type { Archive, OpenOptions, SignedContainer } from "../archive/open.js";
import type { SnapshotReader } from "../archive/snapshot-reader.js";
import type { Repository } from "../repository/repository.js";
import { breathingReader, createBreathe } from "./breathe.js";
import type { Arguments, Context } from "./command.js";
import { configOf } from "./config.js";

/** An archive whose signatures were verified, and how its contents are opened. */
export interface OpenedContainer {
  readonly signed: SignedContainer;
  readonly engine: Engine;
  readonly opening: OpenOptions;
}

/** How much is spent on it. */
export interface OpenedOptions {
  /** Threads that open blocks. */
  readonly workers?: number;
}

/**
 * Opens the archive that the command names, `-` for standard input, for `use` and closes it afterwards; a sealed one with the keys of the command
 * line. @throws what opening an archive throws
 */
export async function withArchive<T>(
  args: Arguments,
  context: Context,
  use: (archive: Archive, engine: Engine) => Promise<T>,
  options: OpenedOptions = {},
): Promise<T> {
  const [{ openContents }, { loadKeyRing }] = await Promise.all([import("../archive/open.js"), import("./key-options.js")]);
  // before standard input is read, which may be either the archive or the passphrase
  const keys = await loadKeyRing(args, context, "may-ask");
  return withContainer(args, context, async ({ signed, engine, opening }) => use(await openContents(signed, { ...opening, keys }), engine), options);
}

/** What a command reads snapshots from. */
export interface OpenedSnapshots {
  readonly reader: SnapshotReader;
  /** The fingerprint of an archive, or the id of a repository, in hex. */
  readonly id: string;
  readonly engine: Engine;
}

/** Opens what the command names, an archive or the folder of a repository, for `use` and closes it afterwards. @throws what opening them throws */
export async function withSnapshots<T>(
  args: Arguments,
  context: Context,
  use: (opened: OpenedSnapshots) => Promise<T>,
  options: OpenedOptions = {},
): Promise<T> {
  const { toHex } = await import("../bytes/hex.js");
  if (!(await isRepository(args.archive()))) {
    return withArchive(args, context, (archive, engine) => use({ reader: archive, id: toHex(archive.fingerprint), engine }), options);
  }
  const [{ withRepository }, { snapshotsOf }, { loadTrust }, { signersOf }] = await Promise.all([
    import("./repo/opened-repository.js"),
    import("../repository/view.js"),
    import("./trust-file.js"),
    import("./signer-names.js"),
  ]);
  const readFrom = async (repository: Repository, engine: Engine) => {
    const reader = snapshotsOf(repository, await loadTrust([], configOf(context.env)));
    const { statements } = await reader.snapshot(args.text("snapshot"));
    context.notes.say(`signed by ${signersOf(statements, engine.crypto) ?? "nobody"}`);
    return use({ reader, id: repository.description.id, engine });
  };
  return withRepository(args, context, readFrom, options);
}

/** Whether a path is the folder of a repository. spec/15-repository.md#description */
export async function isRepository(path: string): Promise<boolean> {
  if (path === "-") return false;
  // with it come the validators of documents, which the help has no use for
  const { descriptionName } = await import("../format/repository.js");
  return existsSync(join(path, descriptionName));
}

/** Opens what needs no key. @throws what opening an archive throws, but nothing about keys */
export async function withContainer<T>(
  args: Arguments,
  context: Context,
  use: (opened: OpenedContainer) => Promise<T>,
  { workers = 0 }: OpenedOptions = {},
): Promise<T> {
  const [{ openArchiveReader }, { openSigned }, { loadEngine }, { loadTrust }, { signersOf }] = await Promise.all([
    import("./archive-reader.js"),
    import("../archive/open.js"),
    import("./engine.js"),
    import("./trust-file.js"),
    import("./signer-names.js"),
  ]);
  const reader = await openArchiveReader(args.archive(), context);
  let threads: Engine["threads"];
  try {
    const [engine, knownKeys] = await Promise.all([loadEngine({ workers }), loadTrust([], configOf(context.env))]);
    threads = engine.threads;
    const opening = { engine, trust: "any-signer", knownKeys, signal: context.signal } as const;
    const signed = await openSigned(breathingReader(reader, createBreathe(context.signal)), opening);
    const statements = signed.generations.at(-1)?.statements ?? [];
    context.notes.say(`signed by ${signersOf(statements, engine.crypto) ?? "nobody"}`);
    return await use({ signed, engine, opening });
  } finally {
    threads?.close();
    await reader.close();
  }
}
