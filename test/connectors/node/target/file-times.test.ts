import { closeSync, futimesSync, lstatSync, openSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { secondsFor } from "../../../../src/connectors/node/target/file-times.js";
import { newFolder } from "../../folder.js";

const path = join(newFolder(), "f");

function set(nanoseconds: bigint): bigint {
  const seconds = secondsFor(String(nanoseconds));
  if (seconds === undefined) throw new Error("too far away");
  const fd = openSync(path, "w");
  futimesSync(fd, seconds, seconds);
  closeSync(fd);
  return lstatSync(path, { bigint: true }).mtimeNs;
}

describe("secondsFor", () => {
  // what ext4 with 128-byte inodes holds too, 1901 to 2038; in the first and the last second Linux drops all fractions
  const times = fc.bigInt(-2_147_483_646_000_000n, 2_147_483_646_000_000n);

  it("sets every microsecond exactly, before 1970 too", () => {
    const property = fc.property(times, (micros) => {
      expect(set(micros * 1000n) / 1000n).toBe(micros);
    });
    fc.assert(property, { seed: 7, numRuns: 3000 });
  });

  it("cuts nanoseconds towards zero", () => {
    const property = fc.property(times, fc.integer({ min: 0, max: 999 }), (micros, nanos) => {
      const time = micros < 0n ? micros * 1000n - BigInt(nanos) : micros * 1000n + BigInt(nanos);
      expect(set(time) / 1000n).toBe(micros);
    });
    fc.assert(property, { seed: 8, numRuns: 1000 });
  });

  it.each([0n, 1_000_000_000n, -1_000_000_000n, 1_763_712_131_000_000_000n])("sets whole seconds exactly: %i", (time) => {
    expect(set(time)).toBe(time);
  });

  it("gives a number from 1970 on, and text before", () => {
    expect([secondsFor("0"), secondsFor("500000000"), secondsFor("-500000000")]).toEqual([0, 0.5, "-0.5"]);
  });

  // further than the file systems of most machines go
  it.each([1, -1])("finds the one double that sets a microsecond, 158 years from 1970 (%i)", (sign) => {
    for (let micros = 1; micros < 1000; micros++) {
      const seconds = Number(secondsFor(String(BigInt(sign) * (5_000_000_000_000_000n + BigInt(micros)) * 1000n)));
      expect(Math.trunc(((seconds - sign * 5_000_000_000) * 1e9) / 1000)).toBe(sign * micros);
    }
  });

  it("gives the nearest double where none sets the microsecond", () => {
    expect(secondsFor("10000000000000002000")).toBe(10_000_000_000.000_002);
  });

  it("knows no time that is too far away", () => {
    expect(secondsFor("99999999999000000000")).toBeDefined();
    expect(secondsFor("100000000000000000000")).toBeDefined();
    expect(secondsFor("100000000001000000000")).toBeUndefined();
    expect(secondsFor("-100000000001000000000")).toBeUndefined();
    expect(secondsFor("9".repeat(30))).toBeUndefined();
  });
});
