// How much of what they could try the slow suites try: a share of it in CI, all with PTAR_THOROUGH=1.

const thorough = process.env.PTAR_THOROUGH === "1";

/** Steps between places that are tried: `n`; one when all are to be tried. */
export const oneIn = (n: number): number => (thorough ? 1 : n);

/** An amount that is enough for each change, or the one of the long run. */
export const amount = (usual: number, long: number): number => (thorough ? long : usual);
