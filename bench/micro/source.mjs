// CPU time of what reads a tree: the walk with listed facts, with all facts, and opening, reading and closing every file.
//   node bench/micro/source.mjs FOLDER [ROUNDS]
import { readFileSync } from "node:fs";
import { filesSource } from "../../dist/node.js";

const [folder, rounds = "5"] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: node bench/micro/source.mjs FOLDER [ROUNDS]");
/** Length of a tick of the clock that children are measured by, milliseconds: the same on every Linux. */
const tickMs = 10;
const buffer = new Uint8Array(1 << 20);

const works = [
  ["walk, listed facts", () => walked({ facts: "listing" })],
  ["walk, all facts", () => walked({})],
  ["open, read, close", readAll],
];

console.log(`${folder}, Node ${process.versions.node}: medians of ${rounds}`);
console.log(`${"".padEnd(20)}${["entries", "wall ms", "CPU ms", "children ms", "CPU µs each"].map((head) => head.padStart(13)).join("")}`);
const files = await listed();
for (const [name, work] of works) {
  const runs = [];
  for (let i = 0; i < Number(rounds); i++) runs.push(await measured(work));
  const [count, ...times] = [0, 1, 2, 3].map((column) => median(runs.map((run) => run[column])));
  const cells = [count, ...times.map((time) => time.toFixed(0)), (((times[1] + times[2]) * 1000) / count).toFixed(2)];
  console.log(`${name.padEnd(20)}${cells.map((cell) => String(cell).padStart(13)).join("")}`);
}

async function walked(options) {
  let count = 0;
  for await (const run of filesSource([folder], options).walk()) for (const event of run) if (event.kind !== "leave") count++;
  return count;
}

async function listed() {
  const contents = [];
  for await (const run of filesSource([folder], { facts: "listing" }).walk())
    for (const { content } of run) if (content !== undefined) contents.push(content);
  return contents;
}

async function readAll() {
  const source = filesSource([folder]);
  for (const content of files) {
    const reader = source.open(content);
    while ((await reader.read(buffer)) > 0);
    reader.close();
  }
  return files.length;
}

/** Count, wall time, CPU time of this process and of its children, milliseconds. */
async function measured(work) {
  const [wall, own, children] = [performance.now(), process.cpuUsage(), childrenMs()];
  const count = await work();
  const { user, system } = process.cpuUsage(own);
  return [count, performance.now() - wall, (user + system) / 1000, childrenMs() - children];
}

function childrenMs() {
  const fields = readFileSync("/proc/self/stat", "latin1").split(") ")[1].split(" ");
  return (Number(fields[13]) + Number(fields[14])) * tickMs;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
