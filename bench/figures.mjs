// Medians, and ratios pair by pair: the n-th run of one program against the n-th run of another.

/** Median, least and greatest of `values`. */
export function spread(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}

// seconds; GNU time counts hundredths, and a ratio of fewer than ten of them says nothing
const leastCpu = 0.1;

/** Ratios of two measured programs: wall time, CPU time and peak memory of each pair of runs, and the sizes of what they wrote. */
export function ratios(subject, base) {
  const pairs = (key) => spread(subject.runs.map((run, i) => run[key] / base.runs[i][key]));
  return {
    subject: subject.name,
    base: base.name,
    wall: pairs("wall"),
    ...(base.runs.some(({ cpu }) => cpu < leastCpu) ? {} : { cpu: pairs("cpu") }),
    memory: pairs("memory"),
    ...(subject.size !== undefined && base.size !== undefined ? { size: subject.size / base.size } : {}),
  };
}

/** How fast `to` grew against `from` while the input grew: 1 is linear, 2 quadratic. */
export function exponent(from, to, input) {
  return Math.log(to / from) / Math.log(input.to / input.from);
}
