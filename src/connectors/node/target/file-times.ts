// Times for the system calls of Node, which take seconds and keep microseconds. spec/00-conventions.md#time

/** Further away than this no file system goes (the year 5138). */
const farthestSeconds = 1e11;

/**
 * Seconds for `nanoseconds` such that the system sets the microsecond that they lie in, cut towards zero; undefined when the time
 * is too far away. Before 1970 as text, since Node takes a negative number for "now".
 *
 * libuv takes apart a double and cuts, so seconds that are a hair too small set the microsecond before. Where the nearest double is such a one, a
 * neighbour is right: doubles of this century lie 0.24 µs apart.
 */
export function secondsFor(nanoseconds: string): number | string | undefined {
  const sign = nanoseconds.startsWith("-") ? -1 : 1;
  const digits = sign < 0 ? nanoseconds.slice(1) : nanoseconds;
  const whole = sign * Number(digits.slice(0, -9));
  if (Math.abs(whole) > farthestSeconds) return undefined;
  const rest = sign * Number(digits.slice(-9));
  const wanted = { whole, micros: Math.trunc(rest / 1000) };
  const nearest = whole + rest / 1e9;
  const seconds = sets(nearest, wanted)
    ? nearest
    : ([1, -1].map((way) => nearest + way * spacing(nearest)).find((near) => sets(near, wanted)) ?? nearest);
  return seconds < 0 ? String(seconds) : seconds;
}

/** Whether libuv makes the `wanted` time of `seconds`; both parts of a time have its sign. */
function sets(seconds: number, wanted: { readonly whole: number; readonly micros: number }): boolean {
  const whole = Math.trunc(seconds);
  return whole === wanted.whole && Math.trunc(((seconds - whole) * 1e9) / 1000) === wanted.micros;
}

/** Distance to the next double. */
function spacing(seconds: number): number {
  return 2 ** (Math.floor(Math.log2(Math.abs(seconds))) - 52);
}
