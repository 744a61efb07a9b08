// What the compiled-in mutants ask: which of them is on. Each call also notes that its mutant would have made a difference here,
// so that a test is repeated only for the mutants that it can notice.

/** Makes `__mutation` for mutants numbered below `count`. */
export function makeSwitch(count) {
  const hits = new Uint8Array(count);
  let on = 0;
  const pair = (own, other) => (id, a, b) => {
    const [value, changed] = [own(a, b), other(a, b)];
    if (value !== changed) hits[id] = 1;
    return on === id ? changed : value;
  };
  const lt = (a, b) => a < b;
  const le = (a, b) => a <= b;
  const gt = (a, b) => a > b;
  const ge = (a, b) => a >= b;
  const eq = (a, b) => a === b;
  const ne = (a, b) => a !== b;
  return {
    hits,
    kept: undefined,
    /** Turns one mutant on; 0: none. */
    set(id) {
      on = id;
    },
    lt: pair(lt, le),
    le: pair(le, lt),
    gt: pair(gt, ge),
    ge: pair(ge, gt),
    eq: pair(eq, ne),
    ne: pair(ne, eq),
    /** Texts are joined with + too, and stay as they are. */
    add: (id, a, b) => (typeof a === "string" || typeof b === "string" ? a + b : sum(id, a, b)),
    sub: pair(
      (a, b) => a - b,
      (a, b) => a + b,
    ),
    step(id, by) {
      if (typeof by === "string") return by;
      hits[id] = 1;
      return on === id ? -by : by;
    },
    num(more, less, value) {
      hits[more] = hits[less] = 1;
      return on === more ? value + 1 : on === less ? value - 1 : value;
    },
    /** The condition is still computed: it may read on. */
    cond(never, always, value) {
      hits[value ? never : always] = 1;
      return on === never ? false : on === always ? true : value;
    },
    not(id, value) {
      hits[id] = 1;
      return on === id ? Boolean(value) : !value;
    },
    drop(id) {
      hits[id] = 1;
      return on === id;
    },
    keep(id, value) {
      hits[id] = 1;
      this.kept = value;
      return on === id;
    },
    left(only, never, value) {
      hits[value == null ? only : never] = 1;
      this.kept = value;
      return on === only;
    },
    right(never) {
      return on === never ? undefined : this.kept;
    },
  };

  function sum(id, a, b) {
    if (Number(b) !== 0) hits[id] = 1;
    return on === id ? a - b : a + b;
  }
}
