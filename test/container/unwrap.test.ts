// What becomes of wrapped keys that open and hold the wrong thing. spec/14-encryption.md#opening
import { describe, expect, it } from "vitest";
import { unwrapSecret } from "../../src/container/unwrap.js";
import { PtarError } from "../../src/errors/ptar-error.js";
import { nativeCrypto } from "../../src/native/crypto.js";
import { archiveId, keysFor, owner, ringOf, secret } from "./sealing.js";

const payload = await keysFor([owner]);
const keys = [3, 4].map((place) => ({ place, payload, kind: "recipients", origin: "own" }) as const);

/** Looks for a secret that `check` refuses. */
const searched = (check: (secret: Uint8Array) => void) =>
  unwrapSecret({ of: "archive", owner: archiveId, keys, check }, ringOf(owner), { scrypt: nativeCrypto.scrypt });

describe("a secret that is another one", () => {
  it("is wiped", async () => {
    let given = new Uint8Array();
    const refuse = (found: Uint8Array) => {
      expect(found).toEqual(secret);
      given = found as Uint8Array<ArrayBuffer>;
      throw new PtarError("PTAR_KEY_COMMITMENT", "another one");
    };
    await expect(searched(refuse)).rejects.toThrow("another one");
    expect(given).toEqual(new Uint8Array(32));
  });

  it("is not what a defect is taken for", async () => {
    let checked = 0;
    const failOnce = () => {
      if (checked++ === 0) throw new TypeError("a defect");
    };
    await expect(searched(failOnce)).rejects.toThrow(TypeError);
  });
});
