// SIGKILL at seeded moments of `create`: no file at the final name but a whole one, and the next run works.
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { amount } from "../thorough.js";
import { ptar, startPtar, temporaryFolder } from "./program.js";

const moments = amount(20, 50);
const folder = temporaryFolder();
const config = join(folder, "config");
const source = join(folder, "source");
const target = join(folder, "target");
const archive = join(target, "a.ptar");

/** A deterministic stream of numbers from 0 to 1 (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test(`killed at ${moments} moments, create leaves nothing that could be taken for an archive`, async () => {
  mkdirSync(source);
  mkdirSync(target);
  const random = seeded(1);
  for (let i = 0; i < 120; i++) {
    writeFileSync(join(source, `${i}.bin`), Buffer.from(Uint8Array.from({ length: 100_000 }, () => random() * 256)));
  }
  const started = performance.now();
  expect(ptar(config, "create", archive, source).status).toBe(0);
  const whole = performance.now() - started;
  let finished = 0;
  for (let moment = 0; moment < moments; moment++) {
    rmSync(archive, { force: true });
    const child = startPtar(config, "create", archive, source);
    const ended = once(child, "exit");
    await sleep(random() * whole * 1.1);
    child.kill("SIGKILL");
    await ended;
    if (!existsSync(archive)) continue;
    finished++;
    expect(ptar(config, "verify", archive).status, "a file at the final name is a whole archive").toBe(0);
  }
  expect(finished).toBeLessThan(moments);
  // what the killed runs left are parts with names of their own; they do not stand in the way
  expect(readdirSync(target).filter((name) => name !== "a.ptar" && !name.endsWith(".ptar-part"))).toEqual([]);
  rmSync(archive, { force: true });
  expect(ptar(config, "create", archive, source).status).toBe(0);
  expect(ptar(config, "verify", archive, "--level", "deep").status).toBe(0);
  console.info(`killed ${moments} runs of about ${Math.round(whole)} ms; ${finished} had finished`);
});
