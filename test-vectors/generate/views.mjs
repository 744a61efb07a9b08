// One archive as readers with different keys see it: rows that share a file. test-vectors/README.md

/**
 * The rows of one archive. What a way to read it says of itself wins over what all have in common; without a name of its own a row is called
 * after the key.
 */
export function views(row, ...ways) {
  const file = `${/^\d\d-([a-z]+)/.exec(row.spec)[1]}/${row.name}.ptar`;
  return ways.map(({ key, ...way }) => {
    const who = key?.identity ?? key?.passphrase;
    return { ...row, name: who === undefined ? row.name : `${row.name}-${who}`, file, ...(key && { key }), ...way };
  });
}

/** Without a key, and nothing wrong that is seen so. */
export const nobody = () => ({ code: null });
export const erin = (more) => ({ key: { identity: "erin" }, ...more });
export const frank = (more) => ({ key: { identity: "frank" }, ...more });
export const oscar = (more) => ({ key: { identity: "oscar" }, ...more });
export const words = (more) => ({ key: { passphrase: "words" }, ...more });
export const other = (more) => ({ key: { passphrase: "other" }, ...more });
