// Everything that can be done to a folder storage, killed at each place.
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type OtherProgram, otherProgram } from "../../../repository/other-program.js";
import { newFolder } from "../../folder.js";
import { killEverywhere, opener } from "./killing.js";

const folder = newFolder();
let program: OtherProgram;
beforeAll(() => {
  program = otherProgram(opener);
});
afterAll(() => program.remove());

test("killed before any change, a program leaves whole files, and the next one works", async () => {
  const { places, swept } = await killEverywhere(program, join(folder, "repository"), { job: "life" });
  expect(places).toBeGreaterThan(60);
  expect(swept).toBeGreaterThan(25);
});
