// What cuts a run of bytes into chunks: a plug, so that each platform takes its fastest. spec/03-block.md#chunks
import { type ChunkerParams, type FindCut, findCut } from "./gear.js";

/** Cuts runs into chunks. All chunkers find the same cuts; they differ in speed only. */
export interface Chunker {
  readonly name: string;
  /**
   * Ends of the chunks of `run`, which starts at a chunk's start: positions, increasing. With "ended" the last one is `run.length`
   * (unless the run is empty); with "open" what follows the last cut is still to come: the next run begins at that cut.
   */
  cuts(run: Uint8Array, params: ChunkerParams, more: "ended" | "open"): readonly number[];
}

/** The chunker that runs everywhere. */
export const plainChunker: Chunker = chunkerOf("plain", findCut);

/** A chunker of `name` that finds each cut by `find`. */
export function chunkerOf(name: string, find: FindCut): Chunker {
  return {
    name,
    cuts: (run, params, more) => {
      const ends: number[] = [];
      let start = 0;
      while (start < run.length) {
        const cut = find(run, start, run.length, params);
        if (cut < 0 && more === "open") break;
        start = cut < 0 ? run.length : cut;
        ends.push(start);
      }
      return ends;
    },
  };
}
