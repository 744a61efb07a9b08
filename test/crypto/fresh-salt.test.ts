import { createHash } from "node:crypto";
import * as os from "node:os";
import { afterEach, describe, expect, test, vi } from "vitest";
import { label } from "../../src/bytes/label.js";
import { saltOf } from "../../src/crypto/fresh-salt.js";
import { portableCrypto } from "../../src/crypto/portable.js";
import { nativeCrypto } from "../../src/native/crypto.js";

vi.mock("node:os", { spy: true });
afterEach(() => vi.restoreAllMocks());

/** A generator in the same state again and again, as in two copies of one machine. */
const stuck = { randomBytes: (length: number) => new Uint8Array(length).fill(7) };

/** Salt and the parts that were hashed for it. */
function watched(...machine: readonly string[]): { readonly salt: Uint8Array; readonly parts: readonly Uint8Array[] } {
  let parts: readonly Uint8Array[] = [];
  const sha256 = (...given: readonly Uint8Array[]) => {
    parts = given;
    return portableCrypto.sha256(...given);
  };
  return { salt: saltOf({ ...stuck, sha256 }, ...machine), parts };
}

/** Words of the text that was hashed. */
const words = ({ parts }: { readonly parts: readonly Uint8Array[] }) => new TextDecoder().decode(parts[2]).split(" ");

describe("a fresh salt", () => {
  test.each([
    ["portable", portableCrypto],
    ["native", nativeCrypto],
  ] as const)("of the %s back end has 32 bytes and is never the same", (_, crypto) => {
    const salts = Array.from({ length: 50 }, () => crypto.freshSalt());
    expect(salts.every((salt) => salt.length === 32 && Object.getPrototypeOf(salt) === Uint8Array.prototype)).toBe(true);
    expect(new Set(salts.map((salt) => Buffer.from(salt).toString("hex"))).size).toBe(50);
  });

  test("is the hash of label, 32 random bytes and the moment", () => {
    vi.spyOn(Date, "now").mockReturnValue(1234567890123);
    vi.spyOn(performance, "now").mockReturnValue(42.5);
    const { salt, parts } = watched("hall", "9");
    expect(parts.slice(0, 2)).toEqual([label("ptar1/salt"), stuck.randomBytes(32)]);
    expect(words({ parts })).toEqual(["1234567890123", String(performance.timeOrigin), "42.5", expect.stringMatching(/^\d+$/), "hall", "9"]);
    expect(salt).toEqual(new Uint8Array(createHash("sha256").update(Buffer.concat(parts)).digest()));
  });

  test("differs though generator and clocks stand still", () => {
    vi.spyOn(Date, "now").mockReturnValue(0);
    vi.spyOn(performance, "now").mockReturnValue(0);
    const [first, second] = [watched(), watched()];
    expect(Number(words(second)[3])).toBe(Number(words(first)[3]) + 1);
    expect(second.salt).not.toEqual(first.salt);
  });

  test("of Node takes process, its clock and the host's name too", () => {
    const pid = vi.spyOn(process, "pid", "get");
    const clock = vi.spyOn(process.hrtime, "bigint");
    nativeCrypto.freshSalt();
    expect(pid).toHaveBeenCalled();
    expect(clock).toHaveBeenCalled();
    expect(os.hostname).toHaveBeenCalled();
  });
});
