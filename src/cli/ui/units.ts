// Numbers, sizes and times as people read them.

const units = ["B", "kB", "MB", "GB", "TB", "PB"];

/** `1204` as `1 204`. */
export function formatCount(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, " ");
}

/** `1204` and `file` as `1 204 files`; `plural` when an s is not enough. */
export function formatCounted(value: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(value)} ${value === 1 ? singular : plural}`;
}

/** Bytes in decimal units, `18.4 GB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.95 would be shown as 1000.0
  while (value >= (unit === 0 ? 1000 : 999.95) && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Seconds as `0:07`, `12:00` or `3:05:09`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const pad = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}

/** Part of a whole, `31 %`; `0 %` of nothing. */
export function formatPercent(part: number, whole: number): string {
  // 100 % means all of it, so it is never reached by rounding
  return `${whole === 0 ? 0 : Math.min(100, Math.floor((part / whole) * 100))} %`;
}

/** Decimal nanoseconds since 1970 as `2026-11-21 09:02:11Z`; `?` when unknown, and the number itself when no calendar shows it. */
export function formatNanoseconds(text: string | null | undefined): string {
  if (text === null || text === undefined) return "?";
  const nanoseconds = BigInt(text);
  const milliseconds = Number((nanoseconds - (((nanoseconds % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n);
  if (Math.abs(milliseconds) > 8.64e15) return `@${text}`;
  return new Date(milliseconds)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d{3}Z$/, "Z");
}

/** Type and permission bits as `ls -l` shows them. */
export function formatMode(type: string, mode: number | undefined): string {
  const letter = { file: "-", directory: "d", symlink: "l", fifo: "p", socket: "s", block: "b", character: "c" }[type] ?? "?";
  if (mode === undefined) return `${letter}?????????`;
  const bits = [...Array(9).keys()].map((i) => ((mode >> (8 - i)) & 1 ? "rwx".charAt(i % 3) : "-"));
  for (const [bit, at, set] of [
    [0o4000, 2, "s"],
    [0o2000, 5, "s"],
    [0o1000, 8, "t"],
  ] as const)
    if (mode & bit) bits[at] = bits[at] === "x" ? set : set.toUpperCase();
  return letter + bits.join("");
}
