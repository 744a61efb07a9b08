// Times of `valid-after` and `valid-before` in trust files, and claimed times. spec/09-trust.md#keys

const openssh = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z|UTC)?$/i;
const claimed = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** A time of a trust file. */
export interface TrustTime {
  /** RFC 3339 UTC with whole seconds. */
  readonly time: string;
  /** Whether the file said that the time is UTC; without it OpenSSH takes the time zone of the machine, and PTAR takes UTC. */
  readonly zone: "utc" | "local";
}

/** `YYYYMMDD[HHMM[SS]][Z]`, undefined when `text` is something else or names no real time. */
export function parseTrustTime(text: string): TrustTime | undefined {
  const match = openssh.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = "00", minute = "00", second = "00", zone] = match;
  const time = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
  // 31 April and 24:00 come out of Date as another time or none: OpenSSH moves them on, and a bound that moves is no bound
  const date = new Date(time);
  if (Number.isNaN(date.getTime()) || date.toISOString() !== time.replace("Z", ".000Z")) return undefined;
  return { time, zone: zone === undefined ? "local" : "utc" };
}

/** A time of the form that documents use, as `YYYYMMDDHHMMSSZ`. */
export function formatTrustTime(time: string): string {
  return requireTime(time).replaceAll(/[-:T]/g, "");
}

/** `time` itself. Throws TypeError when it has another form than documents use: only that form sorts as time does. */
// spec/00-conventions.md#time
export function requireTime(time: string): string {
  if (!claimed.test(time)) throw new TypeError("a time is RFC 3339 UTC with whole seconds");
  return time;
}
