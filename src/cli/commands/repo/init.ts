// ptar repo init: makes a repository. spec/15-repository.md#description
import { PtarError } from "../../../errors/ptar-error.js";
import type { Storage } from "../../../repository/files/storage.js";
import { type Arguments, type Command, type Context, jsonOption } from "../../command.js";
import { sealOptions } from "../../seal-options.js";

const smallestPack = 1 << 20;
const largestPack = 4 * 1024 ** 3;
const units: Readonly<Record<string, number>> = { "": 1, K: 1 << 10, M: 1 << 20, G: 1 << 30 };

/** `ptar repo init`. */
export const init: Command = {
  usage: "init <location>",
  describe: "make a repository",
  positionals: { location: "folder, made when it is missing" },
  options: {
    ...sealOptions,
    "pack-size": { type: "text", describe: "length of packs, 1M to 4G (default: 64M)" },
    chunker: { type: "text", describe: "size of chunks", choices: ["fine", "default", "coarse"] },
    ...jsonOption,
  },
  examples: [
    ["ptar repo init /srv/case", "make a plain repository"],
    ["ptar repo init /srv/case --recipient age1…", "make an encrypted one"],
  ],
  async run(args, context) {
    const [{ initRepository, defaultPackSize }, { folderStorage }, { loadEngine }, { loadSealFor }, { reportMade }] = await Promise.all([
      import("../../../repository/init.js"),
      import("../../../connectors/node/storage/folder-storage.js"),
      import("../../engine.js"),
      import("../../seal-options.js"),
      import("../../repo/init-report.js"),
    ]);
    const packSize = packSizeOf(args) ?? defaultPackSize;
    const chunker = args.choice("chunker", ["fine", "default", "coarse"]) ?? "default";
    const seal = await loadSealFor(args, context);
    const location = args.archive();
    const storage = folderStorage(location);
    const id = await initRepository(storage, {
      engine: await loadEngine(),
      ...(seal && { seal }),
      chunker,
      packSize,
    });
    await rememberMade(storage, context);
    return reportMade({ id, seal, packSize, chunker }, args, context);
  },
};

/** What was made in the place of another one is not taken for an exchange. */
async function rememberMade(storage: Storage, context: Context): Promise<void> {
  const [{ decodeRepository, descriptionName }, { limits }, { readFile }, { remember }] = await Promise.all([
    import("../../../format/repository.js"),
    import("../../../format/limits.js"),
    import("../../../repository/files/small-files.js"),
    import("../../repo/expected-repository.js"),
  ]);
  const { location } = storage;
  const { id, keyId } = decodeRepository(await readFile(storage, descriptionName, limits.repositoryBytes), limits, `repository ${location}`);
  await remember({ location, id, keyId }, context, "accept");
}

/** A number of bytes, with K, M or G for powers of 1,024. @throws PTAR_USAGE */
function packSizeOf(args: Arguments): number | undefined {
  const text = args.text("pack-size");
  if (text === undefined) return undefined;
  const [, digits, unit] = /^(\d{1,12})([KMG]?)$/.exec(text) ?? [];
  const size = Number(digits) * (units[unit ?? ""] ?? Number.NaN);
  if (size >= smallestPack && size <= largestPack) return size;
  throw new PtarError("PTAR_USAGE", `--pack-size: "${text}" is no size from 1M to 4G`);
}
