// Facts about an archive, for `ptar info`. spec/08-manifest.md#manifest
import { toHex } from "../bytes/hex.js";
import type { Container } from "../container/container.js";
import type { Engine } from "./engine.js";
import type { Archive, SignedContainer } from "./open.js";
import type { ArchiveInfo, EncryptionInfo, SnapshotReport } from "./results.js";

/**
 * Facts about an archive; those about contents only with `archive`, its opened contents.
 * @throws what reading snapshots throws
 */
export async function archiveInfo({ container, generations }: SignedContainer, engine: Engine, archive?: Archive): Promise<ArchiveInfo> {
  const { header, newest, input, lastFrame } = container;
  const snapshots: SnapshotReport[] = [];
  for (const id of archive?.snapshotIds ?? []) snapshots.push(await (archive as Archive).snapshot(toHex(id)));
  const encryption = encryptionOf(container);
  return {
    fingerprint: container.fingerprint,
    archiveId: header.archiveId,
    version: `1.${header.minor}`,
    features: (["sealed", "thin"] as const).filter((feature) => header[feature]),
    ...(encryption && { encryption }),
    bytes: input.reader.length,
    frames: lastFrame,
    ...(archive && { objects: archive.objects.index.size }),
    writer: newest.manifest.writer,
    engine: { crypto: engine.crypto.name, codecs: engine.codecs.name },
    ...(archive && { snapshots }),
    generations,
  };
}

/** How a container is sealed; undefined for a plain one. spec/14-encryption.md#observer */
export function encryptionOf({ newest, keySource, keys, isOpen }: Container): EncryptionInfo | undefined {
  const suite = newest.manifest.encryption?.suite;
  if (suite === undefined || keySource === "plain") return undefined;
  const types = keys.covered.flatMap(({ keys: { types } }) => types);
  return {
    suite,
    keySource,
    recipients: types.filter((type) => type !== "scrypt"),
    passphrases: types.filter((type) => type === "scrypt").length,
    uncovered: keys.others.length,
    opened: isOpen,
  };
}
