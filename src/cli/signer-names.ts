// Who signed, in words. spec/09-trust.md#vouching
import type { StatementReport } from "../archive/results.js";
import type { Crypto } from "../crypto/crypto.js";
import { fingerprintOf } from "../keys/ssh-wire.js";
import { ownKeyName } from "./trust-file.js";
import { escapeText } from "./ui/escape.js";

/** Signers of statements, each once, "SHA256:… (your key)"; undefined when there are none. */
export function signersOf(statements: readonly StatementReport[], crypto: Crypto): string | undefined {
  const names = statements.map((statement) => signerOf(statement, crypto));
  return names.length === 0 ? undefined : [...new Set(names)].join(" and ");
}

function signerOf({ publicKey, status, name }: StatementReport, crypto: Crypto): string {
  const fingerprint = fingerprintOf(publicKey, crypto);
  if (status === "unknown-key") return `${fingerprint} (key not known here)`;
  if (status === "expired") return `${fingerprint} (key not trusted for this time)`;
  if (name === ownKeyName) return `${fingerprint} (${ownKeyName})`;
  return name === undefined || name === "" ? `${fingerprint} (trusted)` : `${fingerprint} (trusted as "${escapeText(name)}")`;
}
