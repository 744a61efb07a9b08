// Order and bounds of the stages of a pipeline.
import { describe, expect, it } from "vitest";
import { Room, Sequence } from "../../src/archive/stages.js";

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** What promises are by now. */
async function statesOf(promises: readonly Promise<unknown>[]): Promise<readonly string[]> {
  const states = promises.map(() => "waits");
  for (const [i, promise] of promises.entries()) {
    promise.then(
      () => {
        states[i] = "done";
      },
      (error: Error) => {
        states[i] = error.message;
      },
    );
  }
  await pause(0);
  return states;
}

describe("a sequence", () => {
  it("runs one job after the other, however long each takes", async () => {
    const told: string[] = [];
    const sequence = new Sequence(() => undefined);
    for (const [i, milliseconds] of [20, 0, 10].entries()) {
      sequence.add(async () => {
        told.push(`begin ${i}`);
        await pause(milliseconds);
        told.push(`end ${i}`);
      });
    }
    await sequence.end;
    expect(told).toEqual(["begin 0", "end 0", "begin 1", "end 1", "begin 2", "end 2"]);
  });

  it("ends with the first failure, tells of it, and starts nothing behind it", async () => {
    const told: unknown[] = [];
    const sequence = new Sequence((error) => told.push((error as Error).message));
    sequence.add(() => pause(1));
    sequence.add(() => Promise.reject(new Error("first")));
    sequence.add(() => Promise.reject(new Error("second")));
    await expect(sequence.end).rejects.toThrow("first");
    sequence.add(() => Promise.reject(new Error("third")));
    await expect(sequence.end).rejects.toThrow("first");
    expect(new Set(told)).toEqual(new Set(["first"]));
  });

  it("takes jobs from its jobs", async () => {
    const told: number[] = [];
    const sequence = new Sequence(() => undefined);
    sequence.add(async () => {
      sequence.add(async () => {
        told.push(2);
      });
      told.push(1);
    });
    await sequence.end;
    await sequence.end;
    expect(told).toEqual([1, 2]);
  });
});

describe("a room", () => {
  it("has its places, and gives those that come back to who waited first", async () => {
    const room = new Room(2);
    const takes = [room.take(), room.take(), room.take(), room.take()];
    expect(await statesOf(takes)).toEqual(["done", "done", "waits", "waits"]);
    room.give();
    expect(await statesOf(takes)).toEqual(["done", "done", "done", "waits"]);
    room.give();
    room.give();
    expect(await statesOf(takes)).toEqual(["done", "done", "done", "done"]);
    expect(await statesOf([room.take(), room.take()])).toEqual(["done", "waits"]);
  });

  it("turns away who waits and who comes later, with the first failure", async () => {
    const room = new Room(1);
    await room.take();
    const waiting = statesOf([room.take(), room.take()]);
    room.fail(new Error("first"));
    room.fail(new Error("second"));
    room.give();
    expect(await waiting).toEqual(["first", "first"]);
    expect(await statesOf([room.take()])).toEqual(["first"]);
  });
});
