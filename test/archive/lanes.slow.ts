// The same bytes whatever the number of lanes and their timing: files. spec/03-block.md#cutting-blocks
import { describe, it } from "vitest";
import type { CreateOptions } from "../../src/archive/create.js";
import { laneFolder } from "../native/threads/lane-folder.js";
import { enginesWithThreads, expectSame, framesMade } from "../native/threads/same-bytes.js";

const engines = enginesWithThreads();

describe("an archive of files has the same bytes whatever the number of lanes and their timing", () => {
  it("and more entries than a batch can have", async () => {
    const source = laneFolder("more than one batch of events");
    await expectSame(engines, (engine) => framesMade(source(), engine));
  });

  it.each<Partial<CreateOptions>>([
    { chunker: "fine" },
    { chunker: "coarse" },
    { alsoHash: ["md5", "sha1", "sha512"] },
    { codec: "deflate" },
    { codec: "store" },
  ])("with %o", async (options) => {
    const source = laneFolder();
    await expectSame(engines.slice(-1), (engine) => framesMade(source(), engine, options));
  });
});
