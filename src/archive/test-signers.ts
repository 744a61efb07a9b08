// Whether keys can sign, found out before anything is written. spec/08-manifest.md#statement
import { toHex } from "../bytes/hex.js";
import type { Crypto } from "../crypto/crypto.js";
import { PtarError } from "../errors/ptar-error.js";
import type { Signer } from "../keys/signer.js";

/** @throws PTAR_KEY_INVALID, and what signing throws */
export async function testSigners(signers: readonly Signer[], crypto: Crypto): Promise<void> {
  const message = crypto.randomBytes(32);
  for (const signer of signers) {
    if (crypto.verify(message, await signer.sign(message), signer.publicKey)) continue;
    throw new PtarError("PTAR_KEY_INVALID", `key ${toHex(signer.publicKey)}: a test signature is not valid`, {
      hint: "the private and the public half of this key do not belong together",
    });
  }
}
