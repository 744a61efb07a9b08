// What is under a final name is whole and durable, wherever a program is killed.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OtherProgram, otherProgram } from "../../../repository/other-program.js";
import { newFolder } from "../../folder.js";
import { killEverywhere, opener } from "./killing.js";

const folder = newFolder();
let program: OtherProgram;

beforeAll(() => {
  program = otherProgram(opener);
});
afterAll(() => program.remove());

describe("a program that writes to a folder storage and is killed", () => {
  // at each place of a job that does this and more, in kill.slow.ts
  it("leaves whole files at every third place where it can be", { timeout: 120_000 }, async () => {
    const { places, swept } = await killEverywhere(program, join(folder, "repository"), { job: "visit", every: 3 });
    expect(places).toBeGreaterThan(20);
    expect(swept).toBeGreaterThan(1);
  });

  it("does each thing only when what it relies on is on the disk", () => {
    const location = join(folder, "told");
    mkdirSync(location);
    const changes = program.changesOf(join(folder, "changes"), location, "life").map((change) => change.replaceAll(`${location}`, "TOP"));
    const part = (name: string) => new RegExp(`${name}/\\.[0-9a-z.]+\\.ptar-part`, "g");
    const plain = changes.map((change) => change.replace(part("TOP/locks"), "PART").replaceAll(folder, "ABOVE"));
    const first = ["mkdir TOP", "open ABOVE", "sync ABOVE", "mkdir TOP/locks", "open TOP", "sync TOP"];
    const lock = "TOP/locks/prune.json";
    const publishing = ["open PART", "write PART", "sync PART", `link PART ${lock}`, "unlink PART", "open TOP/locks", "sync TOP/locks"];
    expect(plain.slice(0, 13)).toEqual([...first, ...publishing]);
    expect(plain.slice(-3)).toEqual([`unlink ${lock}`, "open TOP/locks", "sync TOP/locks"]);
  });

  it("makes the name of a file durable that another program has published", () => {
    const location = join(folder, "again");
    program.changesOf(join(folder, "before"), location, "life");
    const changes = program.changesOf(join(folder, "again-changes"), location, "life").map((change) => change.replaceAll(location, "TOP"));
    const asked = changes.findIndex((change) => change.startsWith("link TOP/packs/"));
    expect(changes.slice(asked + 1, asked + 4)).toEqual([expect.stringMatching(/^unlink .*ptar-part$/), "open TOP/packs", "sync TOP/packs"]);
  });
});
