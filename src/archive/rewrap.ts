// Adds recipients to a sealed archive: a tail with wrapped keys and a statement. spec/14-encryption.md#rewrap

import type { ByteSink } from "../container/bytes-io.js";
import type { Container } from "../container/container.js";
import { checkKeysCount } from "../container/encryption.js";
import { writeTail } from "../container/tail-writer.js";
import { findSecret } from "../container/unlock.js";
import { PtarError } from "../errors/ptar-error.js";
import { decodeKeys } from "../format/keys.js";
import type { KeyRing, SealFor } from "../keys/key-ring.js";
import type { Signer } from "../keys/signer.js";
import { signArchive } from "../statement/sign.js";
import { claimedTime } from "./claimed-time.js";
import type { SignedContainer } from "./open.js";
import { testSigners } from "./test-signers.js";
import { wrapSecret } from "./wrap.js";

/** Who adds whom. */
export interface RewrapOptions {
  /** Opens the archive. */
  readonly keys: KeyRing;
  readonly add: SealFor;
  readonly signer: Signer;
  /** Where the tail goes, which is to be appended to the archive. */
  readonly sink: ByteSink;
  readonly now?: () => Date;
  readonly signal?: AbortSignal;
}

/**
 * Writes the tail that seals an opened archive for more recipients. No earlier byte changes, and none of them is read for it.
 * The container must not be used afterwards.
 * @throws PTAR_USAGE when the archive is not sealed, PTAR_LIMIT_EXCEEDED, PTAR_KEY_REQUIRED, PTAR_IDENTITY_WRONG, PTAR_PASSPHRASE_WRONG and what else opening throws
 */
export async function rewrapArchive({ container }: SignedContainer, options: RewrapOptions): Promise<void> {
  const { keys, add, signer, sink, now = () => new Date() } = options;
  const { header, newest } = container;
  if (!header.sealed)
    throw new PtarError("PTAR_USAGE", "archive: it is not sealed, there is nothing to wrap", { hint: "everybody can read it as it is" });
  const { crypto } = container.input;
  await testSigners([signer], crypto);
  const secret = await findSecret(container, keys, options.signal);
  try {
    // a wrong session would be noticed only by the next reader
    await container.unlock(secret);
    const payloads = await wrapSecret({ crypto, secret, archiveId: header.archiveId }, add);
    checkRoom(container, payloads);
    await writeTail(sink, container, {
      frames: payloads.map((payload) => ({ type: "keys", payload })),
      statement: (tree) =>
        signArchive(
          signer,
          { archiveId: header.archiveId, generation: newest.number, manifest: newest.manifestDigest, tree },
          { role: "custodian", action: "rewrapped", time: claimedTime(now()) },
        ),
    });
  } finally {
    secret.fill(0);
  }
}

/** A tail that no reader would accept must not be written. spec/11-limits.md */
function checkRoom({ keys, generations, input: { limits } }: Container, payloads: readonly Uint8Array[]): void {
  const added = payloads.map((payload) => ({ keys: decodeKeys(payload, 0, limits) }));
  checkKeysCount([...keys.covered, ...keys.others, ...added], limits);
  const closed = generations.reduce((sum, { tails }) => sum + 1 + tails.length, 0);
  if (closed >= limits.generations) throw new PtarError("PTAR_LIMIT_EXCEEDED", `archive: has ${closed} generations and tails, which is the limit`);
}
