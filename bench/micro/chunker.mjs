// MB per second of CPU time of the chunkers, alternating: `npm run build && node bench/micro/chunker.mjs [rounds]`. Prints the best and
// the middle round.
import { plainChunker } from "../../dist/chunking/chunker.js";
import { profiles } from "../../dist/chunking/gear.js";
import { loadWasmChunker } from "../../dist/chunking/gear-wasm.js";

const rounds = Number(process.argv[2] ?? 15);
const length = 64 * 1024 * 1024;

const noise = seeded(length);
const words = Array.from({ length: 4096 }, (_, i) => Buffer.from(`${noise.subarray(16 * i, 16 * i + 2 + (noise[i] % 9)).toString("hex")} `));
const inputs = {
  random: noise,
  text: textOf(length),
  zeros: new Uint8Array(length),
  "random, shared": shared(noise, 0),
  "random, shared, at an odd address": shared(noise, 5),
};

console.log(`node ${process.version}, ${length / 1048576} MiB, profile default, ${rounds} rounds: MB/s of CPU time, best / middle`);
for (const [title, run] of Object.entries(inputs)) {
  const chunkers = [plainChunker, loadWasmChunker()];
  const rates = chunkers.map(() => []);
  for (let round = 0; round < rounds; round++) for (const [i, chunker] of chunkers.entries()) rates[i].push(rateOf(chunker, run));
  console.log(title.padEnd(36), ...chunkers.map(({ name }, i) => `${name} ${figures(rates[i])}`.padEnd(24)));
}

function rateOf(chunker, run) {
  const start = process.cpuUsage();
  const ends = chunker.cuts(run, profiles.default, "ended");
  const { user, system } = process.cpuUsage(start);
  if (ends.at(-1) !== run.length) throw new Error(`${chunker.name}: the last cut is ${ends.at(-1)}, expected ${run.length}`);
  return run.length / (user + system);
}

function figures(rates) {
  const sorted = rates.toSorted((a, b) => b - a);
  return `${sorted[0].toFixed(0)} / ${sorted[Math.floor(sorted.length / 2)].toFixed(0)}`;
}

/** Bytes of xorshift32, the same in every run. */
function seeded(count) {
  const states = new Uint32Array(count / 4);
  let state = 20240229;
  for (let i = 0; i < states.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    states[i] = state;
  }
  return Buffer.from(states.buffer);
}

/** Words of a small vocabulary, drawn by `noise`. */
function textOf(count) {
  const text = new Uint8Array(count);
  for (let at = 0, i = 0; at < count; i += 2) {
    const word = words[noise.readUInt16LE(i % count) % words.length].subarray(0, count - at);
    text.set(word, at);
    at += word.length;
  }
  return text;
}

function shared(bytes, offset) {
  const view = new Uint8Array(new SharedArrayBuffer(bytes.length + offset), offset);
  view.set(bytes);
  return view;
}
