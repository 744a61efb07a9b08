// The side of a thread: does tasks one after the other.
import { parentPort, workerData } from "node:worker_threads";
import { BatchReader } from "../../archive/batch-reader.js";
import { packObjects, packRun } from "../../archive/chunk-packing.js";
import type { Engine } from "../../archive/engine.js";
import type { LanePlan, OpenContent, PackedBlock } from "../../archive/lanes.js";
import { openBlock } from "../../block/unpack.js";
import { limits as formatLimits } from "../../format/limits.js";
import { loadNativeEngine } from "../engine.js";
import { digestColumns, piecesOf } from "./columns.js";
import type { ThreadData } from "./pool.js";
import { type Answer, type Asked, failureOf, type TaskName, type Tasks } from "./tasks.js";

interface Run {
  readonly plan: LanePlan;
  readonly buffers: readonly Uint8Array[];
  readonly reader: BatchReader;
}

/** Answers the tasks that come to this thread; `open` opens contents of kind `path`. To be called once, in a worker thread. */
export function serveTasks(open: OpenContent): void {
  const port = parentPort;
  if (port === null) throw new TypeError("this is not a worker thread");
  const { encoders } = workerData as ThreadData;
  const worker = loadNativeEngine({ encoders }).then((engine) => new Hand(engine, open));
  let turn: Promise<void> = Promise.resolve();
  port.on("message", (asked: Asked) => {
    turn = turn.then(async () => {
      const { answer, transfer } = await answerOf(worker, asked);
      try {
        port.postMessage(answer, transfer);
      } catch (error) {
        port.postMessage({ failure: failureOf(error) } satisfies Answer);
      }
    });
  });
}

async function answerOf(
  hand: Promise<Hand>,
  { task, needs }: Asked,
): Promise<{ readonly answer: Answer; readonly transfer: readonly ArrayBuffer[] }> {
  try {
    const gives = await (await hand).do(task, needs as never);
    return { answer: { gives }, transfer: buffersOf(gives) };
  } catch (error) {
    return { answer: { failure: failureOf(error) }, transfer: [] };
  }
}

/** What need not be copied on its way back. */
function buffersOf(gives: Tasks[TaskName]["gives"]): readonly ArrayBuffer[] {
  if (gives === undefined) return [];
  const arrays = Object.values(gives).filter((value): value is Uint8Array => ArrayBuffer.isView(value));
  return arrays
    .filter(({ buffer, byteLength }) => buffer instanceof ArrayBuffer && buffer.byteLength === byteLength)
    .map(({ buffer }) => buffer as ArrayBuffer);
}

class Hand {
  readonly #engine: Engine;
  readonly #open: OpenContent;
  readonly #runs = new Map<number, Run>();
  readonly #tasks: { readonly [Name in TaskName]: (needs: Tasks[Name]["needs"]) => Tasks[Name]["gives"] | Promise<Tasks[Name]["gives"]> } = {
    open: (needs) => this.#openRun(needs),
    digest: async ({ run, buffer, batch, pieces }) => {
      const { reader, buffers } = this.#run(run);
      return digestColumns(await reader.digest({ number: batch, pieces: piecesOf(pieces) }, buffers[buffer] as Uint8Array));
    },
    pack: (needs) => this.#pack(needs),
    packObjects: ({ run, objects }) => packObjects(objects, this.#engine, this.#run(run).plan),
    openBlock: ({ payload, frame, holds, limits = formatLimits, want }) => {
      const opened = openBlock(payload, this.#engine, { frame, holds, limits });
      // a stored run is a view of the payload, which could not be transferred
      return { ...opened, raw: want === "ids" ? new Uint8Array() : ownBytes(opened.raw) };
    },
    close: ({ run }) => {
      this.#runs.get(run)?.reader.close();
      this.#runs.delete(run);
      return undefined;
    },
  };

  constructor(engine: Engine, open: OpenContent) {
    this.#engine = engine;
    this.#open = open;
  }

  do<Name extends TaskName>(task: Name, needs: Tasks[Name]["needs"]): Tasks[Name]["gives"] | Promise<Tasks[Name]["gives"]> {
    return this.#tasks[task](needs);
  }

  #openRun({ run, plan, buffers }: Tasks["open"]["needs"]): undefined {
    const reader = new BatchReader(this.#engine, plan, this.#open);
    this.#runs.set(run, { plan, reader, buffers: buffers.map((buffer) => new Uint8Array(buffer)) });
  }

  #pack({ run, apart, buffers: numbers, offsets, lengths }: Tasks["pack"]["needs"]): PackedBlock {
    const { plan, buffers } = this.#run(run);
    let taken = 0;
    const chunks = Array.from(offsets, (offset, i) => {
      const buffer = buffers[numbers[i] as number];
      return buffer === undefined ? (apart[taken++] as Uint8Array) : buffer.subarray(offset, offset + (lengths[i] as number));
    });
    return packRun(chunks, this.#engine, plan);
  }

  #run(number: number): Run {
    const run = this.#runs.get(number);
    if (run === undefined) throw new TypeError(`run ${number} is not open`);
    return run;
  }
}

function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}
