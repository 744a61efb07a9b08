// A real browser, without a window and with a profile of its own for each run.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const flags = [
  "--headless --no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage --no-first-run --disable-background-networking",
  "--disable-component-update --disable-sync --hide-scrollbars --force-device-scale-factor=1",
].flatMap((line) => line.split(" "));

/** Whether there is a browser. In CI there must be one. */
export function hasChromium(): boolean {
  try {
    execFileSync("chromium", ["--version"], { stdio: "ignore" });
    return true;
  } catch (error) {
    if (process.env.CI === "true") throw error;
    return false;
  }
}

/** Runs Chromium once, until it ends by itself; its standard output. */
export function chromium(...args: readonly string[]): Promise<string> {
  return withChromium(args, async ({ ended }) => ended);
}

/** Has Chromium open `url`, and ends it when `told` is settled, which is what it gives. */
export function openUntil<T>(url: string, told: Promise<T>): Promise<T> {
  return withChromium([url], async ({ ended, end }) => {
    const early = ended.then(() => {
      throw new Error(`chromium ended before ${url} told anything`);
    });
    try {
      return await Promise.race([told, early]);
    } finally {
      end();
      // its profile can be removed when it is gone
      await ended.catch(() => undefined);
    }
  });
}

interface Running {
  /** What it printed, when it has ended with success. */
  readonly ended: Promise<string>;
  readonly end: () => void;
}

async function withChromium<T>(args: readonly string[], use: (running: Running) => Promise<T>): Promise<T> {
  const profile = mkdtempSync(join(tmpdir(), "ptar-chromium-"));
  try {
    return await use(start([...flags, `--user-data-dir=${profile}`, ...args]));
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function start(args: readonly string[]): Running {
  const child = spawn("chromium", args, { stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  const ended = new Promise<string>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(text) : reject(new Error(`chromium exits ${code}`))));
  });
  return { ended, end: () => child.kill() };
}
