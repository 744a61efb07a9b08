// Sealed archives of the builder, and ways to open them.
import { MemoryReader } from "../../src/connectors/memory/reader.js";
import { Container } from "../../src/container/container.js";
import type { Frame } from "../../src/container/frame-reader.js";
import { scanFrames } from "../../src/container/scan.js";
import { aboutText } from "../../src/format/about.js";
import { type Limits, limits } from "../../src/format/limits.js";
import { nativeCrypto } from "../../src/native/crypto.js";
import { ArchiveBuilder, type GenerationPlan } from "./build.js";
import { archiveId, keysFor, owner, secret } from "./sealing.js";

/** The secret, wrapped for `owner`. */
export const forOwner = await keysFor([owner]);

/** A sealed archive under construction; without keys its key is a repository's. */
export function sealedBuilder(keys: readonly Uint8Array[] = [forOwner]): ArchiveBuilder {
  return new ArchiveBuilder(archiveId, aboutText, { secret, keys });
}

/** Bytes of a sealed archive of one generation. */
export const sealedOne = (plan: GenerationPlan = {}): Uint8Array => sealedBuilder().generation(plan).bytes();

export function openContainer(bytes: Uint8Array, lower: Partial<Limits> = {}): Promise<Container> {
  return Container.open(new MemoryReader(bytes), nativeCrypto, { ...limits, ...lower });
}

/** The container, opened with the secret. */
export async function openWithSecret(bytes: Uint8Array, own = secret): Promise<Container> {
  const container = await openContainer(bytes);
  await container.unlock(own);
  return container;
}

/** All frames in order, as they are inside when the container is open. */
export async function scanned(container: Container): Promise<readonly Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of scanFrames(container)) frames.push(frame);
  return frames;
}

/** `builder` with a tail of KEYS frames, covered by a statement of `signers`. */
export function withTail(builder: ArchiveBuilder, keys: readonly Uint8Array[], signers: Parameters<ArchiveBuilder["tail"]>[0]): ArchiveBuilder {
  for (const payload of keys) builder.frame("keys", payload);
  return builder.tail(signers, (body) => ({ ...body, action: "rewrapped" }));
}
