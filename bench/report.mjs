// What is printed: Markdown tables, so that results can be kept as they are.
import { spread } from "./figures.mjs";
import { goalsFor, goalsNotMeasured, goalText } from "./goals.mjs";

const mebibyte = 1024 * 1024;
const megabyte = 1e6;

/** Seconds with three figures or so. */
export function seconds(value) {
  if (value < 1) return value.toFixed(3);
  return value < 10 ? value.toFixed(2) : value.toFixed(1);
}

/** A table in Markdown: aligned columns, numbers on the right; a column in which all cells are empty is left out. */
export function table(header, rows) {
  const columns = header.map((_, i) => i).filter((i) => rows.some((row) => row[i] !== ""));
  const widths = header.map((title, i) => Math.max(3, title.length, ...rows.map((row) => row[i].length)));
  const isNumber = header.map((_, i) => rows.every((row) => /^[\d.–-]*$/.test(row[i])));
  const line = (cells) => `| ${columns.map((i) => (isNumber[i] ? cells[i].padStart(widths[i]) : cells[i].padEnd(widths[i]))).join(" | ")} |`;
  const rule = widths.map((width, i) => (isNumber[i] ? `${"-".repeat(width - 1)}:` : "-".repeat(width)));
  return [line(header), line(rule), ...rows.map(line)].join("\n");
}

/** Machine, programs and what each of them does: without it figures cannot be compared. */
export function headText(machine, programs, { rounds, workers }) {
  const { processors, memoryGiB, kernel, archivesOn, extractedTo, date } = machine;
  const rows = programs
    .filter(({ key }) => key !== "node")
    .map(({ name, version, settings, encrypted, synced, verified }) => [name, version, settings.replaceAll("|", "\\|"), encrypted, synced, verified]);
  return [
    `${date}; ${processors}, ${memoryGiB} GiB; ${kernel}; archives on ${archivesOn}, extracted to ${extractedTo}; page cache warm`,
    `${rounds} rounds after a warm-up, alternating, every second one backwards; workers: ${workers ?? "as the program chooses"}`,
    "",
    table(["program", "version", "settings", "encrypted", "synced to disk", "checked"], rows),
  ].join("\n");
}

/** One corpus: how much there is. */
export function corpusText({ name, files, bytes }) {
  return `\n## ${name}: ${files} files, ${(bytes / megabyte).toFixed(1)} MB`;
}

/** One action: medians of each program, then ratios with least and greatest of the pairs, and goals beside them. */
export function actionText({ action, corpus, rounds, programs, ratios }) {
  const figures = programs.map(({ name, runs, size }) => {
    const median = (key) => spread(runs.map((run) => run[key])).median;
    return [
      name,
      seconds(median("wall")),
      seconds(median("cpu")),
      (median("memory") / mebibyte).toFixed(0),
      size === undefined ? "" : megabytes(size),
    ];
  });
  const compared = ratios.map(({ subject, base, wall, cpu, memory, size, goals }) => [
    `${subject} / ${base}`,
    ranged(wall),
    cpu === undefined ? "–" : ranged(cpu),
    memory.median.toFixed(2),
    size === undefined ? "" : size.toFixed(2),
    goals.map(goalText).join("; "),
  ]);
  const title = action === "version" ? "--version" : `${action} ${corpus}`;
  return [
    `\n### ${title} (medians of ${rounds})\n`,
    table(["program", "wall s", "CPU s", "peak MiB", "size MB"], figures),
    ...(compared.length === 0 ? [] : ["", table(["ratio", "wall (min to max)", "CPU (min to max)", "peak", "size", "goal"], compared)]),
  ].join("\n");
}

const megabytes = (bytes) => (bytes < 10 * megabyte ? (bytes / megabyte).toFixed(3) : (bytes / megabyte).toFixed(1));
const ranged = ({ median, min, max }) => `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;

/** Greatest peak of each program in each action on one corpus, MiB. */
export function memoryText(corpus, results) {
  const names = [...new Set(results.flatMap(({ programs }) => programs.map(({ name }) => name)))];
  const rows = names.map((name) => {
    const peaks = results.map(({ programs }) => programs.find((program) => program.name === name)?.runs.map(({ memory }) => memory));
    const goal = name.startsWith("ptar") ? goalsFor({ action: "memory", corpus }).map(goalText).join("; ") : "";
    return [name, ...peaks.map((runs) => (runs === undefined ? "" : (Math.max(...runs) / mebibyte).toFixed(0))), goal];
  });
  const header = ["peak MiB", ...results.map(({ action }) => action), "goal"];
  return `\n### memory ${corpus} (largest process, greatest of all rounds)\n\n${table(header, rows)}`;
}

/** What is wanted on these corpora and was not measured in this run: never left out in silence. */
export function notMeasuredText(corpora, results) {
  const missing = goalsNotMeasured(corpora, results);
  if (missing.length === 0) return "";
  const lines = missing.map(
    (goal) => `- ${goal.action} ${goal.corpus}: ptar${goal.subject === undefined ? "" : ` ${goal.subject}`} / ${goal.base}, ${goalText(goal)}`,
  );
  return `\nGoals on these corpora without a measurement in this run:\n\n${lines.join("\n")}`;
}
