// Sources of the command line that a pattern leaves out. spec/06-snapshot.md#completeness
import type { EventRun, Source } from "../tree/source.js";
import type { Notes } from "./ui/notes.js";

/**
 * `files`, which also tells of each of the sources `named` that is left out as a whole, with --quiet too: somebody who names a thing
 * expects it in the archive, and what is excluded makes no collection incomplete.
 */
export function tellingLeftOut(files: Source, named: Source["sources"], notes: Notes): Source {
  const sources = sourcesByPath(named);
  const walk = async function* (...how: Parameters<Source["walk"]>): AsyncGenerator<EventRun> {
    for await (const events of files.walk(...how)) {
      for (const event of events) {
        const lost = event.kind === "excluded" ? sources.get(Buffer.from(event.path).toString()) : undefined;
        for (const label of lost ?? []) notes.fail({ message: `source ${label}: is excluded, the archive holds nothing of it` });
      }
      yield events;
    }
  };
  return { ...files, walk };
}

/** Labels of sources by their own path and those of the directories above them. */
function sourcesByPath(named: Source["sources"]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { label } of named) {
    for (let end = label.indexOf("/"); end >= 0; end = label.indexOf("/", end + 1)) add(label.slice(0, end), label);
    add(label, label);
  }
  return found;

  function add(path: string, label: string): void {
    found.set(path, [...(found.get(path) ?? []), label]);
  }
}
