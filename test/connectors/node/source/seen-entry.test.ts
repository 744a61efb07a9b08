import { lstatSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { factsOf } from "../../../../src/connectors/node/file-facts.js";
import { type HeldDirectory, holdDirectory } from "../../../../src/connectors/node/source/held-directory.js";
import { handedOver, heldAgain, parted, type SeenEntry, seenAgain } from "../../../../src/connectors/node/source/seen-entry.js";
import { newFolder } from "../../folder.js";

const folder = newFolder();
writeFileSync(join(folder, "f"), "");
mkdirSync(join(folder, "d"));
symlinkSync("nowhere", join(folder, "s"));

const stats = (name: string) => lstatSync(join(folder, name), { bigint: true });
const seen = (name: string, as = stats(name === "missing" ? "f" : name)) => entry(held(), name, as);
/** Facts of another file that was last changed at the same moment. */
const twin = (name: string, member: "dev" | "ino") => Object.assign(stats(name), { [member]: stats(name)[member] + 1n });

function entry(directory: HeldDirectory, name: string, as = stats("f")): SeenEntry {
  return { folder: directory, name: Buffer.from(name), item: factsOf(as), mayHaveHoles: false };
}

function held(): HeldDirectory {
  const directory = holdDirectory(Buffer.from(folder), "refuse");
  if (directory === undefined) throw new Error("cannot be held");
  onTestFinished(directory.close);
  return directory;
}

describe.runIf(process.platform === "linux")("an entry that was seen", () => {
  it.each(["f", "d", "s"])("is found again: %s", (name) => {
    expect(seenAgain(seen(name))?.ino).toBe(stats(name).ino);
    const again = heldAgain(seen(name));
    expect(again?.key).toBe(`${stats(name).dev}:${stats(name).ino}`);
    again?.close();
  });

  it("is not another file or one of another file system, whenever that was changed", () => {
    for (const member of ["ino", "dev"] as const) {
      expect(seenAgain(seen("f", twin("f", member)))).toBeUndefined();
      expect(heldAgain(seen("f", twin("f", member)))).toBeUndefined();
    }
  });

  it("is not there when it is gone", () => {
    expect(seenAgain(seen("missing"))).toBeUndefined();
    expect(heldAgain(seen("missing"))).toBeUndefined();
  });

  it("is handed over by short paths that no program takes for options", () => {
    const [one, other] = [held(), held()];
    const { paths, descriptors } = handedOver([entry(one, "-x"), entry(other, "a"), entry(one, "b"), entry(one, ".")]);
    expect(paths.map(String)).toEqual(["/proc/self/fd/3/-x", "/proc/self/fd/4/a", "/proc/self/fd/3/b", "/proc/self/fd/3/."]);
    expect(descriptors).toEqual([one.descriptor, other.descriptor]);
  });

  it.each([
    ["f", ".", "f"],
    ["/f", "/", "f"],
    ["a/b/f", "a/b", "f"],
    ["/a/..", "/a", ".."],
  ])("has a path of two parts: %s", (path, above, name) => {
    const parts = parted(Buffer.from(path));
    expect([String(parts.above), String(parts.name)]).toEqual([above, name]);
  });
});
