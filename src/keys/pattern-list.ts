// OpenSSH's pattern lists, as ssh_config(5) describes them under PATTERNS.

/** Whether `name` matches one pattern of the list and none of its negated ones (`!pattern`). */
export function matchesPatternList(name: string, list: string): boolean {
  let found = false;
  for (const pattern of list.split(",")) {
    const negated = pattern.startsWith("!");
    if (!matchesPattern(name, negated ? pattern.slice(1) : pattern)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

/** `*` matches any run, `?` one character. Time is at most the product of both lengths, whatever the pattern. */
function matchesPattern(name: string, pattern: string): boolean {
  let at = 0;
  let star = -1;
  let retry = 0;
  let p = 0;
  while (at < name.length) {
    if (pattern[p] === "*") {
      star = p++;
      retry = at;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === name[at])) {
      p++;
      at++;
    } else if (star >= 0) {
      // let the last star take one character more
      p = star + 1;
      at = ++retry;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
