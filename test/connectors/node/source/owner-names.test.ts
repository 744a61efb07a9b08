import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { filesSource } from "../../../../src/connectors/node/source/files-source.js";
import { OwnerNames } from "../../../../src/connectors/node/source/owner-names.js";
import { isRoot, newFolder } from "../../folder.js";
import { needs } from "../../programs.js";
import { entryNamed, eventsOf } from "../../source-conformance.js";
import { onlyPrograms, standIn } from "../stand-in.js";

const root = newFolder();
let count = 0;
let folder: string;

beforeEach(() => {
  folder = join(root, String(count++), "tree");
  mkdirSync(folder, { recursive: true });
});
afterEach(() => vi.unstubAllEnvs());

function named(name: string, uid: number, gid: number): void {
  writeFileSync(join(folder, name), "");
  chownSync(join(folder, name), uid, gid);
}
const source = (ownerNames = true) => filesSource(["."], { cwd: folder, ownerNames });
async function namesOf(name: string, from = source()) {
  const { owner, group } = entryNamed(await eventsOf(from), name).item;
  return [owner, group];
}
/** Answers in the way of getent, and keeps a list of what it was asked. */
const answers = (lines: string) => `echo "$@" >> ${join(folder, "../asked")}\n${lines}`;
const asked = () => readFileSync(join(folder, "../asked"), "utf8");

// spec/06-snapshot.md#captured
describe.runIf(isRoot && needs("getent"))("names of owners", () => {
  it("are those of the system's databases, only when asked for", async () => {
    named("a", 0, 1);
    expect(await namesOf("a")).toEqual(["root", "daemon"]);
    expect(await namesOf("a", source(false))).toEqual([undefined, undefined]);
    expect(source().captures).toContain("owner-names");
    expect(source(false).captures).not.toContain("owner-names");
  });

  it("are absent for numbers without a name, which is no failure", async () => {
    named("a", 1_234_567, 4_000_000_000);
    const from = source();
    expect(await namesOf("a", from)).toEqual([undefined, undefined]);
    expect(from.attributes?.()).toEqual([]);
  });

  it("are asked for once, all owners together", async () => {
    for (const [name, id] of [
      ["a", 5],
      ["b", 7],
      ["c", 5],
    ] as const)
      named(name, id, 9);
    standIn(join(folder, "../bin"), "getent", answers(`[ $1 = passwd ] && printf 'five:x:5:5::/:\\nseven:x:7:7\\n' || echo nine:x:9:`));
    const from = source();
    expect([await namesOf("a", from), await namesOf("b", from)]).toEqual([
      ["five", "nine"],
      ["seven", "nine"],
    ]);
    expect(asked()).toBe("passwd 5 7\ngroup 9\n");
  });

  it("are not taken from answers to other questions", async () => {
    named("a", 5, 9);
    named("b", 0, 9);
    const rubbish = "printf 'evil:x:6:\\n:x:5:\\nx:x\\nword:x:five:\\nnobody:x::\\n'";
    standIn(join(folder, "../bin"), "getent", answers(`[ $(wc -l < ${join(folder, "../asked")}) -gt 2 ] || ${rubbish}`));
    const from = source();
    expect([await namesOf("a", from), await namesOf("b", from)]).toEqual(Array(2).fill([undefined, undefined]));
    named("c", 6, 9);
    expect(await namesOf("c", from)).toEqual([undefined, undefined]);
  });

  it.each(["exit 1", "kill -9 $$", "exit 3"])("are said to be incomplete when getent fails: %s", async (script) => {
    named("a", 5, 9);
    standIn(join(folder, "../bin"), "getent", script);
    const from = source();
    expect(await namesOf("a", from)).toEqual([undefined, undefined]);
    expect(from.attributes?.()).toEqual([{ name: "owner-names", value: "incomplete" }]);
  });

  it("are forgotten when they are too many, and asked for again", async () => {
    standIn(join(folder, "../bin"), "getent", answers(""));
    const names = new OwnerNames(join(folder, "../bin/getent"));
    const items = (uids: readonly number[]) => uids.map((uid) => ({ type: "file", uid }) as const);
    await names.learn(items(Array.from({ length: 65_537 }, (_, i) => i)), undefined);
    await names.learn(items([5]), undefined);
    await names.learn(items([5]), undefined);
    expect(asked().split("\n").slice(1)).toEqual(["passwd 5", ""]);
  });

  it("are not captured without getent", async () => {
    named("a", 0, 0);
    onlyPrograms(join(folder, "../bin"), ["xargs"]);
    expect(await namesOf("a")).toEqual([undefined, undefined]);
    expect(source().captures).not.toContain("owner-names");
  });

  it("are not asked for when only a listing is wanted", async () => {
    named("a", 5, 9);
    standIn(join(folder, "../bin"), "getent", answers(""));
    await eventsOf(filesSource(["."], { cwd: folder, ownerNames: true, facts: "listing" }));
    expect(existsSync(join(folder, "../asked"))).toBe(false);
  });
});
