// The progress line.
import { describe, expect, it } from "vitest";
import { toUtf8 } from "../../../src/bytes/utf8.js";
import { createProgressLine, formatProgress } from "../../../src/cli/ui/progress.js";

const progress = { phase: "pack", entries: 1204, bytes: 1_000_000_000, totalBytes: 4_000_000_000, errors: 1 } as const;

describe("the progress line", () => {
  it("has phase, percent, rate, remaining time, entries and errors", () => {
    expect(formatProgress(progress, 10, 200)).toBe("packing  25 %  1.0 GB of 4.0 GB  100.0 MB/s  ETA 0:30  1 204 entries  1 error");
  });

  it("leaves out percent and remaining time when the total is not known", () => {
    expect(formatProgress({ phase: "pack", entries: 1, bytes: 500, errors: 0 }, 0, 200)).toBe("packing  500 B  1 entry  0 errors");
  });

  it("escapes the path and never fills more than its columns", () => {
    const path = toUtf8("a\x1b]0;写写写写写写写写写写");
    const line = formatProgress({ ...progress, path }, 10, 90);
    expect(line).toContain("a\\x1b]0;写");
    expect([...line].reduce((width, char) => width + (char < "\x80" ? 1 : 2), 0)).toBeLessThanOrEqual(90);
    expect(formatProgress({ ...progress, path }, 10, 5)).toBe("packi");
  });

  it("takes 80 columns where the terminal does not know its width", () => {
    const written: string[] = [];
    const path = toUtf8("x".repeat(200));
    createProgressLine({ isTTY: true, columns: 0, write: (text) => written.push(text) }, () => 0).onProgress({ ...progress, path });
    expect(written[0]?.length).toBe("\r".length + 79 + "\x1b[K".length);
  });

  it("is drawn only on a terminal", () => {
    const written: string[] = [];
    const line = createProgressLine({ isTTY: false, write: (text) => written.push(text) }, () => 0);
    line.onProgress(progress);
    line.clear();
    expect(written).toEqual([]);
  });

  it("is drawn at most ten times a second and can be removed", () => {
    const written: string[] = [];
    let time = 0;
    const line = createProgressLine({ isTTY: true, columns: 200, write: (text) => written.push(text) }, () => time);
    for (; time < 1000; time++) line.onProgress(progress);
    expect(written.length).toBe(10);
    line.clear();
    line.clear();
    expect(written.slice(10)).toEqual(["\r\x1b[K"]);
  });
});
