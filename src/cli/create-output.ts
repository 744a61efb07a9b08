// Where `ptar create` writes to: a file that is published when it is whole, or standard output. spec/02-container.md
import { type BigIntStats, fstatSync, statSync } from "node:fs";
import { createFileSink, type FileSink } from "../connectors/node/archive/file-sink.js";
import { createStdoutSink } from "../connectors/node/archive/stdout-sink.js";
import type { ByteSink } from "../container/bytes-io.js";
import { errorCodes } from "../errors/codes.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Arguments, Context } from "./command.js";

/** An archive being written. Call `publish` when it is whole, and `discard` in any case. */
export interface CreateOutput {
  readonly sink: ByteSink;
  /** Files that are not packed: the archive itself, and the one that it replaces. */
  readonly skip: readonly FileSink["identity"][];
  publish(): Promise<void>;
  discard(): Promise<void>;
}

/** How long a reader of standard output that does not read may keep the program from ending. */
const lastWriteMilliseconds = 200;

/** Refuses `-` where it cannot be. @throws PTAR_USAGE */
export function checkOutput(args: Arguments, { out }: Pick<Context, "out">): void {
  if (args.archive() !== "-") return;
  if (args.flag("json"))
    throw new PtarError("PTAR_USAGE", "--json: standard output holds the archive, there is no place for a document", {
      hint: "name a file for the archive",
    });
  if (out.isTerminal)
    throw new PtarError("PTAR_USAGE", "archive -: standard output is a terminal", { hint: "add > FILE, or a pipe; ./- is a file called -" });
}

/** @throws PTAR_TARGET_EXISTS, PTAR_IO_FAILED, PTAR_IO_NO_SPACE */
export async function openOutput(args: Arguments, context: Pick<Context, "signal" | "removeOnExit">): Promise<CreateOutput> {
  const archive = args.archive();
  if (archive === "-") return standardOutput(context.signal);
  const opening = createFileSink(archive, { force: args.flag("force") });
  context.removeOnExit(opening.then(({ temporary }) => temporary));
  const sink = await opening;
  const replaced = statSync(archive, { bigint: true, throwIfNoEntry: false });
  const skip = replaced === undefined ? [sink.identity] : [sink.identity, identityOf(replaced)];
  return { sink, skip, publish: () => sink.publish(), discard: () => sink.discard() };
}

function standardOutput(signal: AbortSignal): CreateOutput {
  const stats = fstatSync(1, { bigint: true });
  return {
    sink: createStdoutSink(process.stdout, { signal }),
    // `ptar create - . > here.ptar` must not pack here.ptar
    skip: stats.isFile() ? [identityOf(stats)] : [],
    publish: async () => undefined,
    async discard() {
      // the last write may still wait for a reader; the timer runs out only while it does
      if (signal.aborted) setTimeout(() => process.exit(errorCodes.PTAR_INTERRUPTED.exit), lastWriteMilliseconds).unref();
    },
  };
}

function identityOf({ dev, ino }: BigIntStats): FileSink["identity"] {
  return { dev: String(BigInt.asUintN(64, dev)), inode: String(BigInt.asUintN(64, ino)) };
}
