// Verifies statements: about this subject, and signed by the key they name. spec/08-manifest.md#statement
import { mustHex, toHex } from "../bytes/hex.js";
import type { Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import type { ArchiveStatement, SnapshotStatement } from "../format/generated/types.js";
import { decodeArchiveStatement, decodeSnapshotStatement, type Envelope } from "../format/statement.js";
import type { ArchiveSubject, SnapshotSubject } from "./sign.js";

/**
 * The body of an archive statement that is about `subject`, may stand where it does, and whose signature is valid. Whether its key is trusted
 * is another question.
 * @throws PTAR_DOCUMENT_*, PTAR_STATEMENT_MISMATCH, PTAR_SIGNATURE_INVALID
 */
export function verifyArchiveStatement(crypto: Crypto, stored: Uint8Array, subject: ArchiveSubject, place: "generation" | "tail"): ArchiveStatement {
  const envelope = decodeArchiveStatement(stored);
  const { body } = envelope;
  const facts: readonly (readonly [what: string, found: string | number, expected: string | number])[] = [
    ["archive id", body.archiveId, toHex(subject.archiveId)],
    ["generation", body.generation, subject.generation],
    ["manifest", body.manifest, toHex(subject.manifest)],
    ["tree size", body.tree.size, subject.tree.size],
    ["tree root", body.tree.root, toHex(subject.tree.root)],
  ];
  for (const [what, found, expected] of facts) if (found !== expected) throw mismatch("archive", what, { found, expected });
  // spec/08-manifest.md#statement
  if ((body.action === "created") !== (place === "generation"))
    throw new PtarError("PTAR_STATEMENT_MISMATCH", `archive statement: action ${body.action} in a ${place}`);
  verifySignature(crypto, envelope, "archive");
  return body;
}

/**
 * The body of a snapshot statement that is about `subject` and whose signature is valid.
 * @throws PTAR_DOCUMENT_*, PTAR_STATEMENT_MISMATCH, PTAR_SIGNATURE_INVALID
 */
export function verifySnapshotStatement(crypto: Crypto, stored: Uint8Array, subject: SnapshotSubject): SnapshotStatement {
  const envelope = decodeSnapshotStatement(stored);
  const { body } = envelope;
  const id = toHex(subject.id);
  if (body.snapshot !== id) throw mismatch("snapshot", "snapshot", { found: body.snapshot, expected: id });
  if (body.items.count !== subject.items.count || body.items.root !== subject.items.root) {
    throw mismatch("snapshot", "items", {
      found: `${body.items.count} items, root ${body.items.root}`,
      expected: `${subject.items.count} items, root ${subject.items.root}`,
    });
  }
  verifySignature(crypto, envelope, "snapshot");
  return body;
}

// spec/09-trust.md#strict
function verifySignature(crypto: Crypto, envelope: Envelope<ArchiveStatement | SnapshotStatement>, type: string): void {
  if (crypto.verify(envelope.signed, envelope.signature, mustHex(envelope.body.publicKey))) return;
  throw new PtarError("PTAR_SIGNATURE_INVALID", `${type} statement: the signature is not valid under the key ${envelope.body.publicKey}`, {
    hint: "the statement was altered, or is not by this key",
  });
}

function mismatch(type: string, what: string, values: { readonly found: string | number; readonly expected: string | number }): PtarError {
  return new PtarError("PTAR_STATEMENT_MISMATCH", `${type} statement: ${what} ${values.found}, expected ${values.expected}`, {
    hint: "the statement is about something else than this archive",
  });
}
