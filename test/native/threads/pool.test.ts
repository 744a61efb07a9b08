// Threads that fail, end, or are ended: nobody waits for them forever.
import { describe, expect, it, onTestFinished } from "vitest";
import { PtarError } from "../../../src/errors/ptar-error.js";
import { Pool } from "../../../src/native/threads/pool.js";
import { errorOf, failureOf } from "../../../src/native/threads/tasks.js";

/** A module that a thread runs. */
const moduleOf = (code: string) => new URL(`data:text/javascript,${encodeURIComponent(code)}`);

/** Answers each task with `gives`, an expression over what the task needs. */
const answering = (answer: string) =>
  moduleOf(`import { parentPort } from "node:worker_threads"; parentPort.on("message", ({ task, needs }) => parentPort.postMessage(${answer}));`);

function poolOf(entry: URL, count = 1): Pool {
  const pool = new Pool({ count, encoders: "native", entry });
  onTestFinished(() => pool.close());
  return pool;
}

/** A task for any thread, told apart by its run. */
const task = (pool: Pool, run: number) => pool.run("packObjects", { run, objects: [] });
const own = (pool: Pool, run: number, thread: number) => pool.run("close", { run }, { thread });

describe("a pool", () => {
  it("gives each task its own answer, in whatever thread", async () => {
    const pool = poolOf(answering("{ gives: needs.run }"), 3);
    const runs = Array.from({ length: 50 }, (_, i) => i);
    expect(await Promise.all(runs.map((run) => (run % 2 === 0 ? task(pool, run) : own(pool, run, run % 3))))).toEqual(runs);
  });

  it("gives each thread a first task before one gets a second", async () => {
    const pool = poolOf(
      moduleOf(
        'import { parentPort, threadId } from "node:worker_threads"; parentPort.on("message", () => parentPort.postMessage({ gives: threadId }));',
      ),
      3,
    );
    const threads = await Promise.all([0, 1, 2].map((run) => task(pool, run)));
    expect(new Set(threads).size).toBe(3);
  });

  it("names as idlest the thread that has least to do", async () => {
    const pool = poolOf(answering("{ gives: needs.run }"), 3);
    const working = [own(pool, 0, 0), own(pool, 1, 0), own(pool, 2, 1), own(pool, 3, 2), own(pool, 4, 2)];
    expect(pool.idlest).toBe(1);
    await Promise.all(working);
    expect(pool.idlest).toBe(0);
  });

  it("rejects what cannot be sent, and gives the tasks behind it their own answers", async () => {
    const pool = poolOf(answering("{ gives: needs.run }"));
    const refused = () => pool.run("packObjects", { run: 0, objects: [{ kind: "chunk", bytes: (() => 1) as never }] });
    const tasks = [
      task(pool, 1),
      // the first is refused when it is given, the second when its turn comes
      refused(),
      task(pool, 3),
      task(pool, 4),
      refused(),
      task(pool, 6),
    ];
    const results = await Promise.allSettled(tasks);
    expect(results.map((result) => (result.status === "fulfilled" ? result.value : "refused"))).toEqual([1, "refused", 3, 4, "refused", 6]);
  });

  it("rejects every task when no thread can be started", async () => {
    const pool = poolOf(new URL("https://example.org/no-module-of-node.js"));
    await expect(task(pool, 1)).rejects.toThrow();
    await expect(task(pool, 2)).rejects.toThrow();
  });
});

describe("errors of threads", () => {
  it("arrive with code, message, details and hint", async () => {
    const error = new PtarError("PTAR_BLOCK_DECODE", "block (frame 5): does not decode", { details: { frame: 5, why: null }, hint: "a hint" });
    const pool = poolOf(answering(JSON.stringify({ failure: failureOf(error) })));
    const arrived: unknown = await task(pool, 1).catch((thrown: unknown) => thrown);
    expect(arrived).toBeInstanceOf(PtarError);
    expect(arrived).toMatchObject({ code: error.code, message: error.message, details: error.details, hint: error.hint });
  });

  it("keep the place where they arose as their cause", () => {
    const error = new PtarError("PTAR_BLOCK_DECODE", "does not decode");
    const arrived = errorOf(structuredClone(failureOf(error)));
    expect(arrived).toMatchObject({ code: error.code, message: error.message, details: {}, hint: undefined });
    expect((arrived.cause as Error).message).toBe(error.stack);
  });

  it.each([
    [new RangeError("too far"), "too far"],
    ["a text", "a text"],
  ])("that are none of ours keep their message: %s", (thrown, message) => {
    const arrived = errorOf(structuredClone(failureOf(thrown)));
    expect(arrived).toBeInstanceOf(Error);
    expect(arrived).not.toBeInstanceOf(PtarError);
    expect(arrived.message).toBe(message);
  });
});

describe("a thread that is lost", () => {
  it.each([
    ["throws when it is loaded", 'throw new Error("not today")', "not today"],
    ["is no program", "this is no program", undefined],
    ["ends when it is loaded", "process.exit(3)", "a thread ended with code 3"],
    ["has nothing to do", "export {}", "a thread ended with code 0"],
    [
      "ends at its first task",
      'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => process.exit(4))',
      "a thread ended with code 4",
    ],
    [
      "throws aside of its task",
      'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => setTimeout(() => { throw new Error("aside") }))',
      "aside",
    ],
    [
      "cannot send its answer",
      'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => parentPort.postMessage(() => 1))',
      undefined,
    ],
  ])("because it %s rejects all its tasks, now and later", async (_what, code, message) => {
    const pool = poolOf(moduleOf(code));
    const results = await Promise.allSettled([task(pool, 1), own(pool, 2, 0), task(pool, 3), task(pool, 4)]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected", "rejected"]);
    await expect(task(pool, 5)).rejects.toThrow(message);
    await expect(own(pool, 6, 0)).rejects.toThrow(message);
  });

  it("does not take the tasks of others with it", async () => {
    const pool = poolOf(
      moduleOf(`import { parentPort } from "node:worker_threads";
        parentPort.on("message", ({ needs }) => needs.run === 13 ? process.exit(1) : setTimeout(() => parentPort.postMessage({ gives: needs.run }), 50));`),
      2,
    );
    const lost = own(pool, 13, 0);
    const sound = [own(pool, 1, 1), own(pool, 2, 1), own(pool, 3, 1)];
    await expect(lost).rejects.toThrow("a thread ended with code 1");
    expect(await Promise.all(sound)).toEqual([1, 2, 3]);
  });
});

describe("close", () => {
  it("rejects what is under way, what waits, and what comes later", async () => {
    const pool = poolOf(moduleOf('import { parentPort } from "node:worker_threads"; parentPort.on("message", () => undefined)'), 2);
    const tasks = [...Array.from({ length: 9 }, (_, i) => task(pool, i)), own(pool, 10, 1)];
    pool.close();
    const results = await Promise.allSettled(tasks);
    expect(results.every(({ status }) => status === "rejected")).toBe(true);
    await expect(task(pool, 11)).rejects.toThrow("the thread was ended");
    pool.close();
  });

  it("starts no thread", async () => {
    const pool = poolOf(moduleOf("throw new Error()"));
    pool.close();
    await expect(task(pool, 1)).rejects.toThrow("the thread was ended");
  });
});
