// The same bytes whatever the number of lanes and their timing: sealed archives. spec/14-encryption.md#padding
import { expect, it, vi } from "vitest";
import type { CreateOptions } from "../../src/archive/create.js";
import type { Engine } from "../../src/archive/engine.js";
import { laneFolder } from "../native/threads/lane-folder.js";
import { enginesWithThreads, expectSame, framesMade } from "../native/threads/same-bytes.js";
import { native } from "./engines.js";
import { sealForOwner } from "./sealing.js";

const engines = enginesWithThreads();
const sealed: Partial<CreateOptions> = { seal: sealForOwner, profile: "portable", now: () => new Date(0) };

it("a sealed archive has the same bytes whatever the number of lanes and their timing", async () => {
  const source = laneFolder();
  await expectSame(engines, (engine) => withoutChance(() => framesMade(source(), determined(engine), sealed)));
  expect(await framesMade(source(), determined(native), sealed)).not.toEqual(await framesMade(source(), native, sealed));
});

/** Takes what the engine draws at random from a row of numbers. */
function determined(engine: Engine): Engine {
  let next = 0;
  const bytes = (length: number) => Uint8Array.from({ length }, () => next++);
  return { ...engine, crypto: { ...engine.crypto, randomBytes: bytes, freshSalt: () => bytes(32) } };
}

/** The same for the keys that the secret is wrapped with, which are drawn by the age library. */
async function withoutChance<T>(run: () => Promise<T>): Promise<T> {
  let next = 0;
  const spy = vi.spyOn(globalThis.crypto, "getRandomValues").mockImplementation((array) => {
    const bytes = new Uint8Array((array as Uint8Array).buffer, (array as Uint8Array).byteOffset, (array as Uint8Array).byteLength);
    for (let i = 0; i < bytes.length; i++) bytes[i] = next++;
    return array;
  });
  try {
    return await run();
  } finally {
    spy.mockRestore();
  }
}
