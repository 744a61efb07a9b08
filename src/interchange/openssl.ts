// Statements and what they are about as files that OpenSSL and sha256sum check. spec/13-interchange.md#openssl
import type { Archive } from "../archive/open.js";
import { mustHex, toHex } from "../bytes/hex.js";
import { toUtf8 } from "../bytes/utf8.js";
import type { Generation } from "../container/generation.js";
import { PtarError } from "../errors/ptar-error.js";
import { frameHeaderLength } from "../format/frame.js";
import { encodeManifest } from "../format/manifest.js";
import { decodeArchiveStatement, decodeSnapshotStatement } from "../format/statement.js";
import type { ExportedFile, ExportedManifest, ExportedSnapshot, ExportedStatement, OpensslExport } from "./openssl-parts.js";
import { readmeText } from "./openssl-readme.js";
import { verifyScript } from "./openssl-script.js";
import { spkiPem } from "./spki.js";

/** Names that an export may have given to its files. */
export const opensslNames = /^(?:(?:archive|snapshot)-\d+-\d+\.(?:msg|sig|pem)|snapshot-\d+\.json|manifest(?:-\d+)?\.json|verify\.sh|README\.txt)$/;

/**
 * Files with which anybody checks the signatures of `archive` without this program. `snapshot`: the beginning of the id of the one
 * snapshot whose statements are wanted; default: all.
 * @throws PTAR_SIGNATURE_MISSING when there is no statement, PTAR_SNAPSHOT_NOT_FOUND, PTAR_OBJECT_*, PTAR_SIGNATURE_INVALID
 */
export async function opensslFiles(archive: Archive, options: { readonly snapshot?: string } = {}): Promise<readonly ExportedFile[]> {
  const { generations } = archive.container;
  const manifests = generations.map((generation) => manifestOf(generation, generation === generations.at(-1) ? "newest" : "earlier"));
  const { snapshots, statements: aboutSnapshots } = await snapshotsOf(archive, options.snapshot);
  const statements = [...generations.flatMap((generation, i) => archiveStatements(generation, manifests[i]?.file ?? "")), ...aboutSnapshots];
  if (statements.length === 0) {
    throw new PtarError("PTAR_SIGNATURE_MISSING", "archive: it is not signed, so there is no statement to export", {
      hint: "its maker chose `--no-sign`; --format sha256sums works without signatures",
    });
  }
  const listing = archive.container.header.sealed ? "sealed" : "in the manifest";
  return filesOf({ manifests, snapshots, listing, statements }, archive);
}

function manifestOf({ number, manifest, manifestDigest, table }: Generation, place: "newest" | "earlier"): ExportedManifest {
  return {
    file: place === "newest" ? "manifest.json" : `manifest-${number}.json`,
    generation: number,
    digest: manifestDigest,
    // the manifest is the frame after its frame table. spec/02-container.md#grammar
    offset: table.frame.end + frameHeaderLength,
    // a document has one form only: this is what was read. spec/00-conventions.md#canonical
    bytes: encodeManifest(manifest),
  };
}

/** Those of the signers first, then those in tails. All were verified when the archive was opened. */
function archiveStatements({ number, statements, tails }: Generation, about: string): readonly ExportedStatement[] {
  const found = [...statements, ...tails.flatMap((tail) => tail.statements)];
  return found.map(({ frame }, i) => ({ name: `archive-${number}-${i + 1}`, about, envelope: decodeArchiveStatement(frame.payload) }));
}

async function snapshotsOf(archive: Archive, selector: string | undefined): Promise<Pick<OpensslExport, "snapshots" | "statements">> {
  const chosen = selector === undefined ? undefined : toHex((await archive.snapshot(selector)).id);
  const snapshots: ExportedSnapshot[] = [];
  const statements: ExportedStatement[] = [];
  for (const [i, listed] of archive.container.listing.snapshots.entries()) {
    if (chosen !== undefined && listed.id !== chosen) continue;
    const id = mustHex(listed.id);
    // verifies the statements
    await archive.snapshot(listed.id);
    const name = `snapshot-${i + 1}`;
    snapshots.push({ file: `${name}.json`, id, bytes: await archive.objects.get("snapshot", id) });
    for (const [j, statement] of listed.statements.entries()) {
      const envelope = decodeSnapshotStatement(await archive.objects.get("statement", mustHex(statement)));
      statements.push({ name: `${name}-${j + 1}`, about: `${name}.json`, envelope });
    }
  }
  return { snapshots, statements };
}

/** The instructions come last: a folder that has them is whole. */
function filesOf(parts: OpensslExport, archive: Archive): readonly ExportedFile[] {
  const documents = [...parts.manifests, ...parts.snapshots].map(({ file, bytes }) => ({ name: file, bytes }));
  const signed = parts.statements.flatMap(({ name, envelope }) => [
    { name: `${name}.msg`, bytes: envelope.signed },
    { name: `${name}.sig`, bytes: envelope.signature },
    { name: `${name}.pem`, bytes: toUtf8(spkiPem(mustHex(envelope.body.publicKey))) },
  ]);
  const texts = [
    { name: "verify.sh", bytes: toUtf8(verifyScript(parts)) },
    { name: "README.txt", bytes: toUtf8(readmeText(parts, archive.objects.crypto)) },
  ];
  return [...documents, ...signed, ...texts];
}
