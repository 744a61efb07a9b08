// Times that documents claim about themselves. spec/00-conventions.md#time

const lastSecond = Date.UTC(9999, 11, 31, 23, 59, 59);

/** RFC 3339 UTC with whole seconds, within the years 0000 to 9999 that the form can spell. */
export function claimedTime(date: Date): string {
  const clamped = Math.min(Math.max(date.getTime(), Date.UTC(1970, 0, 1)), lastSecond);
  return `${new Date(clamped).toISOString().slice(0, 19)}Z`;
}

/** The newest `mtime` of a tree, in nanoseconds, as a claimed time; 1970-01-01T00:00:00Z when there is none. */
export function newestTime(nanoseconds: string | null): string {
  const seconds = nanoseconds === null ? 0n : BigInt(nanoseconds) / 1_000_000_000n;
  const bounded = seconds > BigInt(lastSecond / 1000) ? BigInt(lastSecond / 1000) : seconds;
  return claimedTime(new Date(Number(bounded) * 1000));
}
