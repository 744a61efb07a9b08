// What mutants came to: counts by folder, the score, and who survives without a reason. Reasons stand in equivalent.json.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const reasons = JSON.parse(readFileSync(join(import.meta.dirname, "equivalent.json"), "utf8"));

/** Tables and lines for people. */
export function reportOf(results) {
  const tried = results.filter(({ left }) => !left);
  const folders = byFolder(tried);
  const survivors = tried.filter(({ by, key }) => by === undefined && reasons[key] === undefined);
  return [
    ...survivors.map(({ file, line, within, original, change }) => `${file}:${line} ${within}: ${original} → ${change}`),
    ...[...folders].map(([folder, some]) => lineOf(folder, some)),
    lineOf("all", tried),
  ].join("\n");
}

function lineOf(name, some) {
  const killed = some.filter(({ by }) => by !== undefined).length;
  const explained = some.filter(({ by, key }) => by === undefined && reasons[key] !== undefined).length;
  const survived = some.length - killed - explained;
  return `${name}: ${some.length} mutants, ${killed} killed, ${explained} explained, ${survived} survived, score ${((100 * killed) / (killed + survived)).toFixed(1)} %`;
}

function byFolder(some) {
  const folders = new Map();
  for (const one of some) folders.set(dirname(one.file), [...(folders.get(dirname(one.file)) ?? []), one]);
  return folders;
}
