// ptar repo export --original: an adopted archive, as it came. spec/15-repository.md#adopted
import type { Engine } from "../../archive/engine.js";
import { PtarError } from "../../errors/ptar-error.js";
import type { Storage } from "../../repository/files/storage.js";
import type { Arguments, Context } from "../command.js";
import { keyOptions } from "../key-options.js";
import { workersOption } from "../workers.js";

/** Options that make sense for a copy; others say how a new archive is made. */
const allowed: readonly string[] = ["original", "out", "force", "json", ...Object.keys(keyOptions), ...Object.keys(workersOption)];

/** Writes the archive that `--original` names to `out`; the exit code. `options` are those of the command. @throws PTAR_USAGE, PTAR_ARCHIVE_NOT_FOUND */
export async function runExportOriginal(args: Arguments, context: Context, options: Readonly<Record<string, unknown>>): Promise<number> {
  refuseOthers(args, Object.keys(options));
  const [{ folderStorage }, { loadEngine }, { createFileSink }, { exportOriginal }, { reportOriginal }] = await Promise.all([
    import("../../connectors/node/storage/folder-storage.js"),
    import("../engine.js"),
    import("../../connectors/node/archive/file-sink.js"),
    import("../../repository/transfer/original.js"),
    import("./export-report.js"),
  ]);
  const { notes, signal } = context;
  const out = args.required("out");
  const storage = folderStorage(args.archive());
  const engine = await loadEngine();
  const fingerprint = await fingerprintOf(args, context, storage);
  const opening = createFileSink(out, { force: args.flag("force") });
  context.removeOnExit(opening.then(({ temporary }) => temporary));
  const sink = await opening;
  try {
    const archiveBytes = await exportOriginal(storage, fingerprint, { sink, engine, onProgress: notes.onProgress, signal });
    await sink.publish();
    notes.clear();
    return await reportOriginal({ fingerprint, archiveBytes }, { out, args, context });
  } finally {
    await sink.discard();
  }
}

function refuseOthers(args: Arguments, options: readonly string[]): void {
  const given = (name: string) => args.flag(name) || args.list(name).length > 0;
  const other = options.find((name) => !allowed.includes(name) && given(name));
  const problem = other !== undefined ? `--original and --${other}` : given("snapshots") ? "--original and a snapshot beside it" : undefined;
  if (problem === undefined) return;
  throw new PtarError("PTAR_USAGE", `${problem}: an original is given back as it is`, { hint: "without --original a new archive is made" });
}

/** Of what `--original` names: an archive that is kept, for which no key is needed, or the one that has brought a snapshot. */
async function fingerprintOf(args: Arguments, context: Context, storage: Storage): Promise<Uint8Array> {
  const [{ keepsOriginal }, { parseFingerprint }] = await Promise.all([
    import("../../repository/transfer/original.js"),
    import("../../keys/archive-fingerprint.js"),
  ]);
  const wish = args.required("original");
  const fingerprint = parseFingerprint(wish);
  // 64 digits alone may be a snapshot's id
  if (fingerprint !== undefined && (/^\s*ptar1/i.test(wish) || (await keepsOriginal(storage, fingerprint)))) return fingerprint;
  return bringerOf(wish, args, context);
}

async function bringerOf(wish: string, args: Arguments, context: Context): Promise<Uint8Array> {
  const [{ withRepository }, { originalsOf }, { formatFingerprint }] = await Promise.all([
    import("./opened-repository.js"),
    import("../../repository/transfer/original.js"),
    import("../../keys/archive-fingerprint.js"),
  ]);
  return withRepository(args, context, async (repository, _engine: Engine) => {
    const originals = originalsOf(repository, repository.snapshot(wish));
    const [only] = originals;
    if (only !== undefined && originals.length === 1) return only;
    const names = originals.map(formatFingerprint).toSorted();
    throw new PtarError("PTAR_USAGE", `--original ${wish}: ${originals.length} archives that are kept hold this snapshot`, {
      hint: `name one of them: ${names.map((name) => `'${name}'`).join(", ")}`,
    });
  });
}
