// The page of a report in a real browser: nothing in it runs, it looks as it did, and it prints on A4.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { chromium, hasChromium } from "../browser/chromium.js";
import { apart, lightness, readPng } from "./picture.js";
import { caseArchive, checkOf, hostileArchive, reportOf } from "./report-page.js";

const folder = mkdtempSync(join(tmpdir(), "ptar-report-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const committed = join(import.meta.dirname, "__screenshots__", "report.png");

function saved(name: string, page: string): string {
  const path = join(folder, name);
  writeFileSync(path, page);
  return pathToFileURL(path).href;
}

async function pictureOf(name: string, page: string) {
  const path = join(folder, `${name}.png`);
  await chromium(`--screenshot=${path}`, "--window-size=900,1600", saved(`${name}.html`, page));
  return readPng(readFileSync(path));
}

describe.skipIf(!hasChromium())("a report in a browser", () => {
  it("has no element and runs no script that a name, label or case field asks for", async () => {
    const { html: page } = await reportOf(await checkOf(await hostileArchive(), { archive: "<script>document.title='run'</script>" }));
    // without its policy, so that escaping alone has to hold
    const bare = page.replace(/<meta http-equiv=.*>\n/, "");
    expect(bare.length).toBeLessThan(page.length);
    const dom = await chromium("--dump-dom", saved("hostile.html", bare));
    expect(dom).toContain("</html>");
    expect(dom).toContain("&lt;script&gt;document.title='run'");
    expect(dom).not.toMatch(/<(script|img|svg|b|iframe|object|embed|link|form|a)[\s>/]/i);
    expect(dom).not.toMatch(/<[^>]*\son\w+=/i);
    expect(dom).toMatch(/<title>Verification report: /);
    const tags = new Set(Array.from(dom.matchAll(/<([a-z][a-z0-9]*)/gi), ([, tag]) => tag));
    expect([...tags].toSorted()).toEqual(
      "body caption code dd dl dt h1 h2 head header html li main meta p section span strong style table tbody td th thead title tr ul".split(" "),
    );
  });

  it("is stopped by its policy should escaping ever fail", async () => {
    const { html: page } = await reportOf(await checkOf(await caseArchive()));
    const broken = page.replace("<main>", "<main><script>document.title='run'</script><img src=x onerror=\"document.title='run'\">");
    expect(broken).not.toBe(page);
    expect(await chromium("--dump-dom", saved("broken.html", broken))).toContain("<title>Verification report: evidence.ptar</title>");
  });

  it("looks as it did", async () => {
    const { html: page } = await reportOf(await checkOf(await caseArchive()));
    const [expected, found] = [readPng(readFileSync(committed)), await pictureOf("page", page)];
    expect([found.width, found.height]).toEqual([expected.width, expected.height]);
    const grid = lightness(expected);
    const gap = apart(grid, lightness(found));
    // fonts differ between machines and move lines: with another font the mean is up to 5, without style or without verdicts more than 6
    expect(gap.mean).toBeLessThan(6);
    expect(gap.worst).toBeLessThan(40);
    const plain = await pictureOf("plain", page.replace(/<style>.*<\/style>/s, ""));
    expect(apart(grid, lightness(plain)).mean).toBeGreaterThan(7);
  });

  it("prints on A4", async () => {
    const { html: page } = await reportOf(await checkOf(await caseArchive()));
    const path = join(folder, "page.pdf");
    await chromium(`--print-to-pdf=${path}`, saved("print.html", page));
    const boxes = Array.from(readFileSync(path, "latin1").matchAll(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g), ([, w, h]) => [Number(w), Number(h)]);
    expect(boxes.length).toBeGreaterThanOrEqual(3);
    for (const [width, height] of boxes) {
      expect(width).toBeCloseTo(595, -0.5);
      expect(height).toBeCloseTo(842, -0.5);
    }
  });
});
