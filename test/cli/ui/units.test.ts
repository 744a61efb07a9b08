// Numbers, sizes and times for people.
import { describe, expect, it } from "vitest";
import { formatBytes, formatCount, formatCounted, formatDuration, formatMode, formatNanoseconds, formatPercent } from "../../../src/cli/ui/units.js";

describe("units", () => {
  it("groups digits", () => {
    expect([0, 999, 1204, 1234567].map(formatCount)).toEqual(["0", "999", "1 204", "1 234 567"]);
    expect([formatCounted(1, "entry", "entries"), formatCounted(2, "file")]).toEqual(["1 entry", "2 files"]);
  });

  it("never shows 1000 of a unit", () => {
    expect([0, 999, 1000, 999_949, 999_950, 18_400_000_000].map(formatBytes)).toEqual(["0 B", "999 B", "1.0 kB", "999.9 kB", "1.0 MB", "18.4 GB"]);
  });

  it("says 100 % only for the whole", () => {
    expect([formatPercent(999, 1000), formatPercent(1000, 1000), formatPercent(0, 0)]).toEqual(["99 %", "100 %", "0 %"]);
  });

  it("shows durations", () => {
    expect([7, 720, 11109].map(formatDuration)).toEqual(["0:07", "12:00", "3:05:09"]);
  });

  it("shows times before 1970, and those that no calendar has", () => {
    expect(formatNanoseconds("1763715731000000001")).toBe("2025-11-21 09:02:11Z");
    expect(formatNanoseconds("-1")).toBe("1969-12-31 23:59:59Z");
    expect(formatNanoseconds("9000000000000000000000000")).toBe("@9000000000000000000000000");
    expect([formatNanoseconds(null), formatNanoseconds(undefined)]).toEqual(["?", "?"]);
  });

  it("shows modes as ls does", () => {
    expect(formatMode("file", 0o644)).toBe("-rw-r--r--");
    expect(formatMode("directory", 0o1777)).toBe("drwxrwxrwt");
    expect(formatMode("file", 0o6744)).toBe("-rwsr-Sr--");
    expect(formatMode("symlink", undefined)).toBe("l?????????");
  });
});
