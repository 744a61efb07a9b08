// Names of users and groups, from the system's own databases by getent. spec/06-snapshot.md#captured
import type { SourceItem } from "../../../tree/source.js";
import { runProgram } from "../programs.js";

type Database = "passwd" | "group";

/** Names are asked for once; with more numbers than this they are forgotten and asked for again. */
const maxKept = 65_536;
/** One or more of the numbers have no name. */
const someMissing = 2;

/** Names that were asked for so far. */
export class OwnerNames {
  readonly #getent: string;
  readonly #names: Readonly<Record<Database, Map<number, string | undefined>>> = { passwd: new Map(), group: new Map() };
  /** Whether every question got an answer. */
  isWhole = true;

  constructor(getent: string) {
    this.#getent = getent;
  }

  /** Asks for the names of all owners of `items` that are not known yet. @throws PTAR_INTERRUPTED */
  async learn(items: readonly SourceItem[], signal: AbortSignal | undefined): Promise<void> {
    await this.#ask("passwd", new Set(items.flatMap(({ uid }) => uid ?? [])), signal);
    await this.#ask("group", new Set(items.flatMap(({ gid }) => gid ?? [])), signal);
  }

  /** Names of the owners of `item`; none for numbers that have no name. */
  namesOf({ uid = -1, gid = -1 }: SourceItem): Pick<SourceItem, "owner" | "group"> {
    const [owner, group] = [this.#names.passwd.get(uid), this.#names.group.get(gid)];
    return { ...(owner === undefined ? {} : { owner }), ...(group === undefined ? {} : { group }) };
  }

  async #ask(database: Database, numbers: ReadonlySet<number>, signal: AbortSignal | undefined): Promise<void> {
    const names = this.#names[database];
    if (names.size > maxKept) names.clear();
    const unknown = [...numbers].filter((number) => !names.has(number));
    if (unknown.length === 0) return;
    for (const number of unknown) names.set(number, undefined);
    const status = await runProgram(this.#getent, {
      arguments: [database, ...unknown.map(String)],
      onLine: (line) => this.#learnt(database, line),
      signal,
    });
    this.isWhole &&= status === 0 || status === someMissing;
  }

  /** `name:password:number:…`; an answer to another question is none. */
  #learnt(database: Database, line: string): void {
    const [name = "", , number = ""] = Buffer.from(line, "latin1").toString().split(":");
    const names = this.#names[database];
    if (name !== "" && /^\d+$/.test(number) && names.has(Number(number))) names.set(Number(number), name);
  }
}
