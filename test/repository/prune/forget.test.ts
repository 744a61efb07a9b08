// Which snapshots a rule keeps. spec/15-repository.md#prune
import { describe, expect, it } from "vitest";
import { type AuthorsOf, applyRule, forgetSnapshots, forgottenBy as forgottenByAuthor, type KeepRule } from "../../../src/repository/prune/forget.js";
import type { StoredSnapshot } from "../../../src/repository/snapshot-files.js";
import { backedUp, newRepository, reopened } from "../repositories.js";

/** Snapshots with these claimed times, of one source unless `label` says otherwise. */
const at = (times: readonly string[], label = "a", tags: readonly string[] = []): readonly StoredSnapshot[] =>
  times.map(
    (finished) =>
      ({ id: new Uint8Array(32), snapshot: { times: { started: finished, finished }, sources: [{ kind: "files", label }], tags } }) as never,
  );

/** Of snapshots by one author, unless `authorsOf` says otherwise. */
const forgottenBy = (rule: KeepRule, snapshots: readonly StoredSnapshot[], authorsOf: AuthorsOf = () => ["me"]) =>
  forgottenByAuthor(rule, snapshots, authorsOf);

const times = (snapshots: readonly StoredSnapshot[]) => snapshots.map(({ snapshot }) => snapshot.times.finished);

describe("a rule", () => {
  const hours = ["2026-11-20T08:00:00Z", "2026-11-20T08:30:00Z", "2026-11-20T09:00:00Z", "2026-11-21T09:00:00Z"];

  it("keeps the last ones", () => {
    expect(times(forgottenBy({ last: 1 }, at(hours)))).toEqual(hours.slice(0, 3));
    expect(times(forgottenBy({ last: 9 }, at(hours)))).toEqual([]);
  });

  it("keeps the latest of each hour, day, month and year", () => {
    expect(times(forgottenBy({ hourly: 10 }, at(hours)))).toEqual([hours[0]]);
    expect(times(forgottenBy({ hourly: 2 }, at(hours)))).toEqual([hours[0], hours[1]]);
    expect(times(forgottenBy({ daily: 2 }, at(hours)))).toEqual([hours[0], hours[1]]);
    const years = ["2024-12-31T23:59:59Z", "2025-01-01T00:00:00Z", "2025-01-31T00:00:00Z", "2025-02-01T00:00:00Z"];
    expect(times(forgottenBy({ monthly: 3 }, at(years)))).toEqual([years[1]]);
    expect(times(forgottenBy({ yearly: 2 }, at(years)))).toEqual([years[1], years[2]]);
  });

  it("counts weeks from Monday", () => {
    const days = ["2026-11-15T23:59:59Z", "2026-11-16T00:00:00Z", "2026-11-22T23:59:59Z", "2026-11-23T00:00:00Z"];
    expect(times(forgottenBy({ weekly: 3 }, at(days)))).toEqual([days[1]]);
  });

  it("keeps tagged ones, and looks at each source by itself", () => {
    expect(forgottenBy({ tags: ["keep"] }, [...at(hours, "a", ["keep"]), ...at(hours, "a")])).toHaveLength(4);
    expect(forgottenBy({ last: 1 }, [...at(hours, "a"), ...at(hours, "b")])).toHaveLength(6);
  });

  it("looks at those of each author by themselves, and of nobody", () => {
    const [mine, theirs, nobodys] = [at(hours), at(hours), at(hours)];
    const authorsOf: AuthorsOf = (one) => (mine.includes(one) ? ["me"] : theirs.includes(one) ? ["me", "them"] : []);
    const forgotten = forgottenBy({ last: 1 }, [...mine, ...theirs, ...nobodys], authorsOf);
    expect(forgotten).toEqual([mine, theirs, nobodys].flatMap((all) => all.slice(0, 3)));
  });
});

describe("a rule that keeps nothing of a source", () => {
  const [tagged, others] = [at(["2026-11-20T08:00:00Z"], "a", ["keep"]), at(["2026-11-20T08:00:00Z", "2026-11-21T08:00:00Z"], "b")];

  it("leaves all of it", () => {
    expect(forgottenBy({ tags: ["keep"] }, [...tagged, ...others])).toEqual([]);
    expect(forgottenBy({ last: 0 }, others)).toEqual([]);
  });

  it("is told from one that keeps it", () => {
    expect(applyRule({ tags: ["keep"] }, [...tagged, ...others], () => ["me"])).toEqual({ forgotten: [], spared: others });
    expect(applyRule({ last: 2 }, others, () => ["me"])).toEqual({ forgotten: [], spared: [] });
  });
});

describe("forgetting", () => {
  it("deletes snapshots and nothing else", async () => {
    const repository = await newRepository();
    await backedUp(repository, { a: "a" });
    await backedUp(repository, { b: "b" });
    await forgetSnapshots(repository, repository.snapshots.slice(0, 1));
    const again = await reopened(repository.storage);
    expect(again.snapshots.map(({ id }) => id)).toEqual(repository.snapshots.slice(1).map(({ id }) => id));
    expect(again.index.size).toBe(repository.index.size);
  });
});
