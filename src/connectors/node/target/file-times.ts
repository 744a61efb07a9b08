// Times for the system calls of Node, which take seconds and keep microseconds. spec/00-conventions.md#time

/** Further away than this no file system goes (the year 5138). */
const farthestSeconds = 1e11;

/**
 * Seconds for `nanoseconds` such that the system sets the microsecond that they lie in, cut towards zero; undefined when the time
 * is too far away. As text, since Node takes a negative number for "now".
 *
 * libuv takes apart a double and cuts, so seconds that are a hair too small set the microsecond before. Where the nearest double is such a one, a
 * neighbour is right: doubles of this century lie 0.24 µs apart.
 */
export function secondsFor(nanoseconds: string): string | undefined {
  const wanted = BigInt(nanoseconds);
  const whole = Number(wanted / 1_000_000_000n);
  if (Math.abs(whole) > farthestSeconds) return undefined;
  const nearest = whole + Number(wanted % 1_000_000_000n) / 1e9;
  const candidates = [nearest, nearest + spacing(nearest), nearest - spacing(nearest)];
  return String(candidates.find((seconds) => microsecondsSet(seconds) === wanted / 1000n) ?? nearest);
}

/** What libuv makes of `seconds`. */
function microsecondsSet(seconds: number): bigint {
  const whole = Math.trunc(seconds);
  return BigInt(whole) * 1_000_000n + BigInt(Math.trunc(((seconds - whole) * 1e9) / 1000));
}

/** Distance to the next double. */
function spacing(seconds: number): number {
  return 2 ** (Math.floor(Math.log2(Math.max(Math.abs(seconds), 2 ** -20))) - 52);
}
