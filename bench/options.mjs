// The command line of the benchmark.
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

/** What reads what `create` wrote. */
export const archiveActions = ["verify", "extract", "list", "one", "import"];
/** What goes on with what `backup` wrote. */
export const repositoryActions = ["sync", "unchanged", "edited"];
/** What can be measured, in the order in which it runs. */
export const actions = ["create", ...archiveActions, "backup", ...repositoryActions, "version", "memory"];

const usage = `usage: node bench/run.mjs [options]
  --corpus LIST        lin, nm, bin, b, d1, d2, small, joined by commas (default small)
  --peers LIST         restic, borg, zstd, squashfs (default none)
  --sealed             also ptar sealed for one recipient
  --actions LIST       ${actions.join(", ")} (default all)
  --rounds N           measured rounds after one warm-up (default 5)
  --workers N          passed on to the commands of ptar that have it
  --node PATH          another Node for ptar, beside this one; may be given several times
  --work DIR           corpora and archives; corpora are kept (default ${join(tmpdir(), "ptar-bench")})
  --out DIR            where to extract (default /dev/shm where it is a tmpfs, else the work folder)
  --corpus-dir DIR     folder that holds linux-source-6.1
  --node-modules DIR   the tree of nm, instead of one made with npm
  --json FILE          also write every run as JSON`;

/** Options in their types. Throws on unknown words; `help` is the text to print instead of running. */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      corpus: { type: "string", default: "small" },
      peers: { type: "string", default: "" },
      sealed: { type: "boolean", default: false },
      actions: { type: "string", default: actions.join(",") },
      rounds: { type: "string", default: "5" },
      workers: { type: "string" },
      node: { type: "string", multiple: true, default: [] },
      work: { type: "string", default: join(tmpdir(), "ptar-bench") },
      out: { type: "string" },
      "corpus-dir": { type: "string" },
      "node-modules": { type: "string" },
      json: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  return {
    ...(values.help ? { help: usage } : {}),
    corpora: words(values.corpus),
    peers: words(values.peers),
    actions: listed("--actions", words(values.actions), actions),
    rounds: counted("--rounds", values.rounds),
    sealing: values.sealed ? ["plain", "sealed"] : ["plain"],
    workers: values.workers,
    cores: availableParallelism(),
    nodes: [process.execPath, ...values.node.map((path) => resolve(path))],
    work: resolve(values.work),
    out: values.out === undefined ? undefined : resolve(values.out),
    corpusDir: values["corpus-dir"] === undefined ? undefined : resolve(values["corpus-dir"]),
    nodeModules: values["node-modules"] === undefined ? undefined : resolve(values["node-modules"]),
    json: values.json,
  };
}

/** The words of a list joined by commas. */
export function words(list) {
  return list.split(",").filter((word) => word !== "");
}

/** `chosen`, when all of it is among `known`. */
export function listed(option, chosen, known) {
  const stranger = chosen.find((word) => !known.includes(word));
  if (stranger !== undefined) throw new Error(`${option}: ${stranger} is not one of ${known.join(", ")}`);
  return chosen;
}

/** A whole number of at least 1. */
export function counted(option, text) {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) throw new Error(`${option}: ${text} is not a number of at least 1`);
  return count;
}
