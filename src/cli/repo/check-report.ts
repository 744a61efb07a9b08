// What `ptar repo check` found, for people and programs. spec/15-repository.md#check
import { toHex } from "../../bytes/hex.js";
import type { CheckReport } from "../../repository/check/check.js";
import { type CheckProblem, keptFindings } from "../../repository/check/findings.js";
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
  const { level, packs, objects, snapshotCount, orphans, problems, problemCount, snapshots, paths, pathCount, exitCode } = report;
  const counted = [formatCounted(snapshotCount, "snapshot"), formatCounted(packs, "pack"), formatCounted(objects, "object")];
  await out.line(`${statusOf(exitCode).padEnd(9)} ${counted.join(", ")}, level ${level}`);
  if (orphans > 0) notes.say(`${formatCounted(orphans, "pack")} that no index names: left by a crash, or being written; prune removes what is old`);
  for (const { code, message, hint, file } of problems)
    notes.fail({ message: `${file === undefined || message.includes(file) ? "" : `${file}: `}${message} (${code})`, ...(hint && { hint }) });
  if (problemCount > problems.length) notes.fail({ message: `and ${formatCounted(problemCount - problems.length, "more problem")}` });
  for (const id of snapshots) await out.line(`affected  snapshot ${toHex(id)}`);
  for (const { snapshot, path } of paths.slice(0, shownPaths))
    await out.line(`affected  ${toHex(snapshot).slice(0, 12)}  ${path.length === 0 ? "all of it" : escapeBytes(path)}`);
  if (pathCount > shownPaths)
    notes.say(
      `and ${formatCounted(pathCount - Math.min(paths.length, shownPaths), "more path")}: --json lists the first ${formatCount(keptFindings)}`,
    );
  return report.exitCode;
}

/** What is wrong, in a word; a signature that is invalid damages no byte. */
function statusOf(exitCode: number): string {
  return exitCode === 0 ? "ok" : exitCode === 4 ? "damaged" : "problems";
}

function checkJson(report: CheckReport, location: string): object {
  const { level, snapshotCount, packs, objects, orphans, problemCount, problems, snapshots, paths, pathCount, exitCode } = report;
  const pathsJson = paths.map(({ snapshot, path }) => ({ snapshot: toHex(snapshot), ...pathJson(path) }));
  return {
    location,
    level,
    snapshots: snapshotCount,
    packs,
    objects,
    orphans,
    problemCount,
    problems: problems.map(problemJson),
    affected: { snapshots: snapshots.map(toHex), pathCount, paths: pathsJson },
    exitCode,
  };
}

function problemJson({ code, message, hint, file, object }: CheckProblem): object {
  return { code, message, hint: hint ?? null, file: file ?? null, object: object === undefined ? null : { kind: object.kind, id: toHex(object.id) } };
}
