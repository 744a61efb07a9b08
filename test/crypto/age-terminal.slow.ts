// Passphrases of the program age, which takes them from a terminal only. spec/14-encryption.md#keys
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { unwrapWithPassphrase, wrapForPassphrase } from "../../src/crypto/age.js";
import { ageOnTerminal, noAge, tempFolder } from "./age-program.js";

const secret = Uint8Array.from({ length: 80 }, (_, i) => 200 - i);

describe.skipIf(noAge)("the program age", () => {
  test("takes a passphrase as it is here, letters beyond ASCII too", async () => {
    const passphrase = "Grüße aus fünf Wörtern";
    const [plain, wrapped, back] = ["plain", "wrapped", "back"].map((name) => join(tempFolder(), name)) as [string, string, string];
    writeFileSync(wrapped, await wrapForPassphrase(secret, passphrase, { log2Cost: 10 }));
    ageOnTerminal(["-d", "-o", back, wrapped], passphrase);
    expect(new Uint8Array(readFileSync(back))).toEqual(secret);

    writeFileSync(plain, secret);
    ageOnTerminal(["-p", "-o", `${wrapped}.age`, plain], passphrase);
    expect(await unwrapWithPassphrase(readFileSync(`${wrapped}.age`), passphrase)).toEqual({ kind: "opened", plaintext: secret });
  });
});
