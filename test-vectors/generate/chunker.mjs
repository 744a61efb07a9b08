// Golden cut points: inputs by formula, outputs as positions. spec/03-block.md#chunks
import { findCut, profiles } from "../../dist/chunking/gear.js";
import { noise, utf8 } from "./bytes.mjs";

/** How each input is made; a reader makes `length` bytes by the formula. */
const inputs = {
  zeros: (length) => new Uint8Array(length),
  counter: (length) => Uint8Array.from({ length }, (_, i) => i & 255),
  noise: (length) => noise("ptar chunker", length),
};

/** `chunker/<profile>.json` for each profile. */
export function chunkerFiles() {
  return Object.fromEntries(Object.entries(profiles).map(([name, params]) => [`chunker/${name}.json`, utf8(textOf(name, params))]));
}

function textOf(profile, params) {
  const { min, average, max } = params;
  const around = [min, average, max].flatMap((length) => [length - 1, length, length + 1]);
  const lengths = [0, 1, 31, 32, 33, ...around, max + min, 2 * max, 3 * max + 31];
  const { smallBits, largeBits } = params;
  const cases = Object.entries(inputs).flatMap(([input, make]) => {
    const longest = make(lengths.at(-1));
    return lengths.map((length) => ({ input, length, cuts: cutsOf(longest.subarray(0, length), params) }));
  });
  const lines = cases.map((row) => `    ${JSON.stringify(row)}`).join(",\n");
  const head = JSON.stringify({ profile, min, average, max, smallBits, largeBits }, undefined, 2).slice(0, -2);
  return `${head},\n  "cases": [\n${lines}\n  ]\n}\n`;
}

/** Ends of all chunks; the last is the end of the input. */
function cutsOf(bytes, params) {
  const cuts = [];
  for (let start = 0; start < bytes.length; start = cuts.at(-1)) {
    const cut = findCut(bytes, start, bytes.length, params);
    cuts.push(cut < 0 ? bytes.length : cut);
  }
  return cuts;
}
