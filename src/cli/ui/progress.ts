// The progress line: drawn on a terminal only, a few times a second.
import type { OnProgress, Progress } from "../../archive/progress.js";
import { escapeBytes } from "./escape.js";
import { formatBytes, formatCounted, formatDuration, formatPercent } from "./units.js";

/** Where the line is drawn. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A line that shows how far work is. */
export interface ProgressLine {
  readonly onProgress: OnProgress;
  /** Removes the line, before something else is written or at the end. */
  clear(): void;
}

const intervalMilliseconds = 100;
const words: Readonly<Record<Progress["phase"], string>> = {
  scan: "scanning",
  pack: "packing",
  finish: "finishing",
  verify: "verifying",
  extract: "extracting",
  list: "listing",
};

/** Draws on `terminal` when it is one; `now` gives milliseconds. */
export function createProgressLine(terminal: Terminal, now: () => number = performance.now.bind(performance)): ProgressLine {
  let phase: Progress["phase"] | undefined;
  let [started, drawn, shown] = [0, Number.NEGATIVE_INFINITY, false];
  const clear = () => {
    if (shown) terminal.write("\r\x1b[K");
    shown = false;
  };
  const onProgress: OnProgress = (progress) => {
    if (terminal.isTTY !== true) return;
    const time = now();
    if (progress.phase !== phase) [phase, started] = [progress.phase, time];
    if (time - drawn < intervalMilliseconds) return;
    drawn = time;
    shown = true;
    // the last column stays free: a full line would wrap and could not be cleared
    terminal.write(`\r${formatProgress(progress, (time - started) / 1000, (terminal.columns || 80) - 1)}\x1b[K`);
  };
  return { onProgress, clear };
}

/** One line of at most `columns` characters: phase, percent, rate, remaining time, files, errors, path. */
export function formatProgress(progress: Progress, seconds: number, columns: number): string {
  const { bytes, totalBytes, entries, errors, path } = progress;
  const rate = seconds > 0 ? bytes / seconds : 0;
  const parts = [words[progress.phase]];
  if (totalBytes === undefined) parts.push(formatBytes(bytes));
  else parts.push(formatPercent(bytes, totalBytes), `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`);
  if (rate > 0) parts.push(`${formatBytes(rate)}/s`);
  if (rate > 0 && totalBytes !== undefined) parts.push(`ETA ${formatDuration((totalBytes - bytes) / rate)}`);
  parts.push(formatCounted(entries, "entry", "entries"), formatCounted(errors, "error"));
  if (path !== undefined) parts.push(escapeBytes(path));
  return cutToWidth(parts.join("  "), columns);
}

/** `text` cut to `columns`; whatever is not ASCII is taken to be two columns wide. */
function cutToWidth(text: string, columns: number): string {
  let width = 0;
  let cut = "";
  for (const char of text) {
    width += char < "\x80" ? 1 : 2;
    if (width > columns) return cut;
    cut += char;
  }
  return cut;
}
