// Kinds of objects and the labels of their ids. spec/04-object.md#kinds

/** Numbers of the object kinds. */
export const kinds = {
  chunk: 1,
  list: 2,
  page: 3,
  content: 4,
  snapshot: 5,
  statement: 6,
  links: 7,
  catalogue: 8,
  locations: 9,
  inventory: 10,
  holdings: 11,
} as const;

/** Name of an object kind. */
export type Kind = keyof typeof kinds;

const names = new Map<number, Kind>(Object.entries(kinds).map(([name, number]) => [number, name as Kind]));

/** Name of kind `number`, or undefined when it is unknown. */
export function kindName(number: number): Kind | undefined {
  return names.get(number);
}

/** Label of the id of a kind; a chunk has none: its id is the plain SHA-256 of its bytes. */
export function idLabel(kind: Kind): string | undefined {
  return kind === "chunk" ? undefined : `ptar1/${kind}`;
}
