// What stands beside exported statements for whoever reads them without this program. spec/13-interchange.md#openssl
import { mustHex, toHex } from "../bytes/hex.js";
import type { Crypto } from "../crypto/crypto.js";
import { formatFingerprint } from "../keys/archive-fingerprint.js";
import { fingerprintOf } from "../keys/ssh-wire.js";
import type { ExportedManifest, ExportedStatement, OpensslExport } from "./openssl-parts.js";

/** The text; all that it takes from the archive are digests, words of closed lists and times of a fixed form. */
export function readmeText({ manifests, snapshots, listing, statements }: OpensslExport, crypto: Crypto): string {
  const newest = manifests.at(-1) as ExportedManifest;
  const first = statements[0] as ExportedStatement;
  const listed = snapshots.map(({ file, id }) => `  ${file.padEnd(16)}snapshot ${toHex(id)}`);
  return `Signatures of a PTAR archive, to be checked without ptar
=========================================================

archive fingerprint  ${formatFingerprint(newest.digest)}

${statements.map((statement) => signedLine(statement, crypto)).join("\n")}

Check everything with OpenSSL 3.0 or newer and sha256sum:

  sh verify.sh
  sh verify.sh ARCHIVE       also finds the manifest inside the archive file


By hand
-------

1. The signature. NAME.msg is the message that was signed, byte by byte; NAME.sig is the Ed25519 signature (RFC 8032,
   64 bytes); NAME.pem is the public key. "Signature Verified Successfully" must come out:

     openssl pkeyutl -verify -pubin -inkey ${first.name}.pem -rawin -in ${first.name}.msg -sigfile ${first.name}.sig

2. What was signed. The message is text: "DSSEv1", a type and a JSON document with their lengths before them
   (DSSE pre-authentication encoding). In archive-*.msg the member "manifest" is the SHA-256 of the manifest, and that is
   the archive fingerprint above:

     sha256sum ${newest.file}

   The member "publicKey" is the key in NAME.pem, in hexadecimal:

     openssl pkey -pubin -in ${first.name}.pem -noout -text

3. The manifest stands in the archive as it is here:

${manifests.map(({ offset, bytes }) => `     tail -c +${offset + 1} ARCHIVE | head -c ${bytes.length} | sha256sum`).join("\n")}

4. In snapshot-*.msg the member "snapshot" names a snapshot, which says what was collected and how completely. Its id is the
   SHA-256 of "ptar1/snapshot", two zero bytes and the file${listing === "sealed" ? ":" : ", and the manifest lists it:"}

     { printf 'ptar1/snapshot\\000\\000'; cat ${snapshots[0]?.file ?? "snapshot-1.json"}; } | sha256sum

${listed.join("\n")}
${listing === "sealed" ? sealedText : ""}

What this shows
---------------

- Whoever holds the keys signed these messages: the one for the archive names its manifest and, as "tree", the root of a
  Merkle tree (RFC 9162) over every byte of the archive up to and with the manifest.
- Nobody without the key can make another archive with these signatures, or change a byte that the tree covers unnoticed.

What this does not show
-----------------------

- Whose key it is: compare the fingerprint of each key with its owner, by another way than this folder.
- That the archive file has this tree: this needs all of its bytes. "ptar verify" does it; chapters 2 and 10 of the
  specification say how to write a program that does.
- That the contents are true, who wrote them, that no other archive was made, or when: times are claimed by the signer.
`;
}

// spec/14-encryption.md#manifest
const sealedText = `
   That the archive holds these snapshots cannot be checked here: it is sealed, and so is its list of them. "ptar verify"
   with a key shows it.

   The archive is sealed, this folder is not: snapshot-*.json tells what was collected and how completely.
`;

function signedLine({ name, about, envelope }: ExportedStatement, crypto: Crypto): string {
  const { publicKey, role, action, time } = envelope.body;
  const key = fingerprintOf(mustHex(publicKey), crypto);
  return `${name.padEnd(16)} ${about.padEnd(16)} ${action} as ${role}, ${time} (claimed)\n${" ".repeat(17)}key ${key}`;
}
