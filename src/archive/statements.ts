// Verifies and judges all statements of an archive. spec/10-verify.md#order
import { mustHex, toHex } from "../bytes/hex.js";
import type { Container } from "../container/container.js";
import type { FoundStatement, Generation } from "../container/generation.js";
import type { Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Snapshot } from "../format/generated/types.js";
import type { Trust } from "../keys/trust.js";
import { type JudgedStatement, judge } from "../statement/verdict.js";
import { verifyArchiveStatement, verifySnapshotStatement } from "../statement/verify.js";
import type { ObjectReader } from "../tree/object-io.js";
import type { GenerationReport } from "./results.js";

/**
 * All generations with their verified statements. Every declared signer has one, in the declared order.
 * @throws PTAR_SIGNATURE_MISSING, PTAR_SIGNATURE_INVALID, PTAR_STATEMENT_MISMATCH, PTAR_DOCUMENT_*
 */
export function judgeGenerations(container: Container, crypto: Crypto, trust: Trust): readonly GenerationReport[] {
  return container.generations.map((generation) => judgeGeneration(container, generation, { crypto, trust }));
}

function judgeGeneration(container: Container, generation: Generation, by: { readonly crypto: Crypto; readonly trust: Trust }): GenerationReport {
  const { manifest, manifestDigest, tails } = generation;
  const { archiveId } = container.header;
  const verify = ({ frame, tree }: FoundStatement, place: "generation" | "tail") =>
    verifyArchiveStatement(by.crypto, frame.payload, { archiveId, generation: generation.number, manifest: manifestDigest, tree }, place);
  const own = generation.statements.map((found) => verify(found, "generation"));
  checkDeclared(
    manifest.signers,
    own.map(({ publicKey }) => publicKey),
    generation.number,
  );
  const later = tails.flatMap((tail) => tail.statements.map((found) => verify(found, "tail")));
  return {
    generation: generation.number,
    manifest: manifestDigest,
    createdAt: manifest.createdAt,
    complete: manifest.complete,
    signers: manifest.signers.map(mustHex),
    statements: own.map((body) => judge(body, by.trust)),
    tails: tails.length,
    later: later.map((body) => judge(body, by.trust)),
  };
}

// spec/08-manifest.md#statement
function checkDeclared(declared: readonly string[], found: readonly string[], generation: number): void {
  const missing = declared.find((key) => !found.includes(key));
  if (missing !== undefined) {
    throw new PtarError("PTAR_SIGNATURE_MISSING", `generation ${generation}: declares the signer ${missing}, but its statement is missing`, {
      hint: "a signature was removed, or the archive was not finished",
    });
  }
  const at = declared.findIndex((key, i) => found[i] !== key);
  if (at >= 0)
    throw new PtarError("PTAR_STATEMENT_MISMATCH", `generation ${generation}: statement ${at} is not that of the declared signer ${declared[at]}`);
  if (found.length > declared.length) {
    throw new PtarError(
      "PTAR_STATEMENT_MISMATCH",
      `generation ${generation}: ${found.length} statements, the manifest declares ${declared.length} signers`,
    );
  }
}

/**
 * The verified statements about one snapshot.
 * @throws PTAR_SIGNATURE_INVALID, PTAR_STATEMENT_MISMATCH, PTAR_DOCUMENT_*, PTAR_OBJECT_*
 */
export async function judgeSnapshot(
  objects: ObjectReader,
  subject: { readonly id: Uint8Array; readonly snapshot: Snapshot; readonly statements: readonly string[] },
  trust: Trust,
): Promise<readonly JudgedStatement[]> {
  const keys = new Set<string>();
  const judged: JudgedStatement[] = [];
  for (const id of subject.statements) {
    const stored = await objects.get("statement", mustHex(id));
    const { statementBytes } = objects.limits;
    // spec/08-manifest.md#envelope
    if (stored.length > statementBytes)
      throw new PtarError("PTAR_LIMIT_EXCEEDED", `snapshot ${toHex(subject.id)}: a statement of ${stored.length} bytes, limit ${statementBytes}`);
    const body = verifySnapshotStatement(objects.crypto, stored, {
      id: subject.id,
      items: subject.snapshot.items,
    });
    // one key counts once
    if (keys.has(body.publicKey))
      throw new PtarError("PTAR_STATEMENT_MISMATCH", `snapshot ${toHex(subject.id)}: two statements of the key ${body.publicKey}`);
    keys.add(body.publicKey);
    judged.push(judge(body, trust));
  }
  return judged;
}
