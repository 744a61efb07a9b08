// Several things read at once, and taken in order. spec/15-repository.md#index

/**
 * What `read` gives for each item, in their order: at most `most` are under way or wait to be taken. When it ends, early or with what one of them threw,
 * none is under way any more.
 */
export async function* readAhead<Item, Result>(
  items: Iterable<Item>,
  read: (item: Item) => Promise<Result>,
  most: number,
): AsyncGenerator<Result, void, undefined> {
  const reading: Promise<Result>[] = [];
  try {
    for (const item of items) {
      const next = read(item);
      // heard when it is its turn
      next.catch(() => undefined);
      reading.push(next);
      if (reading.length === most) yield await (reading.shift() as Promise<Result>);
    }
    for (let next = reading.shift(); next !== undefined; next = reading.shift()) yield await next;
  } finally {
    await Promise.allSettled(reading);
  }
}
