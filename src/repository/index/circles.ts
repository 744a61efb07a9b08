// Index archives that supersede each other, which no honest writer makes. spec/15-repository.md#index

/**
 * Names that lead back to themselves over what each supersedes, and those between such circles; none for nearly every repository, which then costs one look
 * at each name.
 */
export function circlesOf(supersedes: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const forward = new Map([...supersedes].filter(([, others]) => others.length > 0));
  const backward = new Map<string, string[]>();
  for (const [name, others] of forward) {
    for (const other of others) {
      const before = backward.get(other);
      if (before === undefined) backward.set(other, [name]);
      else before.push(name);
    }
  }
  // what supersedes nothing that is left is in no circle, nor is what nobody supersedes that is left
  const left = new Set(forward.keys());
  peel(left, { forward, backward });
  peel(left, { forward: backward, backward: forward });
  return [...left];
}

interface Edges {
  readonly forward: ReadonlyMap<string, readonly string[]>;
  readonly backward: ReadonlyMap<string, readonly string[]>;
}

/** Takes names out that lead to nothing that is left, until none does. */
function peel(left: Set<string>, { forward, backward }: Edges): void {
  const degree = new Map([...left].map((name) => [name, (forward.get(name) ?? []).filter((other) => left.has(other)).length]));
  const ends = [...left].filter((name) => degree.get(name) === 0);
  for (let name = ends.pop(); name !== undefined; name = ends.pop()) {
    left.delete(name);
    for (const before of backward.get(name) ?? []) {
      if (!left.has(before)) continue;
      const now = (degree.get(before) ?? 0) - 1;
      degree.set(before, now);
      if (now === 0) ends.push(before);
    }
  }
}
