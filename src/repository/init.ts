// A repository, made. spec/15-repository.md#layout
import { claimedTime } from "../archive/claimed-time.js";
import type { Engine } from "../archive/engine.js";
import { wrapSecret } from "../archive/wrap.js";
import { toHex } from "../bytes/hex.js";
import { type ChunkerProfile, profiles } from "../chunking/gear.js";
import { PtarError } from "../errors/ptar-error.js";
import { descriptionName, encodeRepository, repositoryKeyId } from "../format/repository.js";
import type { SealFor } from "../keys/key-ring.js";
import { putFile } from "./files/small-files.js";
import type { Storage } from "./files/storage.js";

/** Length at which packs are closed unless another is wished, bytes. */
export const defaultPackSize = 64 << 20;

/** How a repository is made. */
export interface InitOptions {
  readonly engine: Engine;
  /** Encrypts the repository. */
  readonly seal?: SealFor;
  readonly chunker?: ChunkerProfile;
  /** Bytes, 1 MiB to 4 GiB; default 64 MiB. */
  readonly packSize?: number;
}

/**
 * Makes an empty repository; its id, 32 bytes.
 * @throws PTAR_TARGET_EXISTS when there is one, PTAR_IO_FAILED, PTAR_IO_NO_SPACE, PTAR_PASSPHRASE_INVALID, PTAR_LIMIT_EXCEEDED
 */
export async function initRepository(
  storage: Storage,
  { engine, seal, chunker = "default", packSize = defaultPackSize }: InitOptions,
): Promise<Uint8Array> {
  const { crypto } = engine;
  await refuseExisting(storage);
  const id = crypto.randomBytes(32);
  const secret = seal && crypto.randomBytes(32);
  try {
    for (const payload of seal && secret ? await wrapSecret({ crypto, secret, archiveId: id }, seal) : [])
      await putFile(storage, `keys/${toHex(crypto.randomBytes(32))}.age`, payload);
    const keyId = secret && toHex(repositoryKeyId((bytes) => crypto.sha256(bytes), id, secret));
    const { min, average, max } = profiles[chunker];
    const description = encodeRepository({
      type: "repository",
      format: "ptar1",
      id: toHex(id),
      createdAt: claimedTime(new Date()),
      chunker: { average, max, min, name: "gear1" },
      packSize,
      keyId: keyId ?? null,
      ext: [],
    });
    if ((await putFile(storage, descriptionName, description)) === "exists") throw exists(storage);
    return id;
  } finally {
    secret?.fill(0);
  }
}

async function refuseExisting(storage: Storage): Promise<void> {
  const file = await storage.open(descriptionName);
  if (file === undefined) return;
  await file.close();
  throw exists(storage);
}

function exists({ location }: Storage): PtarError {
  return new PtarError("PTAR_TARGET_EXISTS", `repository ${location}: there is one already`, { hint: "choose another folder" });
}
