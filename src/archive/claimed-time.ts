// Times that documents claim about themselves. spec/00-conventions.md#time

const firstSecond = Date.parse("0000-01-01T00:00:00Z");
const second = 1_000_000_000n;
const lastSecond = Date.parse("9999-12-31T23:59:59Z");

/** RFC 3339 UTC with whole seconds, within the years 0000 to 9999 that the form can spell. */
export function claimedTime(date: Date): string {
  const clamped = Math.min(Math.max(date.getTime(), firstSecond), lastSecond);
  return `${new Date(clamped).toISOString().slice(0, 19)}Z`;
}

/** The newest `mtime` of a tree, in nanoseconds, as a claimed time; 1970-01-01T00:00:00Z when there is none. */
export function newestTime(nanoseconds: string | null): string {
  const time = BigInt(nanoseconds ?? 0);
  // down to the second it lies in, before 1970 too: division alone rounds towards 1970
  const seconds = (time - (((time % second) + second) % second)) / second;
  return claimedTime(new Date(Math.min(Math.max(Number(seconds) * 1000, firstSecond), lastSecond)));
}
