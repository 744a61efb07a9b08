// Sealed manifests: what each generation of a sealed archive lists. spec/14-encryption.md#sealed-manifest
import { equalBytes } from "../bytes/compare.js";
import { mustHex } from "../bytes/hex.js";
import { PtarError } from "../errors/ptar-error.js";
import type { SealedManifest } from "../format/generated/types.js";
import { decodeSealedManifest } from "../format/sealed-manifest.js";
import type { Frame } from "./frame-reader.js";
import type { Generation, Listing } from "./generation.js";
import { checkRoots, checkSnapshots } from "./opener.js";

/**
 * The sealed manifest of each generation, compared with the clear one, with the container tree and with the one before.
 * @throws PTAR_MANIFEST_MISMATCH, PTAR_GENERATION_CHAIN, PTAR_DOCUMENT_*, PTAR_UNSUPPORTED_EXTENSION, PTAR_FRAME_*
 */
export async function readSealedManifests(generations: readonly Generation[], read: (frame: number) => Promise<Frame>): Promise<readonly Listing[]> {
  const listings: Listing[] = [];
  for (const generation of generations) {
    const number = generation.manifest.sealed?.frame as number;
    const frame = await read(number);
    const manifest = decodeSealedManifest(frame.payload);
    checkAgreement(manifest, generation, number);
    checkRoots(manifest, { generation: generation.number, frame: number });
    const before = listings.at(-1);
    if (before !== undefined) checkSnapshots(manifest, before, generation.number);
    listings.push(manifest);
  }
  return listings;
}

/** Claims that somebody without a key could have changed and signed anew. */
function checkAgreement(sealed: SealedManifest, { number, manifest, table }: Generation, frame: number): void {
  for (const name of ["archiveId", "generation", "createdAt", "complete"] as const) {
    if (sealed[name] !== manifest[name]) throw mismatch(number, `${name} ${sealed[name]}, the clear one has ${manifest[name]}`);
  }
  if (sealed.signers.join() !== manifest.signers.join())
    throw mismatch(number, `signers ${sealed.signers.join(", ") || "none"}, the clear one has ${manifest.signers.join(", ") || "none"}`);
  const tree = table.prefix(frame);
  if (sealed.tree.size !== frame || tree === undefined || !equalBytes(tree.root(), mustHex(sealed.tree.root)))
    throw mismatch(number, `tree of size ${sealed.tree.size} and root ${sealed.tree.root} is not that of the frames before frame ${frame}`);
}

function mismatch(generation: number, problem: string): PtarError {
  return new PtarError("PTAR_MANIFEST_MISMATCH", `sealed manifest (generation ${generation}): ${problem}`, {
    details: { generation },
    hint: "somebody without a key may have changed what is clear and signed it anew",
  });
}
