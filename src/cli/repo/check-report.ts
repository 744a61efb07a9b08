// What `ptar repo check` found, for people and programs. spec/15-repository.md#check
import { toHex } from "../../bytes/hex.js";
import type { CheckReport } from "../../repository/check.js";
import type { CheckProblem } from "../../repository/check-findings.js";
import type { Arguments, Context } from "../command.js";
import { pathJson } from "../json.js";
import { escapeBytes } from "../ui/escape.js";
import { formatCount, formatCounted } from "../ui/units.js";

const shownPaths = 20;

/** Prints what was checked, each problem and what it affects; the exit code. */
export async function reportChecked(report: CheckReport, args: Arguments, { out, notes }: Context): Promise<number> {
  if (args.flag("json")) {
    await out.json(checkJson(report, args.archive()));
    return report.exitCode;
  }
  const { level, packs, objects, snapshotCount, orphans, problems, problemCount, snapshots, paths } = report;
  const counted = [formatCounted(snapshotCount, "snapshot"), formatCounted(packs, "pack"), formatCounted(objects, "object")];
  await out.line(`${problemCount === 0 ? "ok     " : "damaged"}  ${counted.join(", ")}, level ${level}`);
  if (orphans > 0) notes.say(`${formatCounted(orphans, "pack")} that no index names: left by a crash, or being written; prune removes what is old`);
  for (const { code, message, hint, file } of problems)
    notes.fail({ message: `${file === undefined ? "" : `${file}: `}${message} (${code})`, ...(hint && { hint }) });
  if (problemCount > problems.length) notes.fail({ message: `and ${formatCount(problemCount - problems.length)} more problems` });
  for (const id of snapshots) await out.line(`affected snapshot ${toHex(id)}`);
  for (const { snapshot, path } of paths.slice(0, shownPaths))
    await out.line(`affected ${toHex(snapshot).slice(0, 12)} ${path.length === 0 ? "all of it" : escapeBytes(path)}`);
  if (paths.length > shownPaths) notes.say(`and ${formatCount(paths.length - shownPaths)} more paths: --json lists them`);
  return report.exitCode;
}

function checkJson({ problems, snapshots, paths, ...numbers }: CheckReport, location: string): object {
  return {
    location,
    ...numbers,
    problems: problems.map(problemJson),
    snapshots: snapshots.map(toHex),
    paths: paths.map(({ snapshot, path }) => ({ snapshot: toHex(snapshot), ...pathJson(path) })),
  };
}

function problemJson({ code, message, hint, file, object }: CheckProblem): object {
  return { code, message, hint: hint ?? null, file: file ?? null, object: object === undefined ? null : { kind: object.kind, id: toHex(object.id) } };
}
